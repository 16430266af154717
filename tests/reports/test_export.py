"""Reports from a real store, drawn by a process: by a fork where it comes to its end."""

from __future__ import annotations

import json
import math
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import report_samples as samples
from support.renderers import forked_renderers

from amt_console.clock import FakeClock
from amt_console.config import load_config, targets
from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    BusinessFigures,
    Episode,
    EpisodeChange,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    ProbeResult,
    Resolution,
    ServiceState,
    Severity,
)
from amt_console.operations.cancellation import Cancellation, CancelledError
from amt_console.reports.export import export_reports, render, report_data
from amt_console.reports.files import ExportError, ExportUsageError, ExportWriteError
from amt_console.reports.gathering.figures import HISTORIES
from amt_console.reports.gathering.gather import source_resolution
from amt_console.reports.jobs.job import RenderJob
from amt_console.reports.times import UnknownZoneError
from amt_console.reports.view import build_view
from amt_console.store import Store, record

__all__ = ["forked_renderers"]
pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
SETTINGS = load_config(cwd=Path("/nonexistent"), env={}).settings
TARGETS = targets(SETTINGS, env={})
OUTAGE = (NOW - timedelta(minutes=60), NOW - timedelta(minutes=50))


def fill(store: Store) -> None:
    """Three hours with one outage that mira took, a gap of half an hour, and figures."""
    with store.transaction(durable=True) as writes:
        for minute in range(180, 0, -1):
            at = NOW - timedelta(minutes=minute)
            if 90 <= minute < 120:
                continue
            down = OUTAGE[0] <= at < OUTAGE[1]
            state = ServiceState.DOWN if down else ServiceState.UP
            writes.add_results(
                [
                    ProbeResult(
                        "backend-api", at, state, 60, None if down else 40.0, error="HTTP 503" if down else None
                    ),
                    ProbeResult("web-app", at, ServiceState.UP, 60, 80.0),
                ]
            )
            writes.add_host_sample(HostSample(at, 20.0, 50.0, 70.0, active_connections=12))
        writes.add_gap(Gap(NOW - timedelta(minutes=120), NOW - timedelta(minutes=90), GapReason.STOPPED))
        for hours, users in ((5, 1000.0), (0.2, 1100.0)):
            figures = {"total_users": Figure(users), "bug_reports": Figure(None, "text where a number is expected")}
            writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, NOW - timedelta(hours=hours), figures))
        began = OUTAGE[0]
        episode = Episode(
            rule_id="service-down",
            subject="backend-api",
            alert_type=AlertType.SERVICE_DOWN,
            severity=Severity.CRITICAL,
            message="backend-api is down: HTTP 503",
            state=AlertState.RESOLVED,
            opened_at=began,
            fired_at=began + timedelta(seconds=5),
            acknowledged_by="mira",
            acknowledged_at=began + timedelta(minutes=2),
            note="on it",
            resolved_at=OUTAGE[1],
            resolution=Resolution.RECOVERED,
        )
        opened = AlertEvent("opened", began, AlertState.PENDING, Severity.CRITICAL, "HTTP 503")
        record(writes, EpisodeChange(episode, (opened,)))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'monitoring.db'}"
    with Store.open(url, clock=FakeClock(NOW)) as opened:
        fill(opened)
        yield opened


def test_export_all_writes_the_nine_files_with_the_incident_in_them(store: Store, tmp_path: Path) -> None:
    said: list[tuple[str, int, int]] = []
    out = tmp_path / "reports" / "today"
    found = export_reports(
        store, TARGETS, SETTINGS, FakeClock(NOW), out, hours=3, zone="UTC", progress=lambda *step: said.append(step)
    )
    assert [path.name for path in found] == [
        "overview_dashboard.html",
        "chatbot_dashboard.html",
        "revenue_dashboard.html",
        "performance_dashboard.html",
        "performance_analysis_report.json",
        "performance_analysis.png",
        "executive_summary.html",
        "executive_summary.json",
        "monitoring_report.json",
    ]
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in found)
    assert {path.stat().st_mode & 0o777 for path in found} == {0o640}
    summary = json.loads((out / "executive_summary.json").read_text())
    (incident,) = summary["incidents"]
    assert (incident["service"], incident["cause"], incident["acknowledged_by"]) == ("backend-api", "HTTP 503", "mira")
    assert incident["seconds"] == 600
    assert summary["key_figures"]["overview"]["total_users"] == {
        "unit": "count",
        "value": 1100,
        "mean": 1100,
        "previous_mean": 1000,
        "change_percent": 10.0,
    }
    assert "mira" in (out / "performance_dashboard.html").read_text()
    assert [done for _, done, _ in said] == sorted(done for _, done, _ in said)
    assert said[-1] == ("done", 9, 9)


def test_the_analysis_agrees_with_what_was_stored(store: Store) -> None:
    view = build_view(report_data(store, TARGETS, SETTINGS, FakeClock(NOW), hours=3, zone="UTC"))
    services = {service.name: service for service in view.analysis.services}
    api = services["backend-api"]
    assert api.availability.down_s == pytest.approx(600)
    assert api.availability.window_s == pytest.approx(3 * 3600)
    assert api.availability.unknown_s == pytest.approx(30 * 60 - 30)
    assert api.latency.samples == 150
    assert api.latency.p50_ms == pytest.approx(40, rel=0.01)
    assert services["web-app"].incidents == ()
    assert services["mobile-app"].availability.measured_s == 0
    assert view.analysis.handling.mtta_s == pytest.approx(115)
    assert view.why_missing(FigureKind.OVERVIEW, "bug_reports") == "text where a number is expected"
    assert {p.name: p.mean for p in view.analysis.resources}["cpu"] == pytest.approx(20)


