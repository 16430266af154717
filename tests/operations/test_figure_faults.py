"""Faults of figures: reason, beginning, and the age of displayed figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.operations import API, probe

from amt_console.api.wire import SNAPSHOT, encode
from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    BusinessFigures,
    ErrorClass,
    Figure,
    FigureFault,
    FigureKind,
    ProbeResult,
    Service,
    ServiceState,
)
from amt_console.operations.actor import Actor
from amt_console.operations.json_views import snapshot_json
from amt_console.operations.local import LocalOperations
from amt_console.store import Store

REVENUE = Service("api-analytics-revenue", "http://127.0.0.1:1/r", interval=60, figures=FigureKind.REVENUE)
COPY = replace(REVENUE, name="revenue-copy")


@pytest.fixture
def operations(store: Store, store_url: str, clock: FakeClock) -> LocalOperations:
    return LocalOperations(
        store=store,
        store_url=store_url,
        settings=Settings(),
        targets=(API, REVENUE, COPY),
        clock=clock,
        actor=Actor(name="ann", uid=1000),
        request_probe=lambda _name: None,
    )


def http_500(service: Service, clock: FakeClock) -> ProbeResult:
    return replace(
        probe(service, clock.now(), ServiceState.DOWN),
        error_class=ErrorClass.HTTP_STATUS,
        status_code=500,
        error="got 500 Internal Server Error, expected 2xx",
    )


def add(store: Store, *results: ProbeResult, figures: BusinessFigures | None = None) -> None:
    with store.transaction() as writes:
        writes.add_results(results)
        if figures is not None:
            writes.add_figures(figures)


def test_twenty_minutes_of_500_are_told_with_their_beginning(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    began = clock.now()
    for _ in range(20):
        add(store, http_500(REVENUE, clock), http_500(COPY, clock))
        clock.advance(60)
    snapshot = operations.snapshot()
    assert FigureKind.REVENUE not in snapshot.figures
    assert snapshot.figure_faults[FigureKind.REVENUE] == FigureFault("500", began)
    assert snapshot.figure_faults[FigureKind.PLANS] == FigureFault("no endpoint is configured")
    document = snapshot_json(snapshot)["figure_faults"]
    assert document["revenue"] == {"reason": "500", "since": began.isoformat(timespec="milliseconds")}
    assert SNAPSHOT.decode(encode(snapshot)) == snapshot


def test_old_figures_stay_with_their_time_and_a_fault_ends_with_the_next_answer(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    figures = BusinessFigures(FigureKind.REVENUE, clock.now(), {"mrr": Figure(5.0, unit="EUR")})
    add(store, probe(REVENUE, clock.now()), http_500(COPY, clock), figures=figures)
    assert FigureKind.REVENUE not in operations.snapshot().figure_faults, "one of the two endpoints answers"
    clock.advance(60)
    down = replace(probe(REVENUE, clock.now(), ServiceState.DOWN), error_class=ErrorClass.CONNECT_REFUSED)
    add(store, down, http_500(COPY, clock))
    snapshot = operations.snapshot()
    assert snapshot.figures[FigureKind.REVENUE].timestamp == clock.now() - timedelta(seconds=60)
    fault = snapshot.figure_faults[FigureKind.REVENUE]
    assert fault == FigureFault("connection refused", clock.now())
    clock.advance(60)
    add(store, probe(REVENUE, clock.now()))
    assert FigureKind.REVENUE not in operations.snapshot().figure_faults
    past = operations.snapshot(clock.now() - timedelta(seconds=30))
    assert past.figure_faults[FigureKind.REVENUE] == fault


def test_an_endpoint_without_a_result_has_no_fault_until_it_had_one_and_fell_silent(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    assert FigureKind.REVENUE not in operations.snapshot().figure_faults
    last = clock.now()
    add(store, probe(REVENUE, last), probe(COPY, last))
    clock.advance(600)
    assert operations.snapshot().figure_faults[FigureKind.REVENUE] == FigureFault("no result", last)
