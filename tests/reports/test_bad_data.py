"""Reports from hostile, absurd and missing data: honest, and nothing half written."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import bindparam, create_engine, text
from support.small_disk import small_disk
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import load_config, targets
from amt_console.model import (
    BusinessFigures,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    ProbeResult,
    Service,
    ServiceState,
    Target,
)
from amt_console.reports import schemas
from amt_console.reports.build import build
from amt_console.reports.export import export_reports, report_data
from amt_console.reports.files import ExportWriteError, plan
from amt_console.reports.metrics.writing import whole_file
from amt_console.store import Store, Writes
from amt_console.store.upkeep.integrity import rebuild_since
from amt_console.store.utc import UtcDateTime

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SETTINGS = load_config(cwd=Path("/nonexistent"), env={}).settings
TARGETS = targets(SETTINGS, env={})
HOSTILE = ("</script><script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x1b[31mred\x07\u202e")


def probe(service: str, minutes: float, state: ServiceState = ServiceState.UP, **more: object) -> ProbeResult:
    at = NOW - timedelta(minutes=minutes)
    return ProbeResult(service, at, state, 60, 40.0 if state is ServiceState.UP else None, **more)  # type: ignore[arg-type]


def nothing(writes: Writes) -> None:
    pass


def one_sample(writes: Writes) -> None:
    writes.add_results([probe("backend-api", 1)])


def one_gap(writes: Writes) -> None:
    writes.add_gap(Gap(NOW - timedelta(hours=30), NOW, GapReason.STOPPED))


def absurd_revenue(writes: Writes) -> None:
    figures = {
        "mrr": Figure(-48_000.5),
        "arr": Figure(1e308),
        "churn_rate": Figure(-1e12),
        "arpu": Figure(float("inf")),
        "paying_users": Figure(0.0),
        "plan_distribution": Figure((("Pro", -3.0), ("Free", 1e300), ("None", None))),
        "history": Figure((("Jan", -1e300), ("Feb", 1e300))),
    }
    for hour in range(20):
        writes.add_figures(BusinessFigures(FigureKind.REVENUE, NOW - timedelta(hours=20 - hour), figures))


def hostile_names(writes: Writes) -> None:
    for name in HOSTILE:
        writes.add_results([probe(name, m, ServiceState.DOWN, error=name) for m in range(30, 0, -1)])
    figures = {"topics": Figure(tuple((name, 3.0) for name in HOSTILE))}
    writes.add_figures(BusinessFigures(FigureKind.CHATBOT, NOW - timedelta(minutes=5), figures))


def inside_an_incident(writes: Writes) -> None:
    states = ((m, ServiceState.DOWN if m <= 60 * 26 else ServiceState.UP) for m in range(60 * 27, 0, -1))
    writes.add_results([probe("backend-api", m, state, error="HTTP 503") for m, state in states])


def ten_years(writes: Writes) -> None:
    """One reading a day, as a bulk: to add them singly takes 20 seconds."""
    rows = [
        {
            "at": NOW - timedelta(days=3652 - day, minutes=5),
            "kind": kind,
            "figures": json.dumps({"total_users": {"value": day}, "mrr": {"value": 100.0 + day}}),
        }
        for day in range(3652)
        for kind in ("overview", "revenue")
    ]
    insert = "INSERT INTO business_figures (timestamp, kind, figures, hourly) VALUES (:at, :kind, :figures, TRUE)"
    statement = text(insert).bindparams(bindparam("at", type_=UtcDateTime))
    writes._connection.execute(statement, rows)


def made(
    folder: Path,
    fill: Callable[[Writes], None],
    *formats: str,
    hours: float = 24,
    end: datetime | None = None,
    watched: Sequence[Target] = TARGETS,
) -> dict[str, bytes]:
    path = folder / "monitoring.db"
    lay_out(path)
    with Store.open(f"sqlite:///{path}", clock=FakeClock(NOW)) as store:
        with store.transaction() as writes:
            fill(writes)
        data = report_data(store, watched, SETTINGS, FakeClock(NOW), hours=hours, end=end, zone="UTC")
    return dict(build(data, plan(["all"], formats), progress=lambda what, done, total: None))


def documents(files: dict[str, bytes]) -> dict[str, dict[str, object]]:
    """The JSON files, after a look at each: no NaN, and what the schema says."""

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} in JSON")

    found = {}
    for name, content in files.items():
        if name.endswith(".json"):
            document = json.loads(content, parse_constant=refused)
            stem = name.removesuffix(".json")
            assert [
                each.message[:200] for each in Draft202012Validator(schemas.schema_of(stem)).iter_errors(document)
            ] == []
            found[stem] = document
    return found


@pytest.mark.parametrize(
    "fill", [nothing, one_sample, one_gap, absurd_revenue, hostile_names, inside_an_incident, ten_years]
)
def test_every_document_is_valid_and_every_page_can_be_written(tmp_path: Path, fill: Callable[[Writes], None]) -> None:
    files = made(tmp_path, fill, "json", "md", "csv")
    assert len(documents(files)) == 6
    assert not any(re.search(rb"\b(nan|inf|Infinity)\b", content) for content in files.values())


@pytest.mark.parametrize(("fill", "end"), [(nothing, None), (one_sample, NOW - timedelta(days=20))])
def test_a_window_without_data_says_so(tmp_path: Path, fill: Callable[[Writes], None], end: datetime | None) -> None:
    verdict = documents(made(tmp_path, fill, "json", end=end))["monitoring_report"]["verdict"]
    assert isinstance(verdict, dict)
    assert verdict["state"] == "unknown"
    assert verdict["sentence"].lower().startswith("no data")


def test_a_gap_over_the_whole_window_is_no_downtime(tmp_path: Path) -> None:
    availability = documents(made(tmp_path, one_gap, "json"))["executive_summary"]["availability"]
    assert isinstance(availability, dict)
    assert (availability["availability_percent"], availability["down_seconds"]) == (None, 0)


def test_a_window_inside_an_incident_is_down_from_its_start(tmp_path: Path) -> None:
    (incident,) = documents(made(tmp_path, inside_an_incident, "json"))["executive_summary"]["incidents"]  # type: ignore[misc]
    assert isinstance(incident, dict)
    assert (incident["began_before_window"], incident["ongoing"], incident["cause"]) == (True, True, "HTTP 503")


def test_hostile_names_run_nowhere(tmp_path: Path) -> None:
    watched = [Service(name, f"http://localhost/{position}") for position, name in enumerate(HOSTILE)]
    files = made(tmp_path, hostile_names, "json", "md", "csv", watched=watched)
    for name, content in files.items():
        assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xe2\x80\xae", content), name
        if name.endswith(".csv"):
            cells = [cell for row in csv.reader(io.StringIO(content.decode(), newline="")) for cell in row]
            assert not any(re.match(r"[=+@\t]|-(?![\d.])", cell) for cell in cells), name
        if name.endswith(".md"):
            assert not re.search(rb"(?<!\\)<", content), name


def test_a_full_disk_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    lay_out(path)
    with (
        small_disk(tmp_path / "small", megabytes=1) as disk,
        Store.open(f"sqlite:///{path}", clock=FakeClock(NOW)) as store,
    ):
        with store.transaction() as writes:
            one_sample(writes)
        old = disk.folder / "executive_summary.json"
        old.write_text("the one from yesterday")
        disk.fill()
        before = sorted(os.listdir(disk.folder))
        with pytest.raises(ExportWriteError, match="No space left"):
            export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), disk.folder, parts=("executive",), zone="UTC")
        with pytest.raises(OSError, match="No space left") as full, whole_file(disk.folder / "metrics.csv") as file:
            file.write(b"x" * 100_000)
        assert full.value.errno == errno.ENOSPC
        assert sorted(os.listdir(disk.folder)) == before
        assert old.read_text() == "the one from yesterday"


def test_rows_of_another_program_count_after_a_rebuild(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    lay_out(path)
    url = f"sqlite:///{path}"
    engine = create_engine(url)
    with engine.begin() as connection:
        for minutes in range(60, 0, -1):
            values = {
                "at": f"{NOW - timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}",
                "s": "down" if minutes > 50 else "up",
            }
            connection.execute(
                text(
                    "INSERT INTO monitoring_logs (timestamp, service_name, status, response_time_ms) "
                    "VALUES (:at, 'web-app', :s, 55)"
                ),
                values,
            )
        began = {"at": f"{NOW - timedelta(minutes=60):%Y-%m-%d %H:%M:%S}"}
        connection.execute(
            text(
                "INSERT INTO alerts (timestamp, alert_type, severity, message) "
                "VALUES (:at, 'service_down', 'critical', 'web-app is down')"
            ),
            began,
        )
        connection.execute(
            text("INSERT INTO system_metrics (timestamp, cpu_usage, memory_usage) VALUES (:at, 33, 44)"), began
        )
    engine.dispose()
    clock = FakeClock(NOW)
    interval = next(target.interval for target in TARGETS if target.name == "web-app")
    with Store.open(url, clock=clock) as store:
        assert list(rebuild_since(store, NOW - timedelta(days=1), clock=clock, interval_of=lambda name: interval))
        data = report_data(store, TARGETS, SETTINGS, clock, hours=2, zone="UTC")
    report = documents(dict(build(data, plan(["all"], ["json"]), progress=lambda *_: None)))["monitoring_report"]
    service = next(each for each in report["services"] if each["name"] == "web-app")  # type: ignore[attr-defined]
    assert interval < 60
    assert service["availability"]["down_seconds"] == pytest.approx(10 * 1.5 * interval)
    assert service["availability"]["up_seconds"] == pytest.approx(50 * 1.5 * interval)
    assert service["latency"]["samples"] == 60
    assert [(each["message"], each["state"]) for each in report["alerts"]] == [("web-app is down", "firing")]  # type: ignore[attr-defined]
    resources = {each["name"]: each["mean"] for each in report["resources"]}  # type: ignore[attr-defined]
    assert (resources["cpu"], resources["memory"]) == (33, 44)
