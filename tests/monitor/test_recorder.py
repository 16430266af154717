"""Storing and evaluating in one transaction, on a real database."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.alerting import acted
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import (
    Acknowledge,
    AlertState,
    BusinessFigures,
    Close,
    EpisodeChange,
    ErrorClass,
    Figure,
    FigureKind,
    Gap,
    GapReason,
    HostSample,
    ProbeResult,
    Service,
    ServiceState,
)
from amt_console.monitor.buffer import Collected, FigureReading, HostReading, Pause
from amt_console.monitor.recorder import CHECKPOINT_EVERY, TRUNCATE_EVERY, Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.store import Store, StoreBusy, VersionConflict, Writes, record

SERVICE = Service(name="web", url="http://127.0.0.1:1/", interval=15.0)


def ruleset(**document: object) -> Ruleset:
    return build_ruleset(Settings.model_validate({"web_app_url": "http://127.0.0.1:1", **document}), [SERVICE])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        yield store


def probe(clock: FakeClock, state: ServiceState = ServiceState.UP, attempt: int = 1) -> Collected:
    down = state is ServiceState.DOWN
    result = ProbeResult(
        service="web",
        timestamp=clock.now(),
        state=state,
        interval=15.0,
        response_time_ms=None if down else 12.0,
        error_class=ErrorClass.CONNECT_REFUSED if down else None,
        error="connection refused" if down else None,
        attempt=attempt,
    )
    return Collected(result, clock.instant())


def outage(clock: FakeClock) -> list[Collected]:
    items = []
    for attempt in (1, 2, 3):
        items.append(probe(clock, ServiceState.DOWN, attempt))
        clock.advance(1)
    return items


def open_states(store: Store) -> dict[str, AlertState]:
    with store.read() as reads:
        return {episode.rule_id: episode.state for episode in reads.alerts.open()}


def test_samples_episode_and_sign_of_life_are_stored_together(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    host = HostSample(timestamp=clock.now(), cpu_usage=1.0, memory_usage=2.0, disk_usage=3.0)
    recorder.write([*outage(clock), HostReading(host, clock.instant())])
    with store.read() as reads:
        assert reads.services.statuses()["web"].state is ServiceState.DOWN
        assert reads.host.sample() is not None
        monitor = reads.monitor.sign_of_life()
        (episode,) = reads.alerts.open()
    assert episode.state is AlertState.FIRING
    assert monitor is not None
    assert monitor.last_cycle_at == clock.now()
    assert recorder.open_subjects == {"web"}


def test_the_sign_of_life_stands_still_while_results_wait_and_not_while_none_is_due(
    store: Store, clock: FakeClock
) -> None:
    def alive_at() -> datetime:
        with store.read() as reads:
            row = reads.monitor.sign_of_life()
        assert row is not None
        return row.last_cycle_at

    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([probe(clock)])
    clock.advance(200)
    recorder.write([])
    assert alive_at() == clock.now(), "nothing was due"
    waiting_since = clock.now()
    clock.advance(40)
    host = HostSample(timestamp=clock.now(), cpu_usage=1.0, memory_usage=2.0, disk_usage=3.0)
    recorder.write([HostReading(host, clock.instant())], waiting_since)
    assert alive_at() == waiting_since
    recorder.write([probe(clock)])
    assert alive_at() == clock.now()


def test_good_results_write_no_alert(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    for _ in range(10):
        recorder.write([probe(clock)])
        clock.advance(15)
    assert open_states(store) == {}
    assert recorder.open_subjects == frozenset()


def test_the_log_has_a_line_for_each_transition_and_each_change_of_state(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    with caplog.at_level(logging.INFO, logger="amt_console.monitor"):
        recorder.write([probe(clock)])
        assert caplog.messages == []
        recorder.write([probe(clock, ServiceState.DOWN, attempt) for attempt in (1, 2, 3)])
        clock.advance(15)
        recorder.write([probe(clock), probe(clock)])
    assert caplog.messages[0] == "service web is down, was up: connection refused"
    told = [line.split(":")[0] for line in caplog.messages if line.startswith("alert 1 ")]
    assert told == ["alert 1 opened", "alert 1 fired", "alert 1 recovering", "alert 1 resolved"]
    assert "service web is up, was down" in caplog.messages
    assert [record.levelname for record in caplog.records if " fired" in record.message] == ["WARNING"]


def test_what_people_do_between_two_batches_is_kept(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write(outage(clock))
    with store.transaction(durable=True) as writes:
        (episode,) = writes.alerts.open()
        taken = acted(episode, Acknowledge(1), clock, "ben").episode
        assert taken is not None
        record(writes, EpisodeChange(taken))
    recorder.write([probe(clock)])
    with store.read() as reads:
        (episode,) = reads.alerts.open()
    assert (episode.state, episode.acknowledged_by) == (AlertState.RECOVERING, "ben")


def test_an_alert_that_was_closed_by_hand_starts_anew_if_it_is_still_bad(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write(outage(clock))
    with store.transaction(durable=True) as writes:
        (before,) = writes.alerts.open()
        closed = acted(before, Close(1), clock, "ben")
        assert closed.episode is not None
        record(writes, EpisodeChange(closed.episode, closed.events))
    clock.advance(15)
    recorder.write([probe(clock, ServiceState.DOWN)])
    with store.read() as reads:
        (now,) = reads.alerts.open()
    assert now.id != before.id
    assert now.state is AlertState.PENDING
    assert now.previous_episode_id == before.id


class ConflictingStore:
    """A store in which somebody else is quicker for the first few times, as another process on a server can be."""

    def __init__(self, store: Store, times: int) -> None:
        self._store = store
        self.times = times

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Writes]:
        if self.times:
            self.times -= 1
            raise VersionConflict("Alert 1 was changed by somebody else in the meantime.")
        return self._store.transaction(durable=durable)


@pytest.mark.parametrize(("times", "works"), [(1, True), (4, True), (5, False)])
def test_a_conflict_is_read_again_and_stepped_again(store: Store, clock: FakeClock, times: int, works: bool) -> None:
    recorder = Recorder(store=ConflictingStore(store, times), ruleset=ruleset(), clock=clock)  # type: ignore[arg-type]
    items = outage(clock)
    if works:
        recorder.write(items)
        assert open_states(store) == {"service_down": AlertState.FIRING}
    else:
        with pytest.raises(StoreBusy):
            recorder.write(items)


def test_what_cannot_be_stored_is_evaluated_in_memory_and_again_when_it_can(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([probe(clock)])
    items = outage(clock)
    recorder.preview(items[:2])
    recorder.preview(items[2:])
    (unsaved,) = recorder.unsaved
    assert unsaved.state is AlertState.FIRING
    assert open_states(store) == {}
    recorder.write(items)
    assert recorder.unsaved == ()
    assert open_states(store) == {"service_down": AlertState.FIRING}


def test_a_new_ruleset_closes_what_it_does_not_watch(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write(outage(clock))
    recorder.configure(replace(ruleset(), targets=()))
    recorder.write([])
    assert open_states(store) == {}


def test_a_gap_is_stored_and_holds_open_alerts(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write(outage(clock))
    start = clock.now()
    clock.suspend(3600)
    recorder.write([Pause(Gap(start, clock.now(), GapReason.SUSPENDED), clock.instant())])
    with store.read() as reads:
        assert [gap.reason for gap in reads.monitor.gaps(start, clock.now())] == [GapReason.SUSPENDED]
        (down,) = [episode for episode in reads.alerts.open() if episode.rule_id == "service_down"]
    assert down.stale
    assert down.state is AlertState.FIRING


@pytest.mark.slow
def test_many_failures_in_an_hour_raise_the_error_rate(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    for index in range(60):
        recorder.write([probe(clock, ServiceState.DOWN if index % 4 == 0 else ServiceState.UP)])
        clock.advance(15)
    with store.read() as reads:
        rate = next(episode for episode in reads.alerts.open() if episode.rule_id == "error_rate")
    assert rate.state is AlertState.FIRING
    assert rate.value == pytest.approx(25.0, abs=3.0)


def test_a_configured_window_looks_at_its_own_time(store: Store, clock: FakeClock) -> None:
    rule = {
        "name": "slow",
        "signal": "response_time",
        "window": "5m",
        "aggregate": "mean",
        "above": 10,
        "fail": 1,
        "recover": 1,
    }
    recorder = Recorder(store=store, ruleset=ruleset(rules=[rule]), clock=clock)
    for _ in range(5):
        recorder.write([probe(clock)])
        clock.advance(15)
    with store.read() as reads:
        (slow,) = [episode for episode in reads.alerts.open() if episode.rule_id == "slow"]
    assert slow.value == pytest.approx(12.0, rel=0.01)
    assert slow.state is AlertState.FIRING


class WatchedStore:
    """A store that notes its checkpoints, or refuses them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.checkpoints: list[bool] = []
        self.refuses = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def checkpoint(self, *, truncate: bool) -> None:
        self.checkpoints.append(truncate)
        if self.refuses:
            raise StoreBusy("Busy.")


