"""Rules on recorded history: the running configuration finds what was recorded, and skipping changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.alerting import acted
from support.stores import lay_out

from amt_console.alerts.backtest.outcome import RuleOutcome
from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.model import (
    Acknowledge,
    BusinessFigures,
    DiskUsage,
    EpisodeChange,
    ErrorClass,
    Figure,
    FigureKind,
    HostSample,
    ProbeResult,
    ServiceState,
)
from amt_console.monitor.backtest.run import Backtest, BacktestReport
from amt_console.monitor.buffer import Collected, FigureReading, HostReading, Item
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.store import Store, record

pytestmark = pytest.mark.slow
INTERVAL = 60.0
RECHECK = (1.0, 2.0)
DOCUMENT: dict[str, Any] = {
    "services": [
        {"name": name, "url": "http://127.0.0.1:1/", "interval": INTERVAL, "depends_on": needs}
        for name, needs in (("shop", []), ("cart", ["shop"]))
    ],
    "slos": [{"name": "available", "services": ["shop", "cart"], "objective": 99}],
    "rules": [
        {"name": "sluggish", "signal": "response_time", "subject": "cart", "window": "5m", "above": 900, "fail": 2},
        {"name": "persistent", "signal": "response_time", "subject": "cart", "above": 500, "fail": 1, "for": "3m"},
        {"name": "few-users", "signal": "figure", "subject": "overview.daily_active_users", "below": 100, "fail": 2},
    ],
}


def ruleset(**changes: Any) -> Ruleset:
    found = Settings.model_validate({**DOCUMENT, **changes})
    return build_ruleset(found, targets(found, env={}))


def result(name: str, at: datetime, state: ServiceState, time_ms: float = 100.0, attempt: int = 1) -> ProbeResult:
    down = state is ServiceState.DOWN
    return ProbeResult(
        service=name,
        timestamp=at,
        state=state,
        interval=INTERVAL,
        response_time_ms=None if down or state is ServiceState.UNKNOWN else time_ms,
        error_class=ErrorClass.HTTP_STATUS if down else None,
        error="HTTP 500" if down else None,
        attempt=attempt,
    )


class Past:
    """A history that the real recorder wrote: outages, slow answers, lost probes, a busy host, few users, a pause."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store, self.clock = store, clock
        self.start = clock.now()
        self.recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
        for minute in range(400):
            if minute == 330:
                # Nobody measured for half an hour; then another monitor begins.
                clock.advance(1800)
                self.recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
            self._minute(minute)
        self.end = clock.now()

    def _minute(self, minute: int) -> None:
        shop_down = 100 <= minute < 112 or 340 <= minute < 343
        lost = minute in {200, 207, 214, 221, 228}
        slow = 150 <= minute < 158
        probes: list[Item] = []
        for name, down in (("shop", shop_down), ("cart", shop_down or lost)):
            state = ServiceState.DOWN if down else ServiceState.UP
            time_ms = 1200.0 if slow and name == "cart" else 6000.0 if 260 <= minute < 263 else 100.0
            probes.append(self._probe(result(name, self.clock.now(), state, time_ms)))
            if down:
                self._write(probes)
                probes = []
                for attempt, delay in enumerate(RECHECK, 2):
                    self.clock.advance(delay)
                    again = ServiceState.UP if lost else state
                    self._write([self._probe(result(name, self.clock.now(), again, attempt=attempt))])
                    if lost:
                        break
        if probes:
            self._write(probes)
        if minute % 5 == 0:
            busy = 300 <= minute < 320
            sample = HostSample(
                self.clock.now(),
                cpu_usage=95.0 if busy else 20.0,
                memory_usage=30.0,
                disk_usage=93.0 if minute >= 370 else 50.0,
                disks=(DiskUsage("/", "/dev/sda", "ext4", 100, 50, 93.0 if minute >= 370 else 50.0),),
            )
            users = Figure(50.0 if 120 <= minute < 140 else 500.0)
            figures = BusinessFigures(FigureKind.OVERVIEW, self.clock.now(), {"daily_active_users": users})
            self._write([HostReading(sample, self.clock.instant()), FigureReading(figures, self.clock.instant())])
        self.clock.advance(INTERVAL - (self.clock.now().timestamp() % INTERVAL) + 5)

    def _probe(self, each: ProbeResult) -> Collected:
        self.clock.advance((each.response_time_ms or 0.0) / 1000)
        return Collected(each, self.clock.instant())

    def _write(self, items: list[Item]) -> None:
        self.recorder.write(items)

    def backtest(self, rules: Ruleset, *, skip: bool = True) -> BacktestReport:
        return Backtest(self.store, rules, self.start, self.end, UTC, RECHECK, skip).run()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    clock = FakeClock(datetime(2026, 3, 2, 1, 0, 5, tzinfo=UTC))
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('past') / 'm.db'}", clock=clock) as store:
        yield Past(store, clock)


def by_name(report: BacktestReport) -> dict[str, RuleOutcome]:
    return {rule.name: rule for rule in report.rules}


def recorded(past: Past) -> list[tuple[str, str, datetime, datetime | None]]:
    with past.store.read() as reads:
        found = reads.alerts.episodes(start=past.start, end=past.end + timedelta(hours=1), limit=500)
    return sorted(
        (each.rule_id, each.subject, each.fired_at, each.resolved_at)
        for each in found
        if each.fired_at is not None and each.rule_id != "monitor"
    )


