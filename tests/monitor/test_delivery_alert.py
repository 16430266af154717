"""A channel that cannot deliver is an alert of its own, until it delivers again."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.monitored import monitored

from amt_console.alerts import DeliveryReading
from amt_console.clock import SystemClock
from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.store import Reads

pytestmark = pytest.mark.slow

CLOCK = SystemClock()
DOCUMENT = {"services": [], "channels": [{"name": "ops", "type": "webhook", "url": "https://receiver.example/hook"}]}


def read(delivered: bool, *, critical: bool = False, channel: str = "ops") -> DeliveryReading:
    error = None if delivered else "410 gone"
    return DeliveryReading(channel, delivered, CLOCK.instant(), critical, error)


def about_channels(reads: Reads) -> list[Episode]:
    return [episode for episode in reads.alerts.open() if episode.rule_id == "notify"]


def test_a_dead_message_opens_an_alert_and_a_later_delivery_ends_it(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        monitor.wait_status(lambda engine: engine.status.running)
        monitor.engine.hear(read(False))
        alert = monitor.episode("notify", "ops", AlertState.FIRING)
        assert (alert.alert_type, alert.severity) == (AlertType.NOTIFY, Severity.WARNING)
        mended = "once mended: amt-console notify drill --channel ops"
        assert alert.message == f"ops: a message was not delivered: 410 gone; {mended}"
        monitor.engine.hear(read(False, critical=True))
        monitor.wait(lambda reads: about_channels(reads)[0].severity is Severity.CRITICAL)
        monitor.engine.hear(read(True))
        ended = monitor.episode("notify", "ops", AlertState.RESOLVED)
        assert ended.id == alert.id


def test_it_outlives_a_restart_and_ends_when_its_channel_is_removed(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        monitor.wait_status(lambda engine: engine.status.running)
        monitor.engine.hear(read(False, channel="unknown"))
        monitor.engine.hear(read(False))
        alert = monitor.episode("notify", "ops", AlertState.FIRING)
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        monitor.wait_status(lambda engine: engine.status.commits.last_at is not None)
        with monitor.store.read() as reads:
            (still,) = about_channels(reads)
        assert (still.id, still.state, still.stale) == (alert.id, AlertState.FIRING, False)
    with monitored(tmp_path / "monitoring.db", {"services": []}) as monitor:
        assert monitor.episode("notify", "ops", AlertState.RESOLVED).id == alert.id