def test_percentiles_of_the_host_are_those_of_its_samples(tmp_path: Path) -> None:
    chance = random.Random(3)
    spikes = [round(chance.expovariate(1 / 12) + 5, 2) for _ in range(6 * 60 * 5)]
    with Store.open(f"sqlite:///{tmp_path / 'monitoring.db'}", clock=FakeClock(NOW)) as busy:
        with busy.transaction() as writes:
            for position, cpu in enumerate(spikes):
                writes.add_host_sample(HostSample(NOW - timedelta(seconds=10 * (position + 1)), cpu, 50.0, 70.0))
        view = build_view(report_data(busy, TARGETS, SETTINGS, FakeClock(NOW), hours=5, zone="UTC"))
    cpu_pattern = view.analysis.resources[0]
    raw = sorted(spikes)
    assert cpu_pattern.p95 == pytest.approx(raw[math.ceil(0.95 * len(raw)) - 1], rel=0.0101)
    assert (cpu_pattern.mean, cpu_pattern.max) == (pytest.approx(sum(raw) / len(raw)), raw[-1])
    assert cpu_pattern.samples == len(raw)


def test_a_service_that_is_no_longer_configured_keeps_its_history(store: Store) -> None:
    data = report_data(store, TARGETS[1:], SETTINGS, FakeClock(NOW), hours=3, zone="UTC")
    gone = data.services[-1]
    assert (gone.name, gone.configured) == ("backend-api", False)
    assert sum(bucket.samples for bucket in gone.buckets) == 150


def test_a_folder_that_cannot_be_written_is_said_so(store: Store, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    for out in (blocked, blocked / "below"):
        with pytest.raises(ExportWriteError, match=f"^{blocked} is a file, not a folder$"):
            export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), out, parts=("executive",))
    with pytest.raises(ExportWriteError, match="cannot write into /proc/reports"):
        export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), Path("/proc/reports"), parts=("executive",))


@pytest.mark.parametrize("hours", [0, -1, float("nan"), 1e9])
def test_a_window_must_have_a_length(store: Store, tmp_path: Path, hours: float) -> None:
    with pytest.raises(ExportUsageError, match="hours long"):
        export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), tmp_path, hours=hours)


def test_an_unknown_zone_is_refused_before_anything_is_made(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownZoneError):
        export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), tmp_path / "out", zone="Mars/Base")
    assert not (tmp_path / "out").exists()


def test_an_interrupted_export_leaves_the_folder_as_it_was(store: Store, tmp_path: Path) -> None:
    old = tmp_path / "executive_summary.json"
    old.write_text("the one from yesterday")

    def interrupt(what: str, done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), tmp_path, hours=3, zone="UTC", progress=interrupt)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_text() == "the one from yesterday"


def test_a_cancelled_export_leaves_the_folder_as_it_was(store: Store, tmp_path: Path) -> None:
    cancellation = Cancellation()

    def cancel(what: str, done: int, total: int) -> None:
        cancellation.cancel()

    with pytest.raises(CancelledError, match="nothing was written"):
        export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), tmp_path, progress=cancel, cancellation=cancellation)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("forked_renderers")
def test_a_report_of_one_service_has_nothing_of_the_others(store: Store, tmp_path: Path) -> None:
    (path,) = export_reports(
        store,
        TARGETS,
        SETTINGS,
        FakeClock(NOW),
        tmp_path,
        parts=("performance",),
        formats=("json",),
        hours=3,
        service="web-app",
    )
    document = json.loads(path.read_bytes())
    assert [service["name"] for service in document["services"]] == ["web-app"]
    assert {incident["service"] for incident in document["incidents"]} <= {"web-app"}


@pytest.mark.usefixtures("forked_renderers")
def test_what_a_killed_export_left_behind_is_swept(store: Store, tmp_path: Path) -> None:
    stale, fresh = tmp_path / ".amt-export-old", tmp_path / ".amt-export-new"
    for folder, age in ((stale, 2 * 3600), (fresh, 60)):
        folder.mkdir()
        (folder / "half.html").write_text("half")
        os.utime(folder, (NOW.timestamp() - age,) * 2)
    export_reports(store, TARGETS, SETTINGS, FakeClock(NOW), tmp_path, parts=("executive",), zone="UTC")
    assert not stale.exists()
    assert fresh.exists()


@pytest.mark.usefixtures("forked_renderers")
def test_a_renderer_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    job = RenderJob(samples.nothing(), (("executive", "json", "no/such/folder.json"),), str(tmp_path))
    with pytest.raises(ExportWriteError, match=re.escape("no/such/folder.json: No such file or directory")):
        render(job, None)
    broken = RenderJob(samples.nothing(), (("no such part", "html", "x.html"),), str(tmp_path))
    with pytest.raises(ExportError, match="exit code 1"):
        render(broken, None)


def test_every_step_can_be_put_together_from_stored_buckets() -> None:
    assert [source_resolution(step, NOW.replace(hour=0)) for step in (60, 900, 7200, 604800)] == [60, 300, 3600, 86400]
    odd = [source_resolution(7200, NOW.replace(hour=23, minute=minute)) for minute in (0, 35, 7)]
    assert odd == [3600, 300, 60]
    assert len(set(HISTORIES)) == len(HISTORIES)


def test_the_process_that_asks_loads_no_renderer() -> None:
    code = "import sys, amt_console.reports.export; print(sorted({'vl_convert', 'jinja2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_raw_rows_are_counted_for_the_documents_that_tell_them(store: Store) -> None:
    def rows(counted: bool) -> dict[str, int]:
        data = report_data(store, TARGETS, SETTINGS, FakeClock(NOW), hours=3, zone="UTC", counted=counted)
        return dict(data.rows)

    assert rows(True)["monitoring_logs"] == 300
    assert rows(False) == {}