def test_the_log_of_the_database_is_moved_each_minute_and_cut_each_hour(store: Store, clock: FakeClock) -> None:
    watched = WatchedStore(store)
    recorder = Recorder(store=watched, ruleset=ruleset(), clock=clock)  # type: ignore[arg-type]
    clock.advance(CHECKPOINT_EVERY - 1)
    recorder.write([probe(clock)])
    assert watched.checkpoints == []
    clock.advance(1)
    recorder.write([probe(clock)])
    recorder.write([probe(clock)])
    assert watched.checkpoints == [False]
    clock.advance(CHECKPOINT_EVERY)
    recorder.checkpoint()
    assert watched.checkpoints == [False, False]
    clock.advance(TRUNCATE_EVERY - 2 * CHECKPOINT_EVERY)
    recorder.checkpoint()
    recorder.checkpoint()
    assert watched.checkpoints == [False, False, True]
    recorder.checkpoint(force=True)
    clock.advance(TRUNCATE_EVERY - 1)
    recorder.checkpoint()
    clock.advance(1)
    recorder.checkpoint()
    assert watched.checkpoints[3:] == [True, False, True]


def test_a_checkpoint_that_fails_loses_nothing_and_is_told(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    watched = WatchedStore(store)
    watched.refuses = True
    recorder = Recorder(store=watched, ruleset=ruleset(), clock=clock)  # type: ignore[arg-type]
    recorder.checkpoint(force=True)
    assert caplog.messages == ["The write-ahead log could not be moved into the database: Busy."]
    clock.advance(1)
    recorder.checkpoint()
    assert watched.checkpoints == [True], "it is tried again in its time"


def gaps(store: Store, clock: FakeClock) -> list[tuple[datetime, datetime, GapReason]]:
    with store.read() as reads:
        found = reads.monitor.gaps(clock.now() - timedelta(days=2), clock.now())
    return [(gap.started_at, gap.ended_at, gap.reason) for gap in found]


@pytest.mark.parametrize("continuous", [True, False])
def test_the_time_between_two_monitors_is_a_gap_if_the_second_one_stays(
    store: Store, clock: FakeClock, continuous: bool
) -> None:
    Recorder(store=store, ruleset=ruleset(), clock=clock).write(outage(clock))
    stopped = clock.now()
    clock.advance(3600)
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock, continuous=continuous)
    started = clock.now()
    clock.advance(5)
    recorder.write([])
    assert gaps(store, clock) == ([(stopped, started, GapReason.STOPPED)] if continuous else [])
    recorder.write([])
    assert len(gaps(store, clock)) == continuous, "once"
    with store.read() as reads:
        (down,) = [episode for episode in reads.alerts.open() if episode.rule_id == "service_down"]
    assert down.stale is continuous


