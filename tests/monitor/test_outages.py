"""The error rate excludes outages, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import AlertState, Episode, ErrorClass, ProbeResult, Service, ServiceState
from amt_console.monitor.buffer import Collected
from amt_console.monitor.outages import Scheduled, outside_outages
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.store import Store

pytestmark = pytest.mark.slow

INTERVAL = 15.0
SERVICE = Service(name="web", url="http://127.0.0.1:1/", interval=INTERVAL)


class Watched:
    """A service that is probed every 15 seconds, with re-checks after 1 and 2 seconds, like by an engine."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        rules = build_ruleset(Settings.model_validate({"web_app_url": "http://127.0.0.1:1"}), [SERVICE])
        self.recorder = Recorder(store=store, ruleset=rules, clock=clock)

    def up(self, probes: int = 1) -> None:
        """Good probes, stored four at a time."""
        for first in range(0, probes, 4):
            batch = []
            for _ in range(first, min(first + 4, probes)):
                batch.append(self._result(ServiceState.UP))
                self.clock.advance(INTERVAL)
            self.recorder.write(batch)

    def down(self, probes: int, *, takes: float = 0.0) -> None:
        """So many scheduled probes that fail, each after ``takes`` seconds; the first is confirmed."""
        for index in range(probes):
            self._probe(ServiceState.DOWN, takes=takes)
            if index == 0:
                for attempt, delay in ((2, 1.0), (3, 2.0)):
                    self.clock.advance(delay)
                    self._probe(ServiceState.DOWN, attempt)
            self.clock.advance(INTERVAL - takes - (3.0 if index == 0 else 0.0))

    def hiccup(self) -> None:
        """One failure that the re-check does not confirm."""
        self._probe(ServiceState.DOWN)
        self.clock.advance(1.0)
        self._probe(ServiceState.UP, 2)
        self.clock.advance(INTERVAL - 1.0)

    def newest(self, rule: str) -> Episode | None:
        found = [episode for episode in self.episodes() if episode.rule_id == rule]
        return found[0] if found else None

    def episodes(self) -> list[Episode]:
        now = self.clock.now()
        with self.store.read() as reads:
            return reads.alerts.episodes(start=now - timedelta(days=1), end=now, limit=1000)

    def left(self) -> Scheduled | None:
        now = self.clock.now()
        with self.store.read() as reads:
            total = reads.services.totals(start=now - timedelta(hours=1), end=now, services=["web"])["web"]
            return outside_outages(reads, "web", total, "web")

    def _probe(self, state: ServiceState, attempt: int = 1, takes: float = 0.0) -> None:
        self.recorder.write([self._result(state, attempt, takes)])

    def _result(self, state: ServiceState, attempt: int = 1, takes: float = 0.0) -> Collected:
        down = state is ServiceState.DOWN
        result = ProbeResult(
            service="web",
            timestamp=self.clock.now(),
            state=state,
            interval=INTERVAL,
            response_time_ms=None if down else 12.0,
            error_class=ErrorClass.CONNECT_REFUSED if down else None,
            error="connection refused" if down else None,
            attempt=attempt,
        )
        self.clock.advance(takes)
        return Collected(result, self.clock.instant())


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    clock = FakeClock()
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        yield Watched(store, clock)


def test_an_outage_of_two_minutes_is_one_alert_and_nothing_comes_after_it(watched: Watched) -> None:
    watched.up(120)
    watched.down(8)
    down = watched.newest("service_down")
    assert down is not None
    assert down.state is AlertState.FIRING
    assert watched.left() is None
    watched.up(180)
    (only,) = watched.episodes()
    assert (only.rule_id, only.state) == ("service_down", AlertState.RESOLVED)
    left = watched.left()
    assert left is not None
    assert left.failures == 0


def test_failures_that_take_long_belong_to_the_outage_as_well(watched: Watched) -> None:
    for _ in range(3):
        watched.up(40)
        watched.down(3, takes=9.0)
    watched.up(30)
    assert {episode.rule_id for episode in watched.episodes()} == {"service_down"}
    left = watched.left()
    assert left is not None
    assert left.failures == 0
    assert left.samples == pytest.approx(150, abs=8)


def test_a_service_that_fails_every_tenth_probe_has_an_error_rate(watched: Watched) -> None:
    for _ in range(12):
        watched.up(9)
        watched.hiccup()
    rate = watched.newest("error_rate")
    assert rate is not None
    assert rate.state is AlertState.FIRING
    assert rate.value == pytest.approx(10.0, abs=2.0)
    assert {episode.rule_id for episode in watched.episodes() if episode.fired_at} == {"error_rate"}


def test_an_outage_among_intermittent_failures_does_not_add_to_their_rate(watched: Watched) -> None:
    for _ in range(10):
        watched.up(9)
        watched.hiccup()
    before = watched.newest("error_rate")
    assert before is not None
    watched.down(20)
    during = watched.newest("error_rate")
    assert during is not None
    condition = replace(during, version=before.version, paging=before.paging)
    assert condition == before, "held while the service is down, whatever is sent about it"
    watched.up(9)
    watched.hiccup()
    left = watched.left()
    assert left is not None
    assert left.failures == 11
    assert left.samples == pytest.approx(108, abs=2)
    after = watched.newest("error_rate")
    assert after is not None
    assert (after.id, after.state) == (before.id, AlertState.FIRING)
    watched.up(250)
    ended = watched.newest("error_rate")
    assert ended is not None
    assert ended.state is AlertState.RESOLVED


def test_too_little_beside_a_long_outage_is_no_observation(watched: Watched) -> None:
    for _ in range(3):
        watched.up(9)
        watched.hiccup()
    watched.down(220)
    watched.up(3)
    down, rate = watched.newest("service_down"), watched.newest("error_rate")
    assert down is not None
    assert down.state is AlertState.RESOLVED
    left = watched.left()
    assert left is not None
    assert left.samples < 20
    assert rate is not None
    assert rate.state is AlertState.FIRING, "held"
    watched.up(30)
    again = watched.newest("error_rate")
    assert again is not None
    assert again.state is AlertState.RESOLVED
