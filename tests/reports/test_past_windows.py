"""Reports of a past window show the state of then, whenever they are made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.stores import postgres_url

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
    ServiceState,
    Severity,
)
from amt_console.monitor.upkeep.retention_policy import retention_policy
from amt_console.reports.build import build
from amt_console.reports.export import report_data
from amt_console.reports.files import plan
from amt_console.store import Store, record
from amt_console.store.upkeep.retention import Retention

pytestmark = pytest.mark.slow

__all__ = ["postgres_url"]

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DOWN = datetime(2026, 1, 5, 11, 0, tzinfo=UTC)
END = datetime(2026, 1, 5, 11, 5, 30, tzinfo=UTC)
"""The end of the window: in the middle of an outage that nobody has acknowledged yet."""
LATER = datetime(2026, 1, 5, 12, 30, tzinfo=UTC)
SETTINGS = load_config(cwd=Path("/nonexistent"), env={}).settings
TARGETS = targets(SETTINGS, env={})
AT_ONCE = timedelta(seconds=20)


def live(store: Store, until: datetime) -> None:
    """What the monitor stores from ``START`` until a moment: an outage, its alert, and everything after it."""
    outage = _Alert("service-down", AlertType.SERVICE_DOWN, "backend-api", "backend-api is down: HTTP 503", until)
    busy = _Alert("cpu", AlertType.CPU_USAGE, "cpu", "cpu is at 91 %", until)
    with store.transaction(durable=True) as writes:
        at = START
        while at <= until:
            if at.second == 0 and not datetime(2026, 1, 5, 11, 40, tzinfo=UTC) <= at < datetime(
                2026, 1, 5, 11, 50, tzinfo=UTC
            ):
                bad = DOWN <= at < DOWN + timedelta(minutes=20)
                state, error = (ServiceState.DOWN, "HTTP 503") if bad else (ServiceState.UP, None)
                writes.add_results([ProbeResult("backend-api", at, state, 60, None if bad else 40.0, error=error)])
            minutes = (at - START).total_seconds() / 60
            writes.add_host_sample(HostSample(at, 20.0 + minutes / 10, 50.0, 70.0, active_connections=12))
            at += timedelta(seconds=10)
        for hours, users in ((0.5, 1000.0), (1.9, 1100.0), (3.2, 1300.0)):
            if (moment := START + timedelta(hours=hours)) <= until:
                writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, moment, {"total_users": Figure(users)}))
        busy.enter(writes, "opened", 110, AlertState.PENDING)
        busy.enter(writes, "fired", 111, AlertState.FIRING, fired_at=True)
        outage.enter(writes, "opened", 120, AlertState.PENDING)
        outage.enter(writes, "fired", 120.2, AlertState.FIRING, fired_at=True)
        outage.enter(writes, "acknowledged", 130, AlertState.FIRING, actor="mira", note="on it")
        outage.enter(writes, "resolved", 140.5, AlertState.RESOLVED, resolved_at=True)
        if until > START + timedelta(minutes=150) and busy.episode is not None:
            record(writes, EpisodeChange(replace(busy.episode, message="cpu is at 99 %", value=99.0)))
        if until > START + timedelta(minutes=170):
            writes.add_gap(Gap(START + timedelta(minutes=160), START + timedelta(minutes=170), GapReason.STOPPED))
        writes.sign_of_life(host="ops-1", pid=4242 if until < LATER else 5151, started_at=START, at=until)


class _Alert:
    """An alert as its events come in; what lies behind ``until`` does not happen."""

    def __init__(self, rule: str, kind: AlertType, subject: str, message: str, until: datetime) -> None:
        self._new = {"rule_id": rule, "alert_type": kind, "subject": subject, "message": message}
        self._until = until
        self.episode: Episode | None = None

    def enter(self, writes: Any, kind: str, minute: float, state: AlertState, **more: Any) -> None:
        at = START + timedelta(minutes=minute)
        if at > self._until:
            return
        critical: dict[str, Any] = {"severity": Severity.CRITICAL, "state": state}
        before = self.episode or Episode(opened_at=at, **self._new, **critical)  # type: ignore[arg-type]
        now = replace(before, state=state)
        if more.get("fired_at"):
            now = replace(now, fired_at=at)
        if more.get("resolved_at"):
            now = replace(now, resolved_at=at)
        if "actor" in more:
            now = replace(now, acknowledged_by=more["actor"], acknowledged_at=at, note=more["note"])
        event = AlertEvent(
            kind, at, state, Severity.CRITICAL, now.message, actor=more.get("actor"), note=more.get("note")
        )
        self.episode = record(writes, EpisodeChange(now, (event,)))


@contextmanager
def lived(url: str, until: datetime) -> Iterator[tuple[Store, FakeClock]]:
    clock = FakeClock(until)
    with Store.open(url, clock=clock) as store:
        live(store, until)
        yield store, clock


def made(store: Store, clock: FakeClock, *formats: str, end: datetime = END) -> dict[str, bytes]:
    """The files about the two hours before a moment."""
    data = report_data(store, TARGETS, SETTINGS, clock, hours=2, end=end, zone="UTC")
    return dict(build(data, plan(["all"], formats), progress=lambda what, done, total: None))


def without_generated_at(files: dict[str, bytes]) -> dict[str, str]:
    moment = r"2026-01-05[ T]1[12]:\d\d:\d\d(\.\d+)?( UTC|\+00:00)?"
    patterns = rf'"generated_at": "{moment}"|Made: {moment}|<dt>Made</dt><dd><bdi>{moment}</bdi></dd>'
    return {name: re.sub(patterns, "", content.decode().replace("\\-", "-")) for name, content in files.items()}


def test_two_exports_of_one_past_window_differ_in_generated_at_alone(tmp_path: Path) -> None:
    formats = ("json", "md", "csv", "html")
    with lived(f"sqlite:///{tmp_path / 'then.db'}", END + AT_ONCE) as (store, clock):
        then = made(store, clock, *formats)
    with lived(f"sqlite:///{tmp_path / 'now.db'}", LATER) as (store, clock):
        now = made(store, clock, *formats)
    assert then.keys() == now.keys()
    summaries = [json.loads(files["executive_summary.json"]) for files in (then, now)]
    assert [summary["generated_at"] for summary in summaries] == [
        "2026-01-05T11:05:50.000+00:00",
        "2026-01-05T12:30:00.000+00:00",
    ]
    assert {summary["as_of"] for summary in summaries} == {"2026-01-05T11:05:30.000+00:00"}
    before, after = without_generated_at(then), without_generated_at(now)
    for name, text in before.items():
        assert after[name] == text, name


@pytest.mark.postgres
def test_a_server_s_database_makes_the_same_reports_as_a_file(tmp_path: Path, postgres_url: str) -> None:
    files = []
    for url in (f"sqlite:///{tmp_path / 'file.db'}", postgres_url):
        with lived(url, LATER) as (store, clock):
            files.append(made(store, clock, "json", "md", "csv"))
    assert files[0] == files[1]


def test_the_state_is_that_of_the_window_s_end(tmp_path: Path) -> None:
    with lived(f"sqlite:///{tmp_path / 'now.db'}", LATER) as (store, clock):
        files = made(store, clock, "json", "md")
    summary = json.loads(files["executive_summary.json"])
    assert "Nobody has acknowledged it." in summary["verdict"]["sentence"]
    (incident,) = summary["incidents"]
    assert (incident["ongoing"], incident["acknowledged_by"], incident["note"]) == (True, None, None)
    assert (summary["alerts"]["fired"], summary["alerts"]["still_open"], summary["alerts"]["acknowledged"]) == (2, 2, 0)
    attention = {alert["subject"]: alert for alert in summary["attention"]}
    assert (attention["cpu"]["state"], attention["cpu"]["message"]) == ("firing", "cpu is at 91 %")
    assert attention["backend-api"]["resolved_at"] is None
    monitoring = json.loads(files["monitoring_report.json"])
    assert [event["kind"] for alert in monitoring["alerts"] for event in alert["events"]] == ["opened", "fired"] * 2
    assert "mira" not in files["performance_dashboard.md"].decode()
    assert monitoring["monitor"]["state"] == "running"


def test_a_window_that_ends_now_has_the_words_of_the_events_and_the_monitor_of_now(tmp_path: Path) -> None:
    with lived(f"sqlite:///{tmp_path / 'now.db'}", LATER) as (store, clock):
        data = report_data(store, TARGETS, SETTINGS, clock, hours=4, zone="UTC")
    assert data.made_at == data.window.end == LATER
    assert {alert.episode.subject: alert.episode.message for alert in data.alerts}["cpu"] == "cpu is at 91 %"
    assert data.monitor.pid == 5151


def test_the_past_can_be_reported_after_its_single_rows_are_gone(tmp_path: Path) -> None:
    with lived(f"sqlite:///{tmp_path / 'now.db'}", LATER) as (store, clock):
        whole = json.loads(made(store, clock, "json")["monitoring_report.json"])
        with store.transaction() as writes:
            writes._connection.exec_driver_sql("DELETE FROM monitoring_logs")
            writes._connection.exec_driver_sql("DELETE FROM system_metrics")
        rest = json.loads(made(store, clock, "json")["monitoring_report.json"])
    assert rest["verdict"]["word"] == whole["verdict"]["word"] == "Down"
    for report in (whole, rest):
        (service,) = (each for each in report["services"] if each["name"] == "backend-api")
        assert (service["state"], service["error"]) == ("down", "HTTP 503")
        assert service["since"] == "2026-01-05T11:00:00.000+00:00"


def expired(store: Store, clock: FakeClock, days: float) -> None:
    clock.advance(days * 86400)
    retention = Retention(store, retention_policy(SETTINGS.retention), clock=clock)
    while retention.step():
        pass


def test_what_retention_deleted_is_said_and_never_taken_for_the_whole(tmp_path: Path) -> None:
    """Sums that are kept give the same numbers; what needs single rows is left out, with the reason."""
    end = END.replace(second=0)
    with lived(f"sqlite:///{tmp_path / 'now.db'}", LATER) as (store, clock):
        whole = made(store, clock, "json", "md", end=end)
        expired(store, clock, 40)
        rest = made(store, clock, "json", "md", end=end)
        again = made(store, clock, "json", end=end)
        expired(store, clock, 60)
        old = json.loads(made(store, clock, "json", end=end)["performance_analysis_report.json"])
    first, later = (json.loads(files["performance_analysis_report.json"]) for files in (whole, rest))
    assert again["performance_analysis_report.json"] == rest["performance_analysis_report.json"]
    assert (first["deleted"], [each["what"] for each in later["deleted"]]) == ([], ["single checks"])
    assert first["services"][0]["phases"]["samples"]
    assert later["services"][0]["phases"] is None
    assert later["services"][0]["phases_reason"] == "retention has deleted single checks of that time"
    assert "the single checks before" in rest["performance_dashboard.md"].decode()
    # Minutes are deleted as well: the steps are five minutes, and the sums are the same.
    assert (first["window"]["step_seconds"], later["window"]["step_seconds"]) == (60, 300)
    for name in ("availability", "hours", "policies"):
        assert later["services"][0][name] == first["services"][0][name], name
    assert later["resources"] == first["resources"]
    # The five-minute sums are deleted as well: hours stand for them; the last day of the disk is left out.
    assert old["window"]["step_seconds"] == 3600
    # A part of an hour cannot be told from the sum of the whole one: it counts as not measured.
    parts = old["services"][0]["availability"]
    assert (parts["down_seconds"], parts["unknown_seconds"]) == (0, 300)
    assert [each["what"] for each in old["deleted"]] == ["single checks", "samples of the host"]
    (disk,) = (each for each in old["resources"] if each["name"] == "disk")
    assert disk["forecast"]["reason"] == "the five-minute sums of the last 24 hours are deleted"