@pytest.mark.slow
def test_the_time_between_two_monitors_is_a_gap_although_all_was_well(store: Store, clock: FakeClock) -> None:
    Recorder(store=store, ruleset=ruleset(), clock=clock).write([probe(clock)])
    stopped = clock.now()
    clock.advance(3600)
    Recorder(store=store, ruleset=ruleset(), clock=clock).write([probe(clock)])
    assert gaps(store, clock) == [(stopped, clock.now(), GapReason.STOPPED)]


def test_what_cannot_be_stored_from_the_start_is_evaluated_in_memory(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.preview(outage(clock))
    assert [episode.state for episode in recorder.unsaved] == [AlertState.FIRING]


def test_a_gap_is_measured_by_what_is_probed_most_often(store: Store, clock: FakeClock) -> None:
    targets = [SERVICE, replace(SERVICE, name="slow", interval=3600.0)]
    rules = build_ruleset(Settings.model_validate({"web_app_url": "http://127.0.0.1:1"}), targets)
    Recorder(store=store, ruleset=rules, clock=clock).write([probe(clock)])
    clock.advance(600)
    Recorder(store=store, ruleset=rules, clock=clock).write([])
    assert [reason for _, _, reason in gaps(store, clock)] == [GapReason.STOPPED]


def test_the_alert_of_a_gap_ends_while_the_monitor_works(store: Store, clock: FakeClock) -> None:
    Recorder(store=store, ruleset=ruleset(), clock=clock).write([probe(clock)])
    clock.advance(3600)
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([])
    assert "monitor" in open_states(store)
    for _ in range(2):
        clock.advance(1000)
        recorder.write([])
    assert "monitor" not in open_states(store)


def test_a_quick_restart_is_no_gap_and_holds_what_was_pending(store: Store, clock: FakeClock) -> None:
    Recorder(store=store, ruleset=ruleset(), clock=clock).write(outage(clock)[:2])
    stopped = clock.now()
    clock.advance(2)
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([])
    assert gaps(store, clock) == []
    with store.read() as reads:
        (down,) = reads.alerts.open()
    assert (down.stale, down.bad_count) == (True, 2)
    assert down.stale_since is not None
    assert down.stale_since.wall == stopped


@pytest.mark.slow
def test_after_a_restart_with_a_clock_that_was_set_back_no_time_has_passed(store: Store, clock: FakeClock) -> None:
    Recorder(store=store, ruleset=ruleset(), clock=clock).write(outage(clock)[:2])
    clock.step_wall(-100)
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([])
    with store.read() as reads:
        (down,) = reads.alerts.open()
    assert down.stale_since == clock.instant()


def test_relayed_results_are_dropped_once_they_are_stored(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[list[int]] = []
    monkeypatch.setattr(Writes, "drop_relayed", lambda _writes, numbers: dropped.append(list(numbers)))
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([replace(probe(clock), relayed=7), probe(clock)])
    assert dropped == [[7]]


def test_a_new_alert_names_the_one_that_ended_before_the_restart(store: Store, clock: FakeClock) -> None:
    first = Recorder(store=store, ruleset=ruleset(), clock=clock)
    first.write(outage(clock))
    first.write([probe(clock), probe(clock)])
    with store.read() as reads:
        assert reads.alerts.open() == []
    clock.advance(60)
    Recorder(store=store, ruleset=ruleset(), clock=clock).write(outage(clock))
    with store.read() as reads:
        (again,) = [episode for episode in reads.alerts.open() if episode.rule_id == "service_down"]
    assert again.previous_episode_id == 1


def test_the_heartbeat_tells_which_process_it_is(store: Store, clock: FakeClock) -> None:
    started = clock.now()
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    clock.advance(10)
    recorder.write([])
    with store.read() as reads:
        row = reads.monitor.sign_of_life()
    assert row is not None
    assert (row.host, row.pid, row.started_at) == (socket.gethostname(), os.getpid(), started)


def test_a_late_result_changes_no_state_in_the_log(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    with caplog.at_level(logging.INFO, logger="amt_console.monitor"):
        recorder.write([replace(probe(clock, ServiceState.DOWN), late=True)])
        assert [line for line in caplog.messages if line.startswith("service")] == []
        recorder.write([probe(clock, ServiceState.DOWN)])
        recorder.write([probe(clock, ServiceState.DOWN, attempt=2)])
        recorder.write([probe(clock, ServiceState.DEGRADED)])
        recorder.write([probe(clock)])
    lines = [(each.levelname, each.message) for each in caplog.records if each.message.startswith("service")]
    assert lines == [
        ("WARNING", "service web is down, was up: connection refused"),
        ("WARNING", "service web is degraded, was down"),
        ("INFO", "service web is up, was degraded"),
    ]


def test_a_conflict_is_told(store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(store=ConflictingStore(store, 1), ruleset=ruleset(), clock=clock)  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO, logger="amt_console.monitor"):
        recorder.write(outage(clock))
    assert any("evaluated again: Alert 1 was changed" in line for line in caplog.messages)


class DurabilityStore(WatchedStore):
    """A store that notes which transactions were durable."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.durable: list[bool] = []

    def transaction(self, *, durable: bool = False) -> AbstractContextManager[Writes]:
        self.durable.append(durable)
        return self._store.transaction(durable=durable)


def test_the_first_batch_and_each_change_of_an_alert_are_durable_and_nothing_else(
    store: Store, clock: FakeClock
) -> None:
    watched = DurabilityStore(store)
    recorder = Recorder(store=watched, ruleset=ruleset(), clock=clock)  # type: ignore[arg-type]
    recorder.write([probe(clock)])
    recorder.write([probe(clock)])
    recorder.write([probe(clock, ServiceState.DOWN)])
    assert watched.durable == [True, False, True]


def test_a_change_that_a_person_brought_about_is_written_again_durably(store: Store, clock: FakeClock) -> None:
    watched = DurabilityStore(store)
    recorder = Recorder(store=watched, ruleset=ruleset(), clock=clock)  # type: ignore[arg-type]
    recorder.write(outage(clock))
    recorder.write([probe(clock, ServiceState.DOWN)])
    with store.transaction(durable=True) as writes:
        (before,) = writes.alerts.open()
        closed = acted(before, Close(1), clock, "ben")
        assert closed.episode is not None
        record(writes, EpisodeChange(closed.episode, closed.events))
    del watched.durable[:]
    recorder.write([probe(clock, ServiceState.DOWN)])
    assert watched.durable == [False, True]


def test_a_new_ruleset_is_used_from_the_next_batch_on(store: Store, clock: FakeClock) -> None:
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write(outage(clock))
    assert recorder.open_subjects == {"web"}
    recorder.configure(replace(ruleset(), targets=()))
    recorder.write([])
    assert recorder.open_subjects == frozenset()
    with store.read() as reads:
        assert [episode.subject for episode in reads.alerts.open()] == []


def test_figures_are_stored(store: Store, clock: FakeClock) -> None:
    figures = BusinessFigures(FigureKind.REVENUE, clock.now(), {"mrr": Figure(7.0)})
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    recorder.write([FigureReading(figures, clock.instant())])
    with store.read() as reads:
        assert reads.figures.newest()[FigureKind.REVENUE].figures["mrr"].value == 7.0


def test_only_an_alert_that_fires_and_does_not_just_inform_is_a_warning_in_the_log(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    Recorder(store=store, ruleset=ruleset(), clock=clock).write([probe(clock)])
    clock.advance(3600)
    recorder = Recorder(store=store, ruleset=ruleset(), clock=clock)
    with caplog.at_level(logging.INFO, logger="amt_console.monitor"):
        recorder.write([])
        recorder.write(outage(clock))
    told = [(each.message.split(":")[0], each.levelname) for each in caplog.records if each.message.startswith("alert")]
    assert told == [
        ("alert 1 opened", "INFO"),
        ("alert 1 fired", "INFO"),
        ("alert 1 recovering", "INFO"),
        ("alert 2 opened", "INFO"),
        ("alert 2 fired", "WARNING"),
    ]
