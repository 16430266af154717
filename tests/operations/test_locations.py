"""A service that several locations watch: one service everywhere, with its locations beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.operations import API, probe
from support.renderers import forked_renderers

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import ServiceState, series_name
from amt_console.operations.json_views import snapshot_json
from amt_console.operations.local import LocalOperations
from amt_console.reports.export import export_reports
from amt_console.store import Store

__all__ = ["forked_renderers"]
UP, DOWN, DEGRADED = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED


def seen(store: Store, clock: FakeClock, combined: ServiceState, **states: ServiceState) -> None:
    """Store what a monitor stores of one round of all locations."""
    now = clock.now()
    results = [replace(probe(API, now, combined), error="down from nyc (1 of 3): refused")]
    for location, state in states.items():
        own = replace(probe(API, now, state), service=series_name(API.name, location), location=location)
        results.append(own)
    with store.transaction() as writes:
        writes.add_results(results)
        writes.sign_of_life(host="here", pid=1, started_at=now, at=now)


def test_the_locations_stand_with_their_service_and_are_no_services(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    seen(store, clock, DEGRADED, sgp=UP, fra=UP, nyc=DOWN)
    picture = operations.snapshot()
    assert [view.name for view in picture.services] == ["backend-api", "web-app"]
    api, web = picture.services
    assert [(view.name, view.state) for view in api.locations] == [("fra", UP), ("nyc", DOWN), ("sgp", UP)]
    assert api.locations[1].error == "connection refused by 127.0.0.1:5000"
    assert web.locations == ()
    document = snapshot_json(picture)
    assert len(document["services"]) == 2
    assert [entry["state"] for entry in document["services"][0]["locations"]] == ["up", "down", "up"]
    assert set(document["services"][0]["locations"][0]) == {
        "name",
        "state",
        "since",
        "last_checked",
        "response_time_ms",
        "error",
    }
    assert document["services"][1]["locations"] == []


def test_one_location_alone_is_not_told_of(operations: LocalOperations, store: Store, clock: FakeClock) -> None:
    seen(store, clock, UP, fra=UP)
    assert operations.snapshot().services[0].locations == ()


def test_a_location_that_has_fallen_silent_is_unknown_and_after_a_day_forgotten(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    seen(store, clock, UP, fra=UP, nyc=UP, sgp=UP)
    clock.advance(120)
    seen(store, clock, UP, fra=UP, sgp=UP)
    nyc = operations.snapshot().services[0].locations[1]
    assert (nyc.name, nyc.state, nyc.error) == ("nyc", ServiceState.UNKNOWN, "no result since then")
    clock.advance(86_300)
    seen(store, clock, UP, fra=UP, sgp=UP)
    assert [view.name for view in operations.snapshot().services[0].locations] == ["fra", "sgp"]


def test_the_past_is_told_with_the_locations_of_then(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    seen(store, clock, DEGRADED, fra=UP, nyc=DOWN)
    then = clock.now()
    clock.advance(30)
    seen(store, clock, UP, fra=UP, nyc=UP)
    assert [view.state for view in operations.snapshot(then).services[0].locations] == [UP, DOWN]
    assert [view.state for view in operations.snapshot().services[0].locations] == [UP, UP]


def test_the_probes_of_a_service_are_those_of_its_locations(
    operations: LocalOperations, store: Store, clock: FakeClock
) -> None:
    for _ in range(3):
        seen(store, clock, DEGRADED, fra=UP, nyc=DOWN)
        clock.advance(15)
    detail = operations.service("backend-api")
    assert {(row.location, row.state) for row in detail.probes} == {("fra", UP), ("nyc", DOWN)}
    assert len(detail.probes) == 6
    assert [change.state for change in detail.changes] == [DEGRADED], "the history is that of the service"


def names_in(value: object) -> Sequence[str]:
    if isinstance(value, dict):
        return [name for item in value.values() for name in names_in(item)]
    if isinstance(value, list):
        return [name for item in value for name in names_in(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.slow
@pytest.mark.usefixtures("forked_renderers")
def test_reports_know_the_service_and_none_of_its_series(
    operations: LocalOperations, store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    for _ in range(20):
        seen(store, clock, DEGRADED, fra=UP, nyc=DOWN)
        clock.advance(15)
    files = export_reports(store, operations.targets, Settings(), clock, tmp_path, parts=("monitoring",), hours=1)
    (path,) = [each for each in files if each.suffix == ".json"]
    document = json.loads(path.read_text(encoding="utf-8"))
    names = [entry["name"] for entry in document["services"]]
    assert names == ["backend-api", "web-app"]
    assert not [text for text in names_in(document) if "backend-api@" in text]


@pytest.mark.slow
@pytest.mark.usefixtures("forked_renderers")
def test_a_removed_service_is_reported_without_its_series(
    operations: LocalOperations, store: Store, clock: FakeClock, tmp_path: Path
) -> None:
    old = replace(API, name="old-api")
    with store.transaction() as writes:
        writes.add_results(
            [
                replace(probe(old, clock.now()), service=name)
                for name in ("old-api", "old-api@fra", "old-api@nyc", "mail@example")
            ]
        )
    clock.advance(60)
    files = export_reports(store, operations.targets, Settings(), clock, tmp_path, parts=("monitoring",), hours=1)
    (path,) = [each for each in files if each.suffix == ".json"]
    names = [entry["name"] for entry in json.loads(path.read_text(encoding="utf-8"))["services"]]
    assert names == ["backend-api", "web-app", "mail@example", "old-api"]
