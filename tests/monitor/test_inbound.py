"""What comes in from outside opens and ends alerts in a real engine, across restarts and crashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.monitored import Monitored, monitored, settings
from support.stores import lay_out

from amt_console.alerts import Staleness
from amt_console.clock import FakeClock, SystemClock
from amt_console.config import ConfigError
from amt_console.model import AlertState, AlertType, Episode, Gap, GapReason, Severity
from amt_console.model.inbound import (
    EXTERNAL_PREFIX,
    ExternalAlert,
    Heartbeat,
    HeartbeatRecord,
    HeartbeatState,
    Ping,
    PingKind,
)
from amt_console.monitor.evaluation import Evaluator
from amt_console.monitor.inbound.jobs import HeartbeatJobs
from amt_console.monitor.inbound.others import KEPT_FOR_CRITICAL, MOST_OPEN, OthersAlerts
from amt_console.monitor.ledger import Ledger
from amt_console.monitor.ruleset import build_ruleset
from amt_console.operations.inbox import MOST_WAITING, Inbox
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import UnavailableError
from amt_console.store import Store

CLOCK = SystemClock()
JOB = {"name": "backup", "key": "k-backup-0123456789", "period": "1h", "grace": "1h", "severity": "warning"}
DOCUMENT: dict[str, Any] = {"services": [], "heartbeats": [JOB]}


def inbox_of(monitor: Monitored, document: dict[str, Any] = DOCUMENT) -> Inbox:
    return Inbox(settings(document), monitor.store, CLOCK, on_arrival=monitor.engine.look_inbound)


def ping(kind: PingKind = PingKind.SUCCESS, **more: Any) -> Ping:
    return Ping("backup", kind, CLOCK.now(), **more)


def external(firing: bool = True, **more: Any) -> ExternalAlert:
    base = ExternalAlert("generic", "id-1", firing, "checkout", Severity.CRITICAL, "it burns", CLOCK.now())
    return replace(base, **more)


@pytest.mark.slow
def test_a_failing_job_is_an_alert_with_its_output_and_its_next_success_ends_it(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        inbox = inbox_of(monitor)
        inbox.take_ping(ping(PingKind.FAIL, exit_code=3, output="no space left"))
        alert = monitor.episode("heartbeat", "backup", AlertState.FIRING)
        assert (alert.alert_type, alert.severity) == (AlertType.HEARTBEAT, Severity.WARNING)
        assert alert.message == "backup: failed with exit code 3"
        with monitor.store.read() as reads:
            assert alert.id is not None
            assert reads.alerts.answers([alert.id], None)[alert.id].text == "no space left"
        inbox.take_ping(ping(exit_code=0))
        assert monitor.episode("heartbeat", "backup", AlertState.RESOLVED).id == alert.id
        with monitor.store.read() as reads:
            record = reads.inbound.heartbeats(["backup"])["backup"]
            assert (record.failed, record.last_exit_code) == (False, 0)
            assert reads.inbound.arrivals.waiting() == 0


@pytest.mark.slow
def test_others_write_while_a_large_message_is_evaluated(tmp_path: Path) -> None:
    many = [external(fingerprint=f"{number}", severity=Severity.WARNING) for number in range(400)]
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        with Store.open(monitor.url, clock=CLOCK, keys=monitor.store.keys) as other:
            Inbox(settings(DOCUMENT), other, CLOCK).take_alerts(many)
            monitor.wait(lambda reads: 0 < reads.inbound.arrivals.waiting() < len(many))
            with other.transaction(durable=True) as writes:
                assert writes.inbound.arrivals.waiting(), "it had to wait until all of it was evaluated"
        monitor.wait(lambda reads: not reads.inbound.arrivals.waiting())
        with monitor.store.read() as reads:
            assert sum(each.subject == "checkout" for each in reads.alerts.open()) == len(many)


def test_what_came_in_before_a_crash_is_evaluated_by_the_next_monitor(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    lay_out(path)
    with Store.open(f"sqlite:///{path}", clock=CLOCK) as store:
        inbox = Inbox(settings(DOCUMENT), store, CLOCK)
        inbox.take_ping(ping(PingKind.FAIL))
        assert inbox.take_alerts([external()])
    with monitored(path, DOCUMENT) as monitor:
        monitor.episode("heartbeat", "backup", AlertState.FIRING)
        alert = monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.FIRING)
        assert (alert.alert_type, alert.severity, alert.message) == (
            AlertType.EXTERNAL,
            Severity.CRITICAL,
            "it burns",
        )


@pytest.mark.slow
def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    path, start = tmp_path / "monitoring.db", CLOCK.now()
    with monitored(path, DOCUMENT) as monitor:
        inbox = inbox_of(monitor)
        inbox.take_alerts([external(started_at=start), external(started_at=start, fingerprint="over")])
        monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.FIRING)
        inbox.take_alerts([external(False, started_at=start, fingerprint="over")])
        over = monitor.episode(f"{EXTERNAL_PREFIX}generic/over", "checkout", AlertState.RESOLVED)
    with monitored(path, DOCUMENT) as monitor:
        inbox = inbox_of(monitor)
        inbox.take_alerts([external(started_at=start, fingerprint="over")])
        monitor.wait(lambda reads: not reads.inbound.arrivals.waiting())
        assert monitor.episode(f"{EXTERNAL_PREFIX}generic/over", "checkout", AlertState.RESOLVED).id == over.id
        inbox.take_alerts([external(False, started_at=start)])
        ended = monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.RESOLVED)
        inbox.take_alerts([external(started_at=start)])
        monitor.wait(lambda reads: not reads.inbound.arrivals.waiting())
        again = monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.RESOLVED)
        assert again.id == ended.id, "a copy of old news opens nothing"
        inbox.take_alerts([external()])
        new = monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.FIRING)
        assert new.id != ended.id
        assert new.previous_episode_id == ended.id


@pytest.mark.slow
def test_a_job_that_is_not_watched_any_more_ends_its_alert(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with monitored(path, DOCUMENT) as monitor:
        inbox_of(monitor).take_ping(ping(PingKind.FAIL))
        alert = monitor.episode("heartbeat", "backup", AlertState.FIRING)
    with monitored(path, {"services": []}) as monitor:
        assert monitor.episode("heartbeat", "backup", AlertState.RESOLVED).id == alert.id


def test_an_alert_of_others_is_held_over_a_gap_and_never_ended_by_a_reload(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        inbox = inbox_of(monitor)
        inbox.take_alerts([external()])
        alert = monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.FIRING)
        monitor.engine.reload(settings({"services": []}))
        inbox.take_alerts([external(fingerprint="id-2")])
        monitor.episode(f"{EXTERNAL_PREFIX}generic/id-2", "checkout", AlertState.FIRING)
        still = monitor.episode(f"{EXTERNAL_PREFIX}generic/id-1", "checkout", AlertState.FIRING)
        assert (still.id, still.stale) == (alert.id, False)


@pytest.mark.slow
def test_the_snapshot_shows_the_jobs_now_and_in_the_past(tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", DOCUMENT) as monitor:
        operations = LocalOperations(
            store=monitor.store, store_url=monitor.url, settings=settings(DOCUMENT), targets=(), clock=CLOCK
        )
        (new,) = operations.snapshot().heartbeats
        assert (new.state, new.last_ping_at) == (HeartbeatState.NEW, None)
        first = ping(output="done")
        inbox = inbox_of(monitor)
        inbox.take_ping(first)
        monitor.wait(lambda reads: reads.inbound.heartbeats(["backup"]))
        second = ping(PingKind.FAIL, exit_code=9)
        inbox.take_ping(second)
        monitor.episode("heartbeat", "backup", AlertState.FIRING)
        (now,) = operations.snapshot(CLOCK.now()).heartbeats
        (then,) = operations.snapshot(first.at + (second.at - first.at) / 2).heartbeats
        (before,) = operations.snapshot(first.at - timedelta(seconds=1)).heartbeats
        assert [each.state for each in (before, then, now)] == ["new", "up", "down"]
        assert (now.last_exit_code, now.last_ping_at) == (9, second.at)
        assert (then.last_exit_code, then.last_ping_at) == (None, first.at)


@pytest.mark.parametrize(("rule", "kind"), [("heartbeat", "heartbeat"), ("external/generic/id-1", "external")])
def test_a_gap_of_the_monitor_leaves_what_was_told_as_it_is(rule: str, kind: str) -> None:
    clock = FakeClock()
    told = Episode(
        rule, "backup", AlertType(kind), Severity.WARNING, "m", AlertState.FIRING, clock.now(), id=1, bad_count=1
    )
    measured = replace(told, rule_id="service_down", alert_type=AlertType.SERVICE_DOWN, id=2)
    ledger = Ledger([told, measured])
    Evaluator(build_ruleset(settings(DOCUMENT), ())).resume(ledger, seconds=3600.0, at=clock.instant())
    assert [change.episode.id for change in ledger.changes] == [2]


class TestInbox:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        lay_out(tmp_path / "monitoring.db")
        with Store.open(f"sqlite:///{tmp_path / 'monitoring.db'}", clock=CLOCK) as store:
            yield store

    def test_a_key_names_its_job(self, store: Store) -> None:
        inbox = Inbox(settings(DOCUMENT), store, CLOCK)
        assert inbox.heartbeat_of("k-backup-0123456789") == "backup"
        for wrong in ("", "k-backup", "K-BACKUP-0123456789", "k-backup-0123456789 ", "\ud800"):
            assert inbox.heartbeat_of(wrong) is None

    def test_a_signed_message_is_taken_once(self, store: Store) -> None:
        inbox = Inbox(settings(DOCUMENT), store, CLOCK)
        assert inbox.take_alerts([external()], "msg-1")
        assert not inbox.take_alerts([external()], "msg-1")
        assert inbox.take_alerts([external()], "msg-2")
        with store.read() as reads:
            assert reads.inbound.arrivals.waiting() == 2

    def test_too_much_that_waits_is_refused_whole(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        assert MOST_WAITING >= 1000
        monkeypatch.setattr("amt_console.operations.inbox.MOST_WAITING", 2)
        inbox = Inbox(settings(DOCUMENT), store, CLOCK)
        with pytest.raises(UnavailableError):
            inbox.take_alerts([external()] * 3, "msg-1")
        assert inbox.take_alerts([external()] * 2, "msg-1"), "what was refused may be sent again"
        inbox.take_ping(ping())
        with pytest.raises(UnavailableError):
            inbox.take_ping(ping())

    def test_it_is_on_disk_before_the_sender_is_answered(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        inbox, asked = Inbox(settings(DOCUMENT), store, CLOCK), list[bool]()
        begin = store.transaction

        def noting(*, durable: bool = False, simulated: bool = False) -> Any:
            asked.append(durable)
            return begin(durable=durable, simulated=simulated)

        monkeypatch.setattr(store, "transaction", noting)
        inbox.take_ping(ping())
        inbox.take_alerts([external()])
        assert asked == [True, True]

    def test_two_jobs_with_one_key_are_refused(self, store: Store) -> None:
        twice = {"services": [], "heartbeats": [JOB, {**JOB, "name": "other"}]}
        with pytest.raises(ConfigError, match="also the key of backup"):
            Inbox(settings(twice), store, CLOCK)

    def test_a_bad_configuration_keeps_the_one_in_use(self, store: Store) -> None:
        inbox = Inbox(settings(DOCUMENT), store, CLOCK)
        with pytest.raises(ConfigError):
            inbox.use(settings({"services": [], "heartbeats": [{**JOB, "key": "${NO_SUCH_VARIABLE}"}]}))
        assert inbox.heartbeat_of("k-backup-0123456789") == "backup"

    def test_the_output_of_a_job_is_encrypted_on_its_way(self, tmp_path: Path) -> None:
        with monitored(tmp_path / "other.db", {"services": []}) as monitor:
            inbox_of(monitor).take_ping(ping(output="the word swordfish"))
        for file in tmp_path.glob("other.db*"):
            if file.is_file():
                assert b"swordfish" not in file.read_bytes()


HOURLY = Heartbeat("sync", period=3600.0, grace=600.0)


class TestJobs:
    """The watch over jobs, with a clock that moves when told."""

    def jobs(self, clock: FakeClock) -> HeartbeatJobs:
        jobs = HeartbeatJobs([HOURLY])
        jobs.recall({"sync": HeartbeatRecord("sync", last_ping_at=clock.now())}, ())
        return jobs

    def states(self, jobs: HeartbeatJobs, clock: FakeClock) -> list[str]:
        return [reading.status.state for reading in jobs.due(clock.instant())]

    def test_each_change_that_time_brings_is_told_once(self) -> None:
        clock = FakeClock()
        jobs = self.jobs(clock)
        assert self.states(jobs, clock) == ["up"]
        told = []
        for _ in range(80):
            clock.advance(60.0)
            told += self.states(jobs, clock)
        assert told == ["late", "down"]

    def test_a_gap_that_is_found_late_takes_back_nothing_that_a_job_said(self) -> None:
        clock = FakeClock()
        jobs = self.jobs(clock)
        clock.advance(3000.0)
        jobs.paused(
            Gap(clock.now() - timedelta(seconds=900), clock.now() + timedelta(seconds=900), GapReason.SUSPENDED)
        )
        clock.advance(1800.0)
        assert self.states(jobs, clock) == ["up"]
        clock.advance(3600.0)
        assert self.states(jobs, clock) == ["down"]

    def test_a_report_of_a_job_that_nobody_watches_means_nothing(self) -> None:
        clock = FakeClock()
        jobs = self.jobs(clock)
        assert jobs.take(Ping("unknown", PingKind.SUCCESS, clock.now()), clock.instant()) is None


class TestOthers:
    def alert(
        self, clock: FakeClock, number: int, firing: bool = True, severity: Severity = Severity.WARNING
    ) -> ExternalAlert:
        return ExternalAlert(
            "alertmanager", f"{number:x}", firing, "s", severity, "m", clock.now() - timedelta(hours=1)
        )

    def test_a_flood_of_warnings_leaves_room_for_critical_ones(self) -> None:
        clock = FakeClock()
        others = OthersAlerts(Staleness())
        for number in range(2 * MOST_OPEN):
            others.take(self.alert(clock, number), clock.instant())
        assert (others.open, others.refused) == (MOST_OPEN - KEPT_FOR_CRITICAL, MOST_OPEN + KEPT_FOR_CRITICAL)
        for number in range(2 * MOST_OPEN, 3 * MOST_OPEN):
            others.take(self.alert(clock, number, severity=Severity.CRITICAL), clock.instant())
        assert others.open == MOST_OPEN

    def test_no_more_than_a_bounded_number_is_open(self) -> None:
        clock = FakeClock()
        others = OthersAlerts(Staleness())
        take: Callable[[ExternalAlert], object] = lambda alert: others.take(alert, clock.instant())  # noqa: E731
        assert all(take(self.alert(clock, number)) for number in range(MOST_OPEN - KEPT_FOR_CRITICAL))
        assert take(self.alert(clock, MOST_OPEN)) is None
        assert others.refused == 1
        assert take(self.alert(clock, 5)) is not None, "one that is open is told of again"
        assert take(self.alert(clock, 7, firing=False)) is not None
        assert others.refused == 0
        assert take(self.alert(clock, MOST_OPEN)) is not None

    def test_what_is_not_told_of_again_grows_stale_then_ends(self) -> None:
        clock = FakeClock()
        others = OthersAlerts(Staleness(60.0, 600.0))
        others.take(self.alert(clock, 1), clock.instant())
        seen = []
        for _ in range(20):
            clock.advance(59.0)
            seen += [
                (reading.observation.verdict.value, reading.record.firing) for reading in others.due(clock.instant())
            ]
        assert seen == [("no_data", True), ("ok", False)]
