"""From collected items to episodes, in memory."""

from __future__ import annotations

from dataclasses import replace

from support.alerting import acted

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    Acknowledge,
    AlertState,
    BusinessFigures,
    DiskUsage,
    Episode,
    ErrorClass,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    ProbeResult,
    Resolution,
    Service,
    ServiceState,
    Severity,
)
from amt_console.monitor.buffer import Collected, FigureReading, HostReading, NoData, Pause
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.ledger import Ledger
from amt_console.monitor.ruleset import build_ruleset

TARGETS = (
    Service(name="backend-api", url="http://127.0.0.1:1/", interval=15.0),
    Service(name="web-app", url="http://127.0.0.1:2/", interval=15.0),
)


def evaluator(*names: str) -> Evaluator:
    targets = [target for target in TARGETS if not names or target.name in names]
    return Evaluator(build_ruleset(Settings.model_validate({"api_base_url": "http://127.0.0.1:1"}), targets))


def result(clock: FakeClock, state: ServiceState, *, attempt: int = 1, name: str = "backend-api") -> Collected:
    down = state is ServiceState.DOWN
    probe = ProbeResult(
        service=name,
        timestamp=clock.now(),
        state=state,
        interval=15.0,
        response_time_ms=None if down else 20.0,
        error_class=ErrorClass.CONNECT_REFUSED if down else None,
        error="connection refused" if down else None,
        attempt=attempt,
    )
    return Collected(probe, clock.instant())


def outage(clock: FakeClock, attempts: int = 3) -> list[Collected]:
    items = []
    for attempt in range(1, attempts + 1):
        items.append(result(clock, ServiceState.DOWN, attempt=attempt))
        clock.advance(attempt)
    return items


def only(ledger: Ledger) -> Episode:
    (episode,) = ledger.all()
    return episode


def test_good_results_leave_nothing_to_store() -> None:
    clock, ledger = FakeClock(), Ledger(())
    evaluator().evaluate(ledger, [result(clock, ServiceState.UP) for _ in range(20)])
    assert ledger.changes == []


def test_an_outage_fires_with_its_re_checks_and_is_one_change() -> None:
    clock, ledger = FakeClock(), Ledger(())
    evaluator().evaluate(ledger, outage(clock))
    (change,) = ledger.changes
    assert change.episode.state is AlertState.FIRING
    assert [event.kind for event in change.events] == ["opened", "fired"]
    assert only(ledger).opened_at < only(ledger).fired_at  # type: ignore[operator]


def test_a_batch_boundary_between_the_attempts_makes_no_difference() -> None:
    clock, rules = FakeClock(), evaluator()
    items = outage(clock)
    whole = Ledger(())
    rules.evaluate(whole, items)
    stored: list[Episode] = []
    for item in items:
        ledger = Ledger(stored)
        rules.evaluate(ledger, [item])
        stored = [replace(episode, id=1, version=episode.version + 1) for episode in ledger.all()]
    assert replace(stored[0], id=None, version=0) == only(whole)


def test_recovery_and_a_second_outage_in_one_batch_are_two_episodes() -> None:
    clock, ledger = FakeClock(), Ledger(())
    items = outage(clock)
    for _ in range(2):
        items.append(result(clock, ServiceState.UP))
        clock.advance(15)
    items += outage(clock, attempts=1)
    evaluator().evaluate(ledger, items)
    assert [change.episode.state for change in ledger.changes] == [AlertState.RESOLVED, AlertState.PENDING]


def test_an_acknowledgement_survives_what_comes_after_it() -> None:
    clock, rules = FakeClock(), evaluator()
    ledger = Ledger(())
    rules.evaluate(ledger, outage(clock))
    firing = replace(only(ledger), id=7, version=1)
    taken = acted(firing, Acknowledge(7), clock, "anna").episode
    assert taken is not None
    after = Ledger([taken])
    rules.evaluate(after, [result(clock, ServiceState.UP)])
    assert only(after).state is AlertState.RECOVERING
    assert only(after).acknowledged_by == "anna"


def test_silence_holds_the_condition_and_opens_an_alert_of_its_own() -> None:
    clock, rules = FakeClock(), evaluator()
    ledger = Ledger(())
    rules.evaluate(ledger, outage(clock))
    clock.advance(45)
    rules.evaluate(ledger, [NoData("backend-api", 45.0, clock.instant(), "out of file descriptors")])
    states = {episode.rule_id: episode for episode in ledger.open()}
    assert states["service_down"].state is AlertState.FIRING
    assert states["service_down"].stale
    assert states["service_down/no_data"].state is AlertState.FIRING
    assert "out of file descriptors" in states["service_down/no_data"].message
    rules.evaluate(ledger, [result(clock, ServiceState.DOWN)])
    states = {episode.rule_id: episode for episode in ledger.all()}
    assert states["service_down/no_data"].state is AlertState.RESOLVED
    assert states["service_down"].state is AlertState.FIRING
    assert not states["service_down"].stale


def test_an_unmeasurable_probe_neither_fires_nor_resolves() -> None:
    clock, rules = FakeClock(), evaluator()
    ledger = Ledger(())
    rules.evaluate(ledger, outage(clock))
    for _ in range(10):
        rules.evaluate(ledger, [result(clock, ServiceState.UNKNOWN)])
        clock.advance(15)
    assert only(ledger).state is AlertState.FIRING


