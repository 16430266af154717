"""``export verify``: a report against the raw rows of its window."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from support.stores import lay_out, postgres_url

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
from amt_console.reports.build import document_of
from amt_console.reports.documents import encoded
from amt_console.reports.export import report_data
from amt_console.reports.files import PARTS
from amt_console.reports.verification.outcome import Verification, VerificationOutcome
from amt_console.reports.verification.verify import verify
from amt_console.reports.verification.written import NotDerivableError, read_report
from amt_console.reports.view import build_view
from amt_console.store import Store, record
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy

pytestmark = pytest.mark.slow

__all__ = ["postgres_url"]

START = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
END = datetime(2026, 1, 5, 11, 5, 30, tzinfo=UTC)
ROWS = 115 + 115 + 1 + 115 + 1
"""Raw rows between 9:05 and 11:00: of two services, a re-check, the host, and figures at ten."""
LATER = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)
SETTINGS = load_config(cwd=Path("/nonexistent"), env={}).settings
TARGETS = targets(SETTINGS, env={})


def fill(store: Store, *, backwards: bool = False) -> None:
    """Five hours of two services, the host and a figure; backend-api is down from 10:00 to 10:20, with re-checks."""
    results = []
    for minute in range(300):
        at = START + timedelta(minutes=minute, milliseconds=137)
        bad = 240 <= minute < 260
        state = ServiceState.DOWN if bad else ServiceState.UP
        error = "HTTP 503" if bad else None
        results.append(ProbeResult("backend-api", at, state, 60, None if bad else 40.25 + minute % 7, error=error))
        if minute == 240:
            again = at + timedelta(seconds=5)
            results.append(ProbeResult("backend-api", again, state, 60, None, error=error, attempt=2))
        if minute != 100:
            results.append(ProbeResult("web-app", at, ServiceState.UP, 60, 80.5))
    batches = [results[begin : begin + 50] for begin in range(0, len(results), 50)]
    for batch in reversed(batches) if backwards else batches:
        with store.transaction() as writes:
            writes.add_results(batch[::-1] if backwards else batch)
    with store.transaction() as writes:
        for minute in range(300):
            writes.add_host_sample(HostSample(START + timedelta(minutes=minute), 20.0 + minute / 10, 50.0, 70.0))
        for hour in range(5):
            figures = {"total_users": Figure(1000.0 + hour), "page_views": Figure(None, "no number")}
            writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, START + timedelta(hours=hour), figures))
        writes.add_gap(Gap(START + timedelta(minutes=99), START + timedelta(minutes=101), GapReason.STOPPED))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verify") / "monitoring.db"
    lay_out(path)
    with Store.open(url(path), clock=FakeClock(LATER)) as store:
        fill(store)
        store.checkpoint(truncate=True)
    return path


@pytest.fixture(scope="module")
def monitoring_report(template: Path) -> bytes:
    return written(url(template), "monitoring")


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "monitoring.db"))


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def written(place: str, part: str, *, hours: float = 2, end: datetime | None = END, now: datetime = LATER) -> bytes:
    """The JSON of a part, made at ``now``."""
    clock = FakeClock(now)
    with Store.open(place, clock=clock) as store:
        data = report_data(store, TARGETS, SETTINGS, clock, hours=hours, end=end, zone="Europe/Berlin")
    return encoded(document_of(build_view(data), part))


def verified(place: str, content: bytes, folder: Path, now: datetime = LATER) -> Verification:
    path = folder / "report.json"
    path.write_bytes(content)
    clock = FakeClock(now)
    with Store.open(place, clock=clock, read_only=True) as store:
        return verify(store, read_report(path), SETTINGS, clock)


def change(path: Path, statement: str) -> None:
    engine = create_engine(url(path))
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    engine.dispose()


@pytest.mark.parametrize("part", PARTS)
def test_every_report_matches_the_rows_that_it_was_made_from(database: Path, tmp_path: Path, part: str) -> None:
    found = verified(url(database), written(url(database), part), tmp_path)
    assert found.differences == ()
    assert (found.outcome, found.digest_matches, found.rows, found.rows_then) == (
        VerificationOutcome.MATCHES,
        True,
        ROWS,
        ROWS,
    )


def test_a_report_of_the_present_matches_when_more_has_come_since(database: Path, tmp_path: Path) -> None:
    now = START + timedelta(minutes=299, seconds=40, microseconds=123_456)
    content = written(url(database), "monitoring", end=None, now=now)
    with Store.open(url(database), clock=FakeClock(LATER)) as store, store.transaction() as writes:
        # Sent before the report was made, answered after it.
        writes.add_results([ProbeResult("web-app", now - timedelta(seconds=5), ServiceState.DOWN, 60, error="late")])
        writes.add_host_sample(HostSample(now - timedelta(seconds=1), 99.0, 99.0, 99.0))
        late = {"total_users": Figure(5.0)}
        writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, now - timedelta(seconds=2), late))
    found = verified(url(database), content, tmp_path)
    assert found.differences == ()
    assert found.outcome is VerificationOutcome.MATCHES


def test_a_report_of_the_present_with_an_escalated_alert_matches(database: Path, tmp_path: Path) -> None:
    began = START + timedelta(minutes=240)
    words, firing = "cpu is at 97 %", AlertState.FIRING
    alert = Episode("cpu_usage", "cpu", AlertType.CPU_USAGE, Severity.WARNING, words, firing, began)
    told_at = began + timedelta(seconds=30)
    events = (
        AlertEvent("opened", began, AlertState.PENDING, Severity.WARNING, "cpu is at 90 %", value=90.0),
        AlertEvent("fired", told_at, AlertState.FIRING, Severity.WARNING, "cpu is at 90 %", value=90.0),
    )
    now = START + timedelta(minutes=299, seconds=40)
    with Store.open(url(database), clock=FakeClock(now)) as store, store.transaction(durable=True) as writes:
        record(writes, EpisodeChange(replace(alert, fired_at=told_at, value=97.0, escalation_level=2), events))
    found = verified(url(database), written(url(database), "monitoring", end=None, now=now), tmp_path)
    assert found.differences == ()
    assert found.outcome is VerificationOutcome.MATCHES


def test_settings_come_from_the_file(database: Path, tmp_path: Path) -> None:
    others = SETTINGS.model_copy(
        update={"alert_thresholds": SETTINGS.alert_thresholds.model_copy(update={"response_time_warning_ms": 7.0})}
    )
    path = tmp_path / "report.json"
    path.write_bytes(written(url(database), "performance"))
    clock = FakeClock(LATER)
    with Store.open(url(database), clock=clock, read_only=True) as store:
        assert verify(store, read_report(path), others, clock).outcome is VerificationOutcome.MATCHES


def edited(content: bytes, edit: Callable[[dict[str, Any]], None]) -> bytes:
    document = json.loads(content)
    edit(document)
    return json.dumps(document).encode()


def test_a_changed_number_is_named(database: Path, tmp_path: Path) -> None:
    content = written(url(database), "performance")

    def beautify(document: dict[str, Any]) -> None:
        document["services"][0]["availability"]["down_seconds"] = 0.0

    found = verified(url(database), edited(content, beautify), tmp_path)
    assert (found.outcome, found.digest_matches) == (VerificationOutcome.DIFFERS, True)
    assert [(each.path, each.written, each.computed) for each in found.differences] == [
        ("services[0].availability.down_seconds", "0.0", "1200.0")
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE monitoring_logs SET status = 'up' WHERE error_message = 'HTTP 503' AND attempt = 1",
        "UPDATE monitoring_logs SET response_us = 1 WHERE id = 400",
        "UPDATE monitoring_logs SET response_time_ms = 1 WHERE id = 400",
        "UPDATE monitoring_logs SET interval_us = 1000000 WHERE id = 400",
        "UPDATE monitoring_logs SET error_message = 'nothing' WHERE error_message = 'HTTP 503'",
        "UPDATE system_metrics SET cpu_usage = 1 WHERE id = 250",
        "UPDATE business_figures SET figures = replace(figures, '1004', '9004')",
        "DELETE FROM monitoring_logs WHERE attempt = 2",
        "DELETE FROM monitoring_logs WHERE id = 400",
        "DELETE FROM system_metrics WHERE id = 250",
        "UPDATE service_rollups SET down_us = 0, up_us = 60000000 WHERE down_us = 60000000",
    ],
)
def test_a_changed_or_deleted_row_is_noticed(database: Path, tmp_path: Path, statement: str) -> None:
    if "rollups" in statement:  # the report is made from what was changed, the rows are whole
        change(database, statement)
        content = written(url(database), "performance")
    else:
        content = written(url(database), "performance")
        change(database, statement)
    found = verified(url(database), content, tmp_path)
    assert found.outcome is VerificationOutcome.DIFFERS
    assert found.differences or found.contradictions


def without_made(content: bytes) -> bytes:
    return b"\n".join(line for line in content.splitlines() if b'"generated_at"' not in line)


def test_the_order_of_storing_and_a_rebuild_change_nothing(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "backwards.db"
    lay_out(other)
    with Store.open(url(other), clock=FakeClock(LATER)) as store:
        fill(store, backwards=True)
        with store.transaction() as writes:
            writes.rebuild_rollups(START, LATER)
    for part in PARTS:
        assert written(url(other), part) == written(url(database), part)


@pytest.mark.postgres
def test_a_server_writes_and_verifies_the_same_files(database: Path, postgres_url: str, tmp_path: Path) -> None:
    with Store.open(postgres_url, clock=FakeClock(LATER)) as store:
        fill(store)
    for part in PARTS:
        content = written(postgres_url, part, now=LATER + timedelta(hours=1))
        assert without_made(content) == without_made(written(url(database), part))
        assert verified(url(database), content, tmp_path).outcome is VerificationOutcome.MATCHES
    content = written(url(database), "performance")
    assert verified(postgres_url, content, tmp_path).outcome is VerificationOutcome.MATCHES


def prune(path: Path, now: datetime, **keep: timedelta) -> None:
    clock = FakeClock(now)
    with Store.open(url(path), clock=clock) as store:
        run = Retention(store, RetentionPolicy(**keep), clock=clock)
        while run.step() is not None:
            pass


def test_rows_that_retention_deleted_are_said_to_be_gone(database: Path, tmp_path: Path) -> None:
    content = written(url(database), "performance")
    later = LATER + timedelta(days=40)
    prune(database, later)
    found = verified(url(database), content, tmp_path, later)
    assert (found.outcome, found.digest_matches) == (VerificationOutcome.ROWS_GONE, False)
    assert found.rows_complete_from == END

    def beautify(document: dict[str, Any]) -> None:
        document["availability"]["down_seconds"] = 0.0

    # The rows are gone, and nothing that is left contradicts.
    assert verified(url(database), edited(content, beautify), tmp_path, later).outcome is VerificationOutcome.ROWS_GONE


def test_a_window_of_which_part_is_gone_is_compared_where_rows_are(database: Path, tmp_path: Path) -> None:
    with Store.open(url(database), clock=FakeClock(LATER)) as store, store.transaction() as writes:
        for minute in range(0, 48 * 60, 5):
            at = START + timedelta(hours=9, minutes=minute)
            writes.add_results([ProbeResult("backend-api", at, ServiceState.UP, 300, 50.0)])
    end, now = START + timedelta(hours=56), START + timedelta(hours=60)
    content = written(url(database), "performance", hours=48, end=end, now=now)
    prune(database, now, monitoring_logs=timedelta(days=1))
    found = verified(url(database), content, tmp_path, now)
    assert found.rows_complete_from is not None
    assert START < found.rows_complete_from < end
    assert found.outcome is VerificationOutcome.ROWS_GONE

    def beautify(document: dict[str, Any]) -> None:
        document["services"][0]["series"][-5]["down"] += 1

    assert verified(url(database), edited(content, beautify), tmp_path, now).outcome is VerificationOutcome.DIFFERS
    change(database, "UPDATE monitoring_logs SET status = 'down' WHERE id = (SELECT max(id) - 30 FROM monitoring_logs)")
    assert verified(url(database), content, tmp_path, now).outcome is VerificationOutcome.DIFFERS


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON report"),
        (b'{"report": "monitoring_report", "schema_version": 99}', "schema_version is 99"),
        (b'{"report": "monitoring_report", "schema_version": 1}', "'window' is missing"),
        (b'{"report": NaN}', "NaN is no JSON number"),
        (b"[" * 100_000, "not JSON"),
        (b'{"report": "monitoring_report", "x": ' + b"[" * 500 + b"]" * 500 + b"}", "64 levels deep"),
        (b'{"report": ["monitoring_report"]}', "not a JSON report"),
        (b'{"report": 1e999}', "a number is too large"),
        (b'{"report": ' + b"9" * 4_000 + b"}", "a number is too large"),
    ],
)
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(NotDerivableError, match=reason):
        read_report(path)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("window", "step_seconds"), 1e308),
        (("window", "step_seconds"), 59),
        (("window", "start"), "0001-01-01T00:00:00+00:00"),
        (("window", "end"), "9999-12-31T23:59:59-14:00"),
        (("generated_at",), "0001-01-02T00:00:00+00:00"),
        (("inputs", "rows"), None),
        (("inputs", "settings", "limits", "uptime_percent"), None),
        (("inputs", "settings", "limits", "cpu_usage_percent"), 1e308),
        (("inputs", "settings", "limits", "recheck"), ["1"]),
        (("inputs", "settings", "services", 0, "interval_seconds"), True),
        (("inputs", "settings", "services", 0, "interval_seconds"), -1),
        (("inputs", "settings", "services", 0, "name"), ["backend-api"]),
        (("inputs", "settings", "services", 0, "depends_on"), 7),
    ],
)
def test_a_hostile_setting_is_refused(
    monitoring_report: bytes, tmp_path: Path, place: tuple[str | int, ...], value: object
) -> None:
    def spoil(document: dict[str, Any]) -> None:
        inner: Any = document
        for key in place[:-1]:
            inner = inner[key]
        assert inner[place[-1]] != value
        inner[place[-1]] = value

    path = tmp_path / "report.json"
    path.write_bytes(edited(monitoring_report, spoil))
    with pytest.raises(NotDerivableError, match="incomplete or wrong"):
        read_report(path)