def test_the_running_configuration_finds_what_was_recorded(past: Past) -> None:
    report = past.backtest(ruleset())
    found = sorted((each.rule, each.subject, each.start, each.end) for rule in report.rules for each in rule.fired)
    expected = recorded(past)
    assert [each[:2] for each in found] == [each[:2] for each in expected]
    assert {each[0] for each in expected} >= {
        "service_down",
        "response_time",
        "error_rate",
        "slo/available",
        "sluggish",
        "persistent",
        "cpu_usage",
        "disk_usage",
        "few-users",
    }
    for one, other in zip(found, expected, strict=True):
        allowed = 300.0 if one[0] in {"cpu_usage", "disk_usage", "few-users"} else INTERVAL + 5
        assert abs((one[2] - other[2]).total_seconds()) <= allowed, (one, other)
        assert (one[3] is None) == (other[3] is None), (one, other)
        if one[3] is not None and other[3] is not None:
            assert abs((one[3] - other[3]).total_seconds()) <= allowed, (one, other)
    assert [(rule.name, rule.missed, rule.new) for rule in report.rules if rule.missed or rule.new] == []


def test_nothing_changes_when_good_results_are_left_out(past: Past) -> None:
    assert past.backtest(ruleset()) == past.backtest(ruleset(), skip=False)


def test_a_candidate_that_fires_less_and_one_that_fires_more(past: Past) -> None:
    less = by_name(past.backtest(ruleset(rules=[{"name": "service_down", "signal": "service_down", "for": "8m"}])))
    short = [each for each in recorded(past) if each[0] == "service_down" and each[2] > past.start + timedelta(hours=5)]
    assert len(less["service_down"].missed) == len(short) == 2
    assert less["sluggish"].fired == ()
    assert len(less["sluggish"].missed) == 2, "a rule that is gone misses what it fired"
    rule = {"name": "touchy", "signal": "response_time", "subject": "shop", "above": 90, "fail": 1}
    (touchy,) = (each for name, each in by_name(past.backtest(ruleset(rules=[rule]))).items() if name == "touchy")
    assert touchy.fired
    assert touchy.new == touchy.fired
    assert touchy.acknowledged_share == 0.0


def test_nights_and_lengths(past: Past) -> None:
    down = by_name(past.backtest(ruleset()))["service_down"]
    # Four outages: two services at 02:40 for twelve minutes, and at 07:10 for three.
    assert (len(down.fired), down.at_night) == (4, 2)
    assert down.median_seconds is not None
    assert 180 <= down.median_seconds <= 780
    followers = [each.subject for each in down.fired if each.follows]
    assert followers == ["cart", "cart"]


def test_who_took_an_alert_counts(past: Past) -> None:
    with past.store.read() as reads:
        found = reads.alerts.episodes(start=past.start, end=past.end, limit=500)
    taken = next(each for each in found if each.rule_id == "disk_usage")
    assert taken.id is not None
    step = acted(taken, Acknowledge(taken.id), past.clock)
    assert step.episode is not None
    with past.store.transaction(durable=True) as writes:
        record(writes, EpisodeChange(step.episode, step.events))
    assert by_name(past.backtest(ruleset()))["disk_usage"].acknowledged_share == 1.0


def test_a_period_before_all_data_is_empty(past: Past) -> None:
    old = past.start - timedelta(days=20)
    report = Backtest(past.store, ruleset(), old, old + timedelta(days=5), UTC).run()
    assert [rule.name for rule in report.rules if rule.fired or rule.missed] == []


def test_a_certificate_fires_when_its_limit_passes_and_ends_with_the_next_one(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
    start, found = clock.now(), []
    for hour in range(24 * 12):
        expires_at = start + timedelta(days=23 if hour < 200 else 90)
        found.append(replace(result("shop", clock.now(), ServiceState.UP), interval=3600.0, tls_expires_at=expires_at))
        clock.advance(3600)
    rules = ruleset(services=[{"name": "shop", "url": "https://127.0.0.1:1/", "interval": "1h"}], slos=[], rules=[])
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        with store.transaction() as writes:
            writes.add_results(found)
        report = Backtest(store, rules, start, clock.now(), UTC).run()
    (fired,) = by_name(report)["tls_expiry"].fired
    assert (fired.start, fired.end) == (start + timedelta(hours=50), start + timedelta(hours=202))


STATES = st.sampled_from(
    [ServiceState.UP] * 6 + [ServiceState.DOWN] * 2 + [ServiceState.UNKNOWN, ServiceState.MAINTENANCE]
)
TIMES = st.sampled_from([80.0, 100.0, 100.0, 600.0, 1000.0, 2500.0, 5500.0])
STRETCHES = st.lists(st.tuples(STATES, TIMES, st.integers(1, 40), st.sampled_from([0, 0, 0, 4, 400])), max_size=12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@given(STRETCHES)
@example([(ServiceState.UP, 80.0, 1, 4), (ServiceState.UP, 80.0, 1, 0)])
@example([(ServiceState.UP, 80.0, 4, 4), (ServiceState.UP, 80.0, 1, 0)])
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
def test_leaving_out_good_results_never_changes_anything(
    folder: Path, history: list[tuple[ServiceState, float, int, int]]
) -> None:
    clock = FakeClock(datetime(2026, 3, 2, 1, 0, 5, tzinfo=UTC))
    path = folder / f"{len(list(folder.iterdir()))}.db"
    start, found = clock.now(), []
    for state, time_ms, count, pause in history:
        for _ in range(count):
            one = result("cart", clock.now(), state, time_ms)
            found.append(one)
            if state is ServiceState.DOWN:
                found.append(replace(one, timestamp=one.timestamp + timedelta(seconds=1), attempt=2))
            clock.advance(INTERVAL)
        clock.advance(pause * INTERVAL)
    rules = ruleset()
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        with store.transaction() as writes:
            writes.add_results(found)
        plan = Backtest(store, rules, start, clock.now(), UTC, RECHECK)
        assert plan.run() == replace(plan, skip=False).run()
