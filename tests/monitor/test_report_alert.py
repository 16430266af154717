"""A scheduled report that cannot be made is an alert like others, until it is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.monitored import monitored

from amt_console.alerts import ReportReading
from amt_console.clock import SystemClock
from amt_console.model import AlertState, AlertType, Severity

CLOCK = SystemClock()
HOOK = {"name": "ops", "type": "webhook", "url": "https://receiver.example/hook", "enabled": False}
REPORT = {"name": "boss", "every": "daily", "folder": "/srv/reports"}
DOCUMENT = {"services": [], "channels": [HOOK], "reports": [REPORT]}
SUBJECT = "report boss"


def read(error: str | None, name: str = "boss") -> ReportReading:
    return ReportReading(name, CLOCK.instant(), error)


def test_a_failed_report_opens_an_alert_and_one_that_is_made_ends_it(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        monitor.wait_status(lambda engine: engine.status.running)
        monitor.engine.hear(read(None))
        monitor.engine.hear(read("2026-01-04: the renderer was ended"))
        alert = monitor.episode("report", SUBJECT, AlertState.FIRING)
        assert (alert.alert_type, alert.severity) == (AlertType.MONITOR, Severity.WARNING)
        assert alert.message == (
            "report boss could not be made: 2026-01-04: the renderer was ended; "
            "when it is tried again: amt-console export scheduled"
        )
        monitor.engine.hear(read(None))
        ended = monitor.episode("report", SUBJECT, AlertState.RESOLVED)
        assert ended.id == alert.id
        assert monitor.kinds(ended)[-1] == "resolved"


@pytest.mark.slow
def test_it_outlives_a_restart_and_ends_when_its_report_is_configured_no_more(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        monitor.wait_status(lambda engine: engine.status.running)
        monitor.engine.hear(read("no", name="unknown"))
        monitor.engine.hear(read("no"))
        alert = monitor.episode("report", SUBJECT, AlertState.FIRING)
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        monitor.wait_status(lambda engine: engine.status.commits.last_at is not None)
        with monitor.store.read() as reads:
            (still,) = (each for each in reads.alerts.open() if each.rule_id == "report")
        assert (still.id, still.state, still.stale) == (alert.id, AlertState.FIRING, False)
    off = {**DOCUMENT, "reports": [{**REPORT, "enabled": False}]}
    with monitored(tmp_path / "monitoring.db", off) as monitor:
        assert monitor.episode("report", SUBJECT, AlertState.RESOLVED).id == alert.id
