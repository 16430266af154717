"""Information alerts, from stored history to the stored alert: planted, quiet, once a day, never told."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    AlertState,
    AlertType,
    BusinessFigures,
    Episode,
    Figure,
    FigureKind,
    HostSample,
    ProbeResult,
    Resolution,
    Service,
    ServiceState,
    Severity,
)
from amt_console.monitor.buffer import InformationReading
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.monitor.watches import information
from amt_console.monitor.watches.information import InformationWatch
from amt_console.store import Store, Writes, alert_decisions

pytestmark = pytest.mark.slow

SERVICE = Service(name="web", url="http://127.0.0.1:1/", interval=3600.0)
CHANNEL = {"name": "ops", "type": "webhook", "url": "http://127.0.0.1:1/hook"}


def ruleset(**document: Any) -> Ruleset:
    return build_ruleset(Settings.model_validate({"channels": [CHANNEL], **document}), [SERVICE])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        yield store


def write_latency(writes: Writes, clock: FakeClock, level: Callable[[int], float]) -> None:
    """Seven days of one result an hour; ``level`` tells the response time from the hours before now."""
    rng = random.Random(1)
    writes.add_results(
        [
            ProbeResult(
                service="web",
                timestamp=clock.now() - timedelta(hours=left),
                state=ServiceState.UP,
                interval=3600.0,
                response_time_ms=level(left) * math.exp(rng.gauss(0, 0.05)),
            )
            for left in range(170, 0, -1)
        ]
    )


def write_host(writes: Writes, clock: FakeClock, cpu: Callable[[int], float]) -> None:
    """Five weeks of one sample an hour."""
    rng = random.Random(2)
    for left in range(5 * 168, 0, -1):
        at = clock.now() - timedelta(hours=left)
        writes.add_host_sample(
            HostSample(
                timestamp=at, cpu_usage=cpu(left) + rng.gauss(0, 1), memory_usage=50 + rng.gauss(0, 1), disk_usage=40.0
            )
        )


def write_users(writes: Writes, clock: FakeClock, users: Callable[[int], float]) -> None:
    """Sixty days of figures, at this time of day."""
    rng = random.Random(3)
    for left in range(59, -1, -1):
        at = clock.now() - timedelta(days=left)
        value = users(left) * math.exp(rng.gauss(0, 0.03))
        writes.add_figures(BusinessFigures(FigureKind.OVERVIEW, at, {"daily_active_users": Figure(value)}))


def fill(
    store: Store,
    clock: FakeClock,
    *,
    latency: Callable[[int], float] | None = None,
    cpu: Callable[[int], float] | None = None,
    users: Callable[[int], float] | None = None,
) -> None:
    with store.transaction(durable=True) as writes:
        if latency is not None:
            write_latency(writes, clock, latency)
        if cpu is not None:
            write_host(writes, clock, cpu)
        if users is not None:
            write_users(writes, clock, users)


class Monitor:
    """A recorder and the watch that feeds it, as after a start."""

    def __init__(self, store: Store, clock: FakeClock, rules: Ruleset | None = None) -> None:
        self.store, self.clock = store, clock
        self.recorder = Recorder(store=store, ruleset=rules or ruleset(), clock=clock)
        self.watch = InformationWatch(store=store, clock=clock, ruleset=rules or ruleset(), emit=lambda _: None)

    def look(self) -> None:
        reading = self.watch.look()
        self.recorder.write([] if reading is None else [reading])

    def alerts(self) -> list[Episode]:
        now = self.clock.now()
        with self.store.read() as reads:
            found = reads.alerts.episodes(start=now - timedelta(days=40), end=now + timedelta(days=1), limit=100)
        return [episode for episode in found if episode.alert_type is not AlertType.MONITOR]


PLANTED: list[tuple[str, AlertType, str, dict[str, Callable[[int], float]]]] = [
    ("trend", AlertType.TREND, "web", {"latency": lambda left: 100 + (170 - left) * 0.6}),
    ("resource_pattern", AlertType.ANOMALY, "cpu", {"cpu": lambda left: 75 if left <= 2 else 20}),
    ("behaviour", AlertType.ANOMALY, "users", {"users": lambda left: 300 if left == 0 else 1000}),
]


@pytest.mark.parametrize(("rule", "alert_type", "subject", "history"), PLANTED)
def test_each_planted_is_one_row_and_one_line_of_the_log_and_is_told_to_nobody(
    store: Store,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
    rule: str,
    alert_type: AlertType,
    subject: str,
    history: dict[str, Callable[[int], float]],
) -> None:
    fill(store, clock, **history)
    monitor = Monitor(store, clock)
    with caplog.at_level(logging.INFO, logger="amt_console.monitor"):
        monitor.look()
        clock.advance(60)
        monitor.look()
    (episode,) = monitor.alerts()
    assert (episode.rule_id, episode.alert_type, episode.subject) == (rule, alert_type, subject)
    assert (episode.severity, episode.state) == (Severity.INFO, AlertState.FIRING)
    assert [record.message for record in caplog.records if "alert" in record.message] == [
        f"alert {episode.id} fired: info {alert_type.value} {episode.message}"
    ]
    assert [record.levelname for record in caplog.records if "alert" in record.message] == ["INFO"]
    with store.read() as reads:
        assert episode.id is not None
        assert [decision.reason for decision in alert_decisions(reads, episode.id)] == [
            "informational alerts are logged, never sent"
        ]
    with closing(sqlite3.connect(store.place)) as database:
        assert database.execute("SELECT count(*) FROM outbox").fetchone() == (0,)
    assert monitor.recorder.open_subjects == frozenset(), "it has no timers: nothing is written each second for it"


def test_a_quiet_history_has_none(store: Store, clock: FakeClock) -> None:
    fill(
        store,
        clock,
        latency=lambda left: 100 + 30 * math.sin(left / 24 * 2 * math.pi),
        cpu=lambda left: 40 + 20 * math.sin(left / 24 * 2 * math.pi),
        users=lambda left: 1000 - 3 * left,
    )
    monitor = Monitor(store, clock)
    for _ in range(6):
        monitor.look()
        clock.advance(3600)
    assert monitor.alerts() == []


def test_an_empty_database_has_none(store: Store, clock: FakeClock) -> None:
    monitor = Monitor(store, clock)
    monitor.look()
    assert monitor.alerts() == []


def test_it_ends_when_it_is_not_found_again_and_comes_back_once_a_day(store: Store, clock: FakeClock) -> None:
    """Also after a restart: what was told today is read from the database."""
    fill(store, clock, cpu=lambda left: 75 if left <= 2 else 20)
    monitor = Monitor(store, clock)
    monitor.look()
    (first,) = monitor.alerts()

    def hour(cpu: float) -> None:
        with store.transaction(durable=True) as writes:
            writes.add_host_sample(HostSample(timestamp=clock.now(), cpu_usage=cpu, memory_usage=50, disk_usage=40.0))
        clock.advance(3600)
        Monitor(store, clock).look()

    hour(20.0)
    (ended,) = monitor.alerts()
    assert (ended.id, ended.state, ended.resolution) == (first.id, AlertState.RESOLVED, Resolution.RECOVERED)
    for _ in range(3):
        hour(80.0)
    assert [episode.id for episode in monitor.alerts()] == [first.id]
    hour(20.0)
    clock.advance(20 * 3600)
    hour(80.0)
    hour(80.0)
    assert [episode.open for episode in monitor.alerts()] == [True, False]


def test_a_lasting_one_stays_the_same_row(store: Store, clock: FakeClock) -> None:
    fill(store, clock, users=lambda left: 300 if left == 0 else 1000)
    monitor = Monitor(store, clock)
    for _ in range(5):
        monitor.look()
        clock.advance(3000)
    assert len(monitor.alerts()) == 1


@pytest.mark.parametrize("rule", ["trend", "resource_pattern", "behaviour"])
def test_each_can_be_switched_off_by_its_name(store: Store, clock: FakeClock, rule: str) -> None:
    fill(
        store,
        clock,
        latency=lambda left: 100 + (170 - left) * 0.6,
        cpu=lambda left: 75 if left <= 2 else 20,
        users=lambda left: 300 if left == 0 else 1000,
    )
    monitor = Monitor(store, clock, ruleset(rules=[{"name": rule, "signal": rule, "enabled": False}]))
    monitor.look()
    assert {episode.rule_id for episode in monitor.alerts()} == {"trend", "resource_pattern", "behaviour"} - {rule}


def test_a_rule_that_is_switched_off_closes_its_alert(store: Store, clock: FakeClock) -> None:
    fill(store, clock, cpu=lambda left: 75 if left <= 2 else 20)
    monitor = Monitor(store, clock)
    monitor.look()
    monitor.recorder.configure(
        ruleset(rules=[{"name": "resource_pattern", "signal": "resource_pattern", "enabled": False}])
    )
    monitor.recorder.write([])
    assert [episode.resolution for episode in monitor.alerts()] == [Resolution.RULE_REMOVED]


def test_a_rule_may_watch_some_services_only(store: Store, clock: FakeClock) -> None:
    fill(store, clock, latency=lambda left: 100 + (170 - left) * 0.6)
    monitor = Monitor(store, clock, ruleset(rules=[{"name": "trend", "signal": "trend", "subject": "api*"}]))
    monitor.look()
    assert monitor.alerts() == []


@pytest.mark.parametrize("more", [{"severity": "critical"}, {"above": 5}, {"window": "5m"}, {"quorum": "1 of 2"}])
def test_what_only_informs_takes_no_severity_and_no_limit(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"takes no"):
        ruleset(rules=[{"name": "trend", "signal": "trend", **more}])


async def test_the_loop_looks_on_a_thread_and_goes_on_after_a_fault(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, clock, users=lambda left: 300 if left == 0 else 1000)
    monkeypatch.setattr(information, "FIRST", 0.0)
    monkeypatch.setattr(information, "EVERY", 0.0)
    readings: asyncio.Queue[InformationReading] = asyncio.Queue()
    watch = InformationWatch(store=store, clock=clock, ruleset=ruleset(), emit=readings.put_nowait)
    task = asyncio.create_task(watch.run())
    assert [each.subject for each in (await readings.get()).found] == ["users"]
    watch.configure(ruleset(rules=[{"name": "behaviour", "signal": "behaviour", "enabled": False}]))
    while (await readings.get()).found:
        pass
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
