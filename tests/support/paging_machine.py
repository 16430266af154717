"""One alert under everything that can happen to its messages, with the guarantees that must hold after each step.

The guarantees are written from the specification, with counters of their own, and not from the planner.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.alerting import SUBJECT, two_tier_rule
from support.planning import Paged, policies

from amt_console.alerts import AlertConflict, Verdict, replay, resume, told
from amt_console.clock import FakeClock
from amt_console.model import Acknowledge, AlertState, AlertType, Close, Episode, Severity, Unacknowledge
from amt_console.model.notifications import NoticeKind, Stage
from amt_console.model.policy import MaintenanceWindow, NotifyTimes, Silence

LEVEL_DELAYS = (0.0, 600.0, 1200.0)
REMINDER = 1800.0
PAGES = frozenset(kind for kind in NoticeKind if kind.pages) - {NoticeKind.REMINDER}


class PagingMachine(RuleBasedStateMachine):
    """Observations, people, suppressions, restarts and clocks, in any order."""

    @initialize(
        fail=st.integers(1, 3), recover=st.integers(1, 2), for_seconds=st.sampled_from([0.0, 25.0]), every=st.just(10.0)
    )
    def begin(self, fail: int, recover: int, for_seconds: float, every: float) -> None:
        times = NotifyTimes(reminder=REMINDER)
        # Flapping has tests of its own; here it would excuse every missing page.
        self.base = policies(times=times, depends_on={SUBJECT: ("db",)}, intervals={SUBJECT: 1e-3, "db": 10.0})
        chosen = two_tier_rule(fail=fail, recover=recover, for_seconds=for_seconds, reopen_window=0.0)
        self.key = Paged(self.base, chosen)
        self.silenced_until: datetime | None = None
        self.work_until: datetime | None = None
        self.seen = 0
        self.bad_run = 0
        self.was_held = False
        self.catch_ups_due = 0

    # --- what happens -------------------------------------------------------------------------------------------------

    @rule(verdict=st.sampled_from(list(Verdict)), pause=st.sampled_from([0.0, 1.0, 10.0]))
    def observe(self, verdict: Verdict, pause: float) -> None:
        self._expire()
        self.key.every = 0.0
        before = self.key.episode
        if verdict is not Verdict.NO_DATA:
            self.bad_run = self.bad_run + 1 if verdict.bad else 0
        self.key.feed(verdict)
        fired = self.key.episode is not None and "fired" in self._new_events(before)
        if fired:
            assert self.bad_run >= self.key.rule.fail, "2: fired only after enough consecutive fresh bad observations"
        if verdict is Verdict.NO_DATA and before is not None and self.key.episode is not None:
            assert before.state is self.key.now.state, "19: no data ends and begins nothing"
        self._check()
        self._pass(pause)

    @rule(seconds=st.sampled_from([700.0, 1500.0]))
    def sleep(self, seconds: float) -> None:
        """Nobody looks for a while: the machine was suspended."""
        self.key.clock.advance(seconds)
        self._pass(0.0)

    @rule(seconds=st.sampled_from([30.0, 300.0, 601.0, 1201.0, 2000.0]))
    def wait(self, seconds: float) -> None:
        self._pass(seconds)

    @precondition(lambda self: self.open is not None)
    @rule(actor=st.sampled_from(["ada", "grace", "bob"]), length=st.sampled_from([None, 900.0, 4000.0]))
    def acknowledge(self, actor: str, length: float | None) -> None:
        self._expire()
        version = self.key.now.version
        before = self.key.now
        try:
            self.key.act(Acknowledge(1, expected_version=version), actor)
        except AlertConflict:
            assert self.key.now == before, "9: a refused action changes nothing"
            return
        if length is not None:
            until = self.key.clock.now() + timedelta(seconds=length)
            self.key.episode = replace(self.key.now, acknowledged_until=until)
            alert_id = self.key.now.id or 0
            last = self.key.events[alert_id][-1]
            self.key.events[alert_id][-1] = replace(last, detail={**last.detail, "until": until.isoformat()})
            self.key.stored[alert_id] = self.key.now
        try:
            self.key.act(Acknowledge(1, expected_version=version), "bob")
        except AlertConflict:
            pass
        else:
            raise AssertionError("9: a stale version is a conflict")
        self._check()

    @precondition(lambda self: self.open is not None and self.key.now.acknowledged_by is not None)
    @rule()
    def unacknowledge(self) -> None:
        self._expire()
        if self.key.now.acknowledged_by is not None:
            self.key.act(Unacknowledge(1), "grace")
            self._check()

    @precondition(lambda self: self.open is not None)
    @rule()
    def close(self) -> None:
        self._expire()
        self.key.act(Close(1), "grace")
        self.bad_run = 0
        self._check()

    @rule(seconds=st.sampled_from([200.0, 3000.0]))
    def silence(self, seconds: float) -> None:
        self._expire()
        self.silenced_until = self.key.clock.now() + timedelta(seconds=seconds)
        self._policies()

    @rule(seconds=st.sampled_from([200.0, 3000.0]))
    def maintain(self, seconds: float) -> None:
        self._expire()
        self.work_until = self.key.clock.now() + timedelta(seconds=seconds)
        self._policies()

    @rule()
    def end_the_silence(self) -> None:
        self._expire()
        self.silenced_until = None
        self._policies()
        self._pass(0.0)

    @rule(state=st.sampled_from([AlertState.PENDING, AlertState.FIRING]))
    def dependency_fails(self, state: AlertState) -> None:
        self._expire()
        episode = self.open
        opened = self.key.clock.now() if episode is None else episode.opened_at
        self.key.others = [
            Episode("database", "db", AlertType.DATABASE, Severity.CRITICAL, "db is down", state, opened, id=99)
        ]

    @rule()
    def dependency_recovers(self) -> None:
        self._expire()
        self.key.others = []
        self._pass(0.0)

    @precondition(lambda self: self.open is not None)
    @rule(gap=st.sampled_from([5.0, 4000.0]), reboot=st.booleans())
    def restart(self, gap: float, reboot: bool) -> None:
        self._expire()
        old = self.key.clock
        if reboot:
            self.key.clock = FakeClock(wall=old.now() + timedelta(seconds=gap), boot_id=old.instant().boot_id + "'")
        else:
            old.advance(gap)
        sent = len(self.key.outbox)
        self._expire()
        if self.open is not None:
            self.key.save(resume(self.key.now, at=self.key.clock.instant(), gap_seconds=gap, interval=10.0))
            if self.key.now.bad_count == 0:
                self.bad_run = 0
        pages = {(entry.channel, entry.kind) for entry in self.key.outbox[sent:] if entry.kind in PAGES}
        assert len(pages) <= 1, "a restart tells of an alert at most once"
        self._check()

    # --- what must hold -----------------------------------------------------------------------------------------------

    @property
    def open(self) -> Episode | None:
        episode = self.key.episode if hasattr(self, "key") else None
        return episode if episode is not None and episode.open else None

    @property
    def held(self) -> bool:
        """Whether a person's or the configuration's suppression is running."""
        now = self.key.clock.now()
        return any(until is not None and now < until for until in (self.silenced_until, self.work_until))

    @property
    def follows(self) -> bool:
        return any(other.state is AlertState.FIRING for other in self.key.others)

    def _new_events(self, before: Episode | None) -> list[str]:
        kinds = self.key.told
        seen = 0 if before is None or before.id != self.key.now.id else self._event_count
        return kinds[seen:]

    def _pass(self, seconds: float) -> None:
        left = seconds
        while True:
            self._event_count = len(self.key.told) if self.key.episode is not None else 0
            self._expire()
            self.key.look()
            self._check()
            if left <= 0:
                return
            step = min(left, 60.0)
            self.key.clock.advance(step)
            left -= step

    def _expire(self) -> None:
        self._event_count = len(self.key.told) if self.key.episode is not None else 0

    def _policies(self) -> None:
        now = self.key.clock.now()
        silences = () if self.silenced_until is None else (Silence("x", self.silenced_until, "1", services=(SUBJECT,)),)
        work = (
            ()
            if self.work_until is None
            else (MaintenanceWindow("w", (SUBJECT,), starts_at=now - timedelta(days=1), ends_at=self.work_until),)
        )
        self.key.policies = replace(self.base, silences=silences, maintenance=work)

    def _check(self) -> None:
        new, self.seen = self.key.outbox[self.seen :], len(self.key.outbox)
        episode = self.key.now if self.key.episode is not None else None
        for entry in new:
            assert episode is not None
            assert entry.notice is not None
            if entry.kind in PAGES:
                assert not self.held, "8: no page while suppressed"
                assert not self.follows, "8: no page of a follower"
                assert episode.acknowledged_by is None, "8: no page while acknowledged"
                assert episode.state is AlertState.FIRING, "a page tells of a firing alert"
                assert episode.severity is not Severity.INFO
                if entry.kind is NoticeKind.ESCALATED:
                    assert entry.receiver in {receiver.name for receiver in episode.paging.told}
        pages = [entry for entry in new if entry.kind in PAGES]
        assert len({entry.receiver for entry in pages}) == len(pages), "one page per receiver and look"
        assert len(pages) <= 1, "of several due levels only the highest is told"
        again = self.key.outbox[:]
        plan = self.key.look()
        assert plan is None or not plan.changed, "10: twice at one instant is once"
        assert again == self.key.outbox
        if (now := self.open) is not None and now.acknowledged_until is not None:
            assert self.key.clock.now() < now.acknowledged_until, "an acknowledgement ends at its time"
        self._must_be_told()

    def _must_be_told(self) -> None:
        """No page is forgotten: a firing alert without an owner or a suppression was told, up to the level due."""
        episode = self.open
        if episode is None or episode.state is not AlertState.FIRING or episode.severity is Severity.INFO:
            return
        if self.held or self.follows or episode.acknowledged_by is not None:
            return
        waits = any(other.state is AlertState.PENDING for other in self.key.others)
        base = episode.paging.base
        assert base is not None
        released = episode.paging.released
        if released is not None and self.key.clock.instant().seconds_since(released) <= 15.01:
            return
        if waits and not episode.paging.settled and self.key.clock.instant().seconds_since(base) <= 15.0:
            return
        assert episode.paging.told, "a firing alert without a reason to be held was told"
        elapsed = self.key.clock.instant().seconds_since(base)
        assert episode.escalation_level == sum(delay <= elapsed for delay in LEVEL_DELAYS), "the level that is due"

    @invariant()
    def messages_are_unique(self) -> None:
        """5."""
        if hasattr(self, "key"):
            keys = [
                (entry.notice.alert_id, entry.notice.version, entry.kind, entry.channel)
                for entry in self.key.outbox
                if entry.notice is not None
            ]
            assert len(set(keys)) == len(keys)

    @invariant()
    def the_end_is_told_to_whom_the_beginning_was_told(self) -> None:
        """6 and 3."""
        told_of: dict[int, set[str]] = {}
        ended: dict[int, list[str]] = {}
        for entry in self.key.outbox if hasattr(self, "key") else []:
            assert entry.notice is not None
            alert_id = entry.notice.alert_id or 0
            if entry.kind is NoticeKind.RESOLVED:
                assert entry.channel in told_of.get(alert_id, set()), "6: resolved only after a page"
                ended.setdefault(alert_id, []).append(entry.channel)
            else:
                assert alert_id not in ended, "nothing after the end"
                if entry.kind in PAGES:
                    told_of.setdefault(alert_id, set()).add(entry.channel)
        for alert_id, episode in self.key.stored.items() if hasattr(self, "key") else ():
            if episode.state is AlertState.RESOLVED and alert_id in told_of:
                assert sorted(ended.get(alert_id, [])) == sorted(told_of[alert_id]), "each told channel once"

    @invariant()
    def reminders_keep_their_distance(self) -> None:
        """14."""
        last: dict[tuple[int, str], datetime] = {}
        for entry in self.key.outbox if hasattr(self, "key") else []:
            assert entry.notice is not None
            key = (entry.notice.alert_id, entry.receiver)
            if entry.kind is NoticeKind.REMINDER and "acknowledgement ends" not in entry.reason:
                if key in last:
                    assert (entry.created_at - last[key]).total_seconds() >= REMINDER
                last[key] = entry.created_at

    @invariant()
    def the_events_tell_the_state(self) -> None:
        """4."""
        for alert_id, events in self.key.events.items() if hasattr(self, "key") else ():
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert replay(events) == told(self.key.stored[alert_id])

    @invariant()
    def what_is_held_has_a_reason(self) -> None:
        """Every suppression that is running now was stored as a decision."""
        episode = self.open
        if episode is not None and episode.paging.held is not None:
            stage = Stage(episode.paging.held.partition(":")[0])
            assert any(decision.stage is stage for decision in self.key.decisions)
