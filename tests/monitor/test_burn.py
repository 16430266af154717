"""Burn rates on a real database: planted burns, few probes, a restart, planned work, recovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.model import AlertState, AlertType, Episode, ErrorClass, ProbeResult, ServiceState, Severity
from amt_console.monitor.buffer import Collected
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.monitor.signals import WindowReader
from amt_console.store import Store

Bad = Callable[[int], bool]
RULE = "slo/available"


def ruleset(*, interval: float = 60.0, **slo: object) -> Ruleset:
    settings = Settings.model_validate(
        {
            "services": [{"name": "checkout", "url": "http://127.0.0.1:1/", "interval": interval}],
            "slos": [{"name": "available", "services": ["checkout"], **slo}],
            "rules": [{"name": "service_down", "signal": "service_down", "fail": 5}],
        }
    )
    return build_ruleset(settings, targets(settings, env={}))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        yield store


def result(
    clock: FakeClock, interval: float, state: ServiceState, time_ms: float = 20.0, attempt: int = 1
) -> ProbeResult:
    down = state is ServiceState.DOWN
    return ProbeResult(
        service="checkout",
        timestamp=clock.now(),
        state=state,
        interval=interval,
        response_time_ms=None if down else time_ms,
        error_class=ErrorClass.HTTP_STATUS if down else None,
        error="HTTP 500" if down else None,
        attempt=attempt,
    )


def plant(store: Store, clock: FakeClock, *, seconds: float, bad: Bad, interval: float = 60.0) -> None:
    """History before the monitor looks: the ``bad`` probes fail, and their re-check is good."""
    found = []
    for number in range(int(seconds / interval)):
        found.append(result(clock, interval, ServiceState.DOWN if bad(number) else ServiceState.UP))
        if bad(number):
            clock.advance(1)
            found.append(result(clock, interval, ServiceState.UP, attempt=2))
            clock.advance(-1)
        clock.advance(interval)
    with store.transaction() as writes:
        writes.add_results(found)


def look(store: Store, clock: FakeClock, rules: Ruleset, state: ServiceState = ServiceState.UP) -> Episode | None:
    """What a monitor finds that has just started: a restart needs nothing but the rollups."""
    Recorder(store=store, ruleset=rules, clock=clock, continuous=False).write(
        [Collected(result(clock, rules.intervals["checkout"], state), clock.instant())]
    )
    return newest(store, clock)


def newest(store: Store, clock: FakeClock) -> Episode | None:
    with store.read() as reads:
        start = clock.now() - timedelta(days=40)
        found = reads.alerts.episodes(start=start, end=clock.now() + timedelta(days=1), limit=50)
    return next((each for each in found if each.rule_id == RULE), None)


@pytest.mark.slow
def test_a_fast_burn_pages_beside_the_plain_rule(store: Store, clock: FakeClock) -> None:
    # Every tenth probe of the last hour fails, never two in a row: no outage, and a burn rate of 100.
    plant(store, clock, seconds=7200, bad=lambda n: n >= 60 and n % 2 == 0)
    found = look(store, clock, ruleset())
    assert found is not None
    assert (found.state, found.severity, found.alert_type) == (
        AlertState.FIRING,
        Severity.CRITICAL,
        AlertType.SLO_BURN,
    )
    assert "burn rate 500 over 1h and 5m, limit 14.4" in found.message
    assert "is used" in found.message


@pytest.mark.slow
def test_a_slow_burn_is_a_warning(store: Store, clock: FakeClock) -> None:
    # 10 of 4319 probes in three days, 2 of 360 in the last six hours: burn rates of 2.3 and 5.6.
    plant(store, clock, seconds=72 * 3600 - 60, bad=lambda n: n in {*range(0, 4000, 500), 4100, 4200})
    found = look(store, clock, ruleset())
    assert found is not None
    assert (found.state, found.severity) == (AlertState.FIRING, Severity.WARNING)
    assert "over 3d and 6h, limit 1" in found.message


def test_two_lost_probes_of_few_page_nobody(store: Store, clock: FakeClock) -> None:
    plant(store, clock, seconds=24 * 3600, interval=300.0, bad=lambda n: n in (286, 287))
    assert look(store, clock, ruleset(interval=300.0)) is None


def test_a_probe_and_its_re_checks_are_one(store: Store, clock: FakeClock) -> None:
    plant(store, clock, seconds=3600, interval=15.0, bad=lambda n: n == 239)
    for attempt in (2, 3, 2, 3):
        clock.advance(1)
        with store.transaction() as writes:
            writes.add_results([result(clock, 15.0, ServiceState.DOWN, attempt=attempt)])
    assert look(store, clock, ruleset(interval=15.0)) is None


def test_planned_work_is_left_out(store: Store, clock: FakeClock) -> None:
    plant(store, clock, seconds=3600, bad=lambda n: False)
    work = []
    for _ in range(30):
        work.append(result(clock, 60.0, ServiceState.MAINTENANCE))
        clock.advance(60)
    with store.transaction() as writes:
        writes.add_results(work)
    assert look(store, clock, ruleset()) is None


def test_slow_answers_use_the_budget_of_a_latency_objective(store: Store, clock: FakeClock) -> None:
    found = []
    for number in range(60):
        found.append(result(clock, 60.0, ServiceState.UP, time_ms=900.0 if number % 5 == 0 else 100.0))
        clock.advance(60)
    with store.transaction() as writes:
        writes.add_results(found)
    assert look(store, clock, ruleset(objective=99, latency_ms=2000)) is None
    episode = look(store, clock, ruleset(objective=99, latency_ms=800))
    # Every fifth answer is slow, but only one in the last five minutes: six hours and thirty minutes tell it.
    assert episode is not None
    assert episode.severity is Severity.CRITICAL
    assert "over 6h and 30m" in episode.message


@pytest.mark.slow
def test_it_recovers_when_the_short_window_is_good(store: Store, clock: FakeClock) -> None:
    rules = ruleset()
    plant(store, clock, seconds=7200, bad=lambda n: n >= 115)
    recorder = Recorder(store=store, ruleset=rules, clock=clock, continuous=False)

    def minute(state: ServiceState) -> None:
        recorder.write([Collected(result(clock, 60.0, state), clock.instant())])
        clock.advance(60)

    minute(ServiceState.DOWN)
    first = newest(store, clock)
    assert first is not None
    assert first.state is AlertState.FIRING
    for _ in range(34):
        minute(ServiceState.UP)
    after = newest(store, clock)
    assert after is not None
    assert after.severity is Severity.WARNING, "six bad probes are still too many for three days"
    clock.advance(6 * 3600)
    for _ in range(4):
        minute(ServiceState.UP)
    last = newest(store, clock)
    assert last is not None
    assert (last.id, last.state) == (first.id, AlertState.RESOLVED)


def test_a_healthy_service_costs_one_reading(store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(store, clock, seconds=7200, bad=lambda n: n == 3)
    rules = ruleset()
    asked = []
    with store.read() as reads:
        known = type(reads.services).totals

        def totals(self, **query):  # type: ignore[no-untyped-def]
            asked.append((query["end"] - query["start"]).total_seconds())
            return known(self, **query)

        monkeypatch.setattr(type(reads.services), "totals", totals)
        only = [rule for rule in rules.window_rules["checkout"] if rule.id == RULE]
        reader = WindowReader(Ruleset(rules.targets, tuple(only)))
        (window,) = reader.read(reads, {"checkout": ()}, clock.instant())
    assert window.judge(None).verdict == "ok"
    assert asked == [6 * 3600.0]
