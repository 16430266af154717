"""``export metrics``: every measurement, typed, in order of time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.stores import at, lay_out, result

from amt_console.clock import FakeClock
from amt_console.model import (
    AlertState,
    AlertType,
    BusinessFigures,
    Episode,
    EpisodeChange,
    Figure,
    FigureKind,
    HostSample,
    ServiceState,
    Severity,
)
from amt_console.reports.metrics.points import Point, PointKind, points
from amt_console.reports.metrics.writing import whole_file, write_points
from amt_console.store import Store, record
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy

pytestmark = pytest.mark.slow

FORMULA = "=cmd|' /C calc'!A0"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "monitoring.db"
    lay_out(path)
    with Store.open(f"sqlite:///{path}", clock=FakeClock(at(3600))) as store:
        fill(store)
        yield store


def fill(store: Store) -> None:
    """Something of each kind."""
    with store.transaction(durable=True) as writes:
        writes.add_results(
            [
                result(FORMULA, 1, ms=12.345),
                result("api", 0, ServiceState.DOWN, ms=None, error="HTTP 503"),
                result("api", 5, ServiceState.DEGRADED, ms=2500, attempt=2),
                result("api", 60, ServiceState.MAINTENANCE, ms=None),
            ]
        )
        writes.add_host_sample(HostSample(at(2), 20.5, 50.0, float("nan"), active_connections=7))
        figures = {"mrr": Figure(-5.5, unit="EUR"), "plan_distribution": Figure((("\x1b[31mPro", 3.0),))}
        writes.add_figures(BusinessFigures(FigureKind.REVENUE, at(3), figures))
        alert = Episode(
            rule_id="down",
            subject="api",
            alert_type=AlertType.SERVICE_DOWN,
            severity=Severity.CRITICAL,
            message="down",
            state=AlertState.RESOLVED,
            opened_at=at(0),
            fired_at=at(4),
            resolved_at=at(70),
        )
        record(writes, EpisodeChange(alert))


def all_points(store: Store, seconds: float = 3600, *kinds: PointKind) -> list[Point]:
    with store.read() as reads:
        return list(points(reads, at(0), at(seconds), kinds or tuple(PointKind)))


def test_every_measurement_is_a_point_in_order_of_time(store: Store) -> None:
    found = [(each.at_us // 10**6 - int(at(0).timestamp()), *each[1:]) for each in all_points(store)]
    assert found == [
        (0, "service", "api", "degraded", 0, "boolean"),
        (0, "service", "api", "up", 0, "boolean"),
        (1, "service", FORMULA, "degraded", 0, "boolean"),
        (1, "service", FORMULA, "response_time", 12.345, "ms"),
        (1, "service", FORMULA, "up", 1, "boolean"),
        (2, "host", "host", "active_connections", 7, "count"),
        (2, "host", "host", "cpu_usage", 20.5, "percent"),
        (2, "host", "host", "memory_usage", 50.0, "percent"),
        (3, "figure", "revenue", "mrr", -5.5, "EUR"),
        (3, "figure", "revenue", "plan_distribution[␛[31mPro]", 3.0, "count"),
        (4, "alert", "api", "service_down", 3, "severity"),
        (5, "service", "api", "recheck_degraded", 1, "boolean"),
        (5, "service", "api", "recheck_response_time", 2500.0, "ms"),
        (5, "service", "api", "recheck_up", 1, "boolean"),
        (60, "service", "api", "maintenance", 1, "boolean"),
        (70, "alert", "api", "service_down", 0, "severity"),
    ]
    assert [each.kind for each in all_points(store, 3600, PointKind.ALERT)] == ["alert", "alert"]
    assert all_points(store, 2, PointKind.HOST) == []


def test_both_forms_say_the_same_and_run_nothing(store: Store) -> None:
    found = all_points(store)
    table, lines = io.BytesIO(), io.BytesIO()
    zone = ZoneInfo("Europe/Berlin")
    assert write_points(found, "csv", zone, table.write) == write_points(found, "jsonl", zone, lines.write) == 16
    rows = list(csv.DictReader(io.StringIO(table.getvalue().decode(), newline="")))
    objects = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert rows[0]["timestamp"] == objects[0]["timestamp"] == "2026-01-05T13:00:00.000+01:00"
    assert {row["name"] for row in rows} >= {"'" + FORMULA}
    assert not any(value[:1] in "=+@\t" for row in rows for key, value in row.items() if key != "value")
    assert [float(row["value"]) for row in rows] == [each["value"] for each in objects]
    assert [list(each) for each in objects] == [["timestamp", "kind", "name", "metric", "value", "unit"]] * 16


def test_sums_stand_for_rows_that_retention_deleted(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    lay_out(path)
    clock = FakeClock(at(3 * 86_400))
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        with store.transaction() as writes:
            states = (ServiceState.UP, ServiceState.DEGRADED)
            writes.add_results(
                [result("api", 600 * step, states[step % 2], interval=600, ms=40) for step in range(6 * 24 * 3)]
            )
        run = Retention(store, RetentionPolicy(monitoring_logs=timedelta(days=1)), clock=clock)
        while run.step() is not None:
            pass
        with store.read() as reads:
            found = list(points(reads, at(-86_400), clock.now(), (PointKind.SERVICE,)))
    assert [each.at_us for each in found] == sorted(each.at_us for each in found)
    summed = [each for each in found if each.metric == "checks:1h"]
    raw = [each for each in found if each.metric == "up"]
    assert sum(each.value for each in summed) + len(raw) == 6 * 24 * 3
    assert summed[-1].at_us < raw[0].at_us
    whole = {each.metric: each.value for each in found if each.at_us == summed[1].at_us}
    assert (whole["up_seconds:1h"], whole["degraded_seconds:1h"]) == (3600, 1800), "slow is up"
    assert len(raw) > 6 * 24 - 7


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    old = tmp_path / "metrics.csv"
    old.write_text("the one from yesterday")

    def interrupted() -> None:
        with whole_file(old) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.csv"]
    assert old.read_text() == "the one from yesterday"
    with whole_file(old) as file:
        file.write(b"whole")
    assert old.read_bytes() == b"whole"
    assert old.stat().st_mode & 0o777 == 0o640


def test_memory_does_not_grow_with_the_range(store: Store) -> None:
    asked: list[tuple[datetime, datetime]] = []
    with store.transaction() as writes:
        writes.add_results([result("old", -40 * 86_400)])
    with store.read() as reads:
        found = points(
            reads, datetime(1990, 1, 1, tzinfo=UTC), at(3600), tuple(PointKind), done=lambda *part: asked.append(part)
        )
        first = next(found)
        assert len(asked) == 1  # nothing behind the first stretch was read for the first point
        assert first.name == "old"
        assert len(list(found)) == 18
    assert all(until - since <= timedelta(hours=1) for since, until in asked)
    assert all(one[1] == other[0] for one, other in pairwise(asked))
