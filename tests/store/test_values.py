"""Values of checks: kept with each result, and summed up by period."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from support.stores import laid_out

from amt_console.clock import FakeClock
from amt_console.model import RESOLUTIONS, ProbeResult, ServiceState, Value
from amt_console.store import Store

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def result(second: int, values: dict[str, Value], **more: int) -> ProbeResult:
    at = START + timedelta(seconds=second)
    return ProbeResult(service="db", timestamp=at, state=ServiceState.UP, interval=30.0, values=values, **more)


def load(number: float) -> dict[str, Value]:
    return {"load": Value(number, "%")}


def test_a_value_comes_back_as_it_was(store: Store) -> None:
    values = {"/var": Value(1.5, "MB", "5948", "@5:10", 0.0, 5968.0), "n": Value(-3.0), "low": Value(1.0, low=0.5)}
    with store.transaction() as writes:
        writes.add_results([result(0, values)])
    with store.read() as reads:
        assert reads.services.statuses()["db"].last.values == values
        (stored,) = reads.services.results(service="db", start=START, end=START + timedelta(seconds=1), limit=5)
    assert stored.values == values


def test_sums_are_those_of_the_scheduled_results_in_any_order(store: Store) -> None:
    results = [result(30 * number, load(float(number))) for number in range(240)]
    with store.transaction() as writes:
        writes.add_results(results[0::2])
    with store.transaction() as writes:
        writes.add_results([*results[1::2], results[0], replace(results[5], timestamp=START + timedelta(seconds=7200))])
        writes.add_results([result(7231, load(1e9), attempt=2)])
    with store.read() as reads:
        for resolution in RESOLUTIONS[:3]:
            buckets = reads.values.sums(
                service="db", resolution=resolution, start=START, end=START + timedelta(seconds=7200)
            )["load"]
            per = resolution // 30
            assert [each.samples for each in buckets] == [per] * (7200 // resolution)
            assert [each.least for each in buckets] == [float(per * place) for place in range(len(buckets))]
            assert [each.most for each in buckets] == [float(per * place + per - 1) for place in range(len(buckets))]
            assert buckets[0].mean == pytest.approx((per - 1) / 2)
            assert {each.unit for each in buckets} == {"%"}
        total = reads.values.totals(service="db", start=START, end=START + timedelta(seconds=7260))["load"]
        assert (total.samples, total.least, total.most) == (241, 0.0, 239.0)
        assert reads.values.totals(service="web", start=START, end=START + timedelta(hours=2)) == {}


def test_what_others_wrote_into_the_row_is_left_out(store: Store) -> None:
    with store.transaction() as writes:
        writes.add_results([result(0, {"a": Value(1.0)})])
        writes._connection.execute(
            text("UPDATE service_state SET metrics = :metrics"),
            {"metrics": '{"values": {"a": 3, "b": [], "c": ["x"], "d": [4, 7, {}, "5"], "e": [null, "s"]}}'},
        )
    with store.read() as reads:
        assert reads.services.statuses()["db"].last.values == {"d": Value(4.0, None, None, "5")}


def test_results_without_values_write_no_sums(tmp_path: Path) -> None:
    store = Store.open(laid_out(tmp_path / "m.db"), clock=FakeClock())
    try:
        with store.transaction() as writes:
            writes.add_results([result(0, {})])
            assert writes._connection.execute(text("SELECT count(*) FROM value_rollups")).scalar() == 0
            metrics = writes._connection.execute(text("SELECT metrics FROM monitoring_logs")).scalar()
    finally:
        store.close()
    assert "values" not in str(metrics)