def test_a_gap_holds_alerts_and_is_told_of() -> None:
    clock, rules = FakeClock(), evaluator()
    ledger = Ledger(())
    rules.evaluate(ledger, outage(clock))
    start = clock.now()
    clock.suspend(3600)
    rules.evaluate(ledger, [Pause(Gap(start, clock.now(), GapReason.SUSPENDED), clock.instant())])
    episodes = {episode.rule_id: episode for episode in ledger.open()}
    assert episodes["service_down"].stale
    assert episodes["monitor"].state is AlertState.FIRING
    clock.advance(1)
    rules.beat(ledger, at=clock.instant())
    clock.advance(1000)
    rules.beat(ledger, at=clock.instant())
    assert not ledger.has_open(("monitor", "monitor"))


def test_what_nobody_watches_any_more_is_closed_with_the_reason() -> None:
    clock, ledger = FakeClock(), Ledger(())
    evaluator().evaluate(ledger, outage(clock))
    evaluator("web-app").sweep(ledger, at=clock.instant())
    assert only(ledger).state is AlertState.RESOLVED
    assert only(ledger).resolution is Resolution.RULE_REMOVED
    again = Ledger(ledger.all())
    evaluator("web-app").sweep(again, at=clock.instant())
    assert again.changes == []


def test_a_sweep_with_the_same_rules_does_nothing() -> None:
    clock, ledger = FakeClock(), Ledger(())
    rules = evaluator()
    rules.evaluate(ledger, outage(clock))
    before = only(ledger)
    rules.sweep(ledger, at=clock.instant())
    assert only(ledger) == before


def test_each_full_disk_is_an_alert_of_its_own() -> None:
    clock, rules = FakeClock(), evaluator()
    ledger = Ledger(())
    disks = (
        DiskUsage(mount="/", device="/dev/a", fstype="ext4", total_bytes=100, used_bytes=95, percent=95.0),
        DiskUsage(mount="/data", device="/dev/b", fstype="ext4", total_bytes=100, used_bytes=99, percent=99.0),
    )
    for _ in range(3):
        sample = HostSample(timestamp=clock.now(), cpu_usage=1.0, memory_usage=1.0, disk_usage=99.0, disks=disks)
        rules.evaluate(ledger, [HostReading(sample, clock.instant())])
        clock.advance(10)
    assert {(episode.subject, episode.state) for episode in ledger.open()} == {
        ("disk /", AlertState.FIRING),
        ("disk /data", AlertState.FIRING),
    }


def test_a_busy_processor_must_stay_busy() -> None:
    clock, rules = FakeClock(), evaluator()
    ledger = Ledger(())
    states = []
    for _ in range(6):
        sample = HostSample(timestamp=clock.now(), cpu_usage=97.0, memory_usage=1.0, disk_usage=1.0)
        rules.evaluate(ledger, [HostReading(sample, clock.instant())])
        states.append(only(ledger).state)
        clock.advance(10)
    assert states[:3] == [AlertState.PENDING] * 3
    assert states[-1] is AlertState.FIRING


def test_a_figure_that_falls_below_its_limit_is_an_alert_and_a_missing_one_is_none() -> None:
    rule = {"name": "mrr-low", "signal": "figure", "subject": "revenue.mrr", "below": 1000, "fail": 2}
    document = {"api_base_url": "http://127.0.0.1:1", "rules": [rule]}
    rules = Evaluator(build_ruleset(Settings.model_validate(document), TARGETS))
    clock, ledger = FakeClock(), Ledger(())
    for value in (Figure(900.0), Figure(None, "not there"), Figure(950.0)):
        figures = BusinessFigures(
            FigureKind.REVENUE, clock.now(), {"mrr": value, "arr": Figure(1.0), "plans": Figure((("a", 1.0),))}
        )
        rules.evaluate(ledger, [FigureReading(figures, clock.instant())])
        clock.advance(60)
    assert only(ledger).subject == "revenue.mrr"
    assert only(ledger).state is AlertState.FIRING


def test_of_several_episodes_of_a_key_the_open_one_counts_and_else_the_newest() -> None:
    clock, ledger = FakeClock(), Ledger(())
    evaluator().evaluate(ledger, outage(clock))
    firing = only(ledger)
    ended = [replace(firing, id=number, state=AlertState.RESOLVED) for number in (9, 3, 5)]
    key = ("service_down", "backend-api")
    for episodes, expected in ((ended, 9), ([*ended, replace(firing, id=4)], 4), ([replace(firing, id=4), *ended], 4)):
        newest = Ledger(episodes).newest(key)
        assert newest is not None
        assert newest.id == expected


def test_an_answer_far_too_slow_fires_with_its_re_checks() -> None:
    clock, ledger = FakeClock(), Ledger(())
    for attempt in (1, 2, 3):
        item = result(clock, ServiceState.DEGRADED, attempt=attempt)
        slow = replace(item.result, response_time_ms=6200.0)
        evaluator().evaluate(ledger, [Collected(slow, item.at)])
        clock.advance(attempt)
    assert (only(ledger).rule_id, only(ledger).state) == ("response_time", AlertState.FIRING)
    assert only(ledger).severity is Severity.CRITICAL
