"""The guarantees of the lifecycle, held under arbitrary sequences of observations, actions, gaps and clock steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from support.alerting import Key, two_tier_rule
from support.thoroughness import times

from amt_console.alerts import (
    AlertConflict,
    Rule,
    Step,
    Verdict,
    default_rules,
    replay,
    resume,
    retire,
    step,
    told,
)
from amt_console.clock import FakeClock
from amt_console.model import (
    Acknowledge,
    AlertAction,
    AlertState,
    Claim,
    Close,
    Episode,
    Handoff,
    Service,
    Severity,
    Snooze,
    Unacknowledge,
    Undo,
)

pytestmark = pytest.mark.slow

VERDICTS = st.sampled_from(list(Verdict))
RULES = st.builds(
    two_tier_rule,
    fail=st.integers(1, 4),
    for_seconds=st.sampled_from([0.0, 5.0, 25.0]),
    recover=st.integers(1, 3),
    keep_firing_for=st.sampled_from([0.0, 15.0]),
)
HANDLING = (
    Acknowledge(1),
    Claim(1, "mine"),
    Handoff(1, "cleo"),
    Unacknowledge(1),
    Snooze(1, 60),
    Snooze(1, until_recovery=True),
    Undo(1),
)
CONDITION = ("state", "severity", "bad_count", "critical_count", "warning_count", "ok_count", "bad_since", "ok_since")


def condition(episode: Episode) -> tuple[object, ...]:
    return tuple(getattr(episode, name) for name in CONDITION)


class Lifecycle(RuleBasedStateMachine):
    """One key that sees everything that can happen to it."""

    looked_at = Bundle("looked_at")

    @initialize(chosen=RULES)
    def begin(self, chosen: Rule) -> None:
        self.key = Key(chosen)
        self.bad_run = 0
        self.critical_run = 0
        self.good_run = 0
        self.all_good = True

    @property
    def open(self) -> Episode | None:
        episode = getattr(self, "key", None) and self.key.episode
        return episode if episode is not None and episode.open else None

    @rule(verdict=VERDICTS, pause=st.sampled_from([0.1, 1.0, 10.0, 400.0]))
    def observe(self, verdict: Verdict, pause: float) -> None:
        before = self.key.episode
        self.key.every = pause
        known = {alert_id: len(events) for alert_id, events in self.key.events.items()}
        self._count(verdict)
        done = self.key.feed(verdict)
        new = [event for i, events in self.key.events.items() for event in events[known.get(i, 0) :]]
        for event in new:
            if event.kind == "fired":
                assert self.bad_run >= self.key.rule.fail, "2: fired only after enough consecutive bad observations"
                if event.severity is Severity.CRITICAL:
                    assert self.critical_run >= self.key.rule.fail, "2: critical only when every one was critical"
            if event.kind == "resolved":
                assert self.good_run >= self.key.rule.recover, "resolved only after enough good observations"
        if verdict is Verdict.NO_DATA:
            self._no_data_froze(before, done)
        if not self.all_good or verdict not in (Verdict.OK, Verdict.NO_DATA):
            self.all_good = False
        else:
            assert self.key.writes == 0, "15: an all-good stream writes no alert row"

    def _count(self, verdict: Verdict) -> None:
        if verdict is Verdict.NO_DATA:
            return
        self.bad_run = self.bad_run + 1 if verdict.bad else 0
        self.critical_run = self.critical_run + 1 if verdict is Verdict.CRITICAL else 0
        self.good_run = 0 if verdict.bad else self.good_run + 1

    @staticmethod
    def _no_data_froze(before: Episode | None, done: Step) -> None:
        if before is None:
            assert done.episode is None, "2: no data opens nothing"
            return
        assert done.episode is not None
        assert condition(before) == condition(done.episode), "2, 19: no data neither advances, resets nor resolves"

    @precondition(lambda self: self.open is not None)
    @rule(target=looked_at)
    def look(self) -> int:
        return self.key.now.version

    @precondition(lambda self: self.key.episode is not None)
    @rule(seen=looked_at, action=st.sampled_from(HANDLING), actor=st.sampled_from(["ann", "bob"]))
    def handle(self, seen: int, action: AlertAction, actor: str) -> None:
        before = self.key.now
        try:
            self.key.act(replace(action, expected_version=seen), actor)
        except AlertConflict:
            assert self.key.now == before
        else:
            assert seen == before.version, "9: a stale version is a conflict"
            assert before.open, "17: a resolved alert cannot be handled"
            assert condition(before) == condition(self.key.now), "9: handling never changes the condition"

    @precondition(lambda self: self.open is not None)
    @rule(actor=st.sampled_from(["ann", "bob"]))
    def close_by_hand(self, actor: str) -> None:
        self.key.act(Close(1), actor)
        self._new_life()

    @precondition(lambda self: self.open is not None)
    @rule()
    def remove_the_rule(self) -> None:
        self.key.save(retire(self.key.now, at=self.key.clock.instant()))
        self._new_life()
        assert not retire(self.key.now, at=self.key.clock.instant()).changed, "10: twice is once"

    @precondition(lambda self: self.open is not None)
    @rule(gap=st.sampled_from([5.0, 20.0, 21.0, 4000.0]), reboot=st.booleans())
    def lose_time(self, gap: float, reboot: bool) -> None:
        before = self.key.now
        self.key.clock.advance(gap)
        if reboot:
            self._reboot()
        self.key.save(resume(self.key.now, at=self.key.clock.instant(), gap_seconds=gap, interval=10.0))
        assert self.key.now.state is before.state, "19: a gap alone ends nothing"
        assert self.key.now.stale
        if self.key.now.bad_count == 0:
            self.bad_run = self.critical_run = 0
        again = resume(self.key.now, at=self.key.clock.instant(), gap_seconds=gap, interval=10.0)
        assert not again.changed, "10: twice at one instant is once"

    def _reboot(self) -> None:
        old = self.key.clock.instant()
        self.key.clock = FakeClock(wall=old.wall, boot_id=old.boot_id + "'")

    @rule(seconds=st.sampled_from([-7200.0, -1.0, 1.0, 7200.0]))
    def step_the_wall_clock(self, seconds: float) -> None:
        episode = self.key.episode
        self.key.clock.step_wall(seconds)
        assert self.key.episode == episode

    def _new_life(self) -> None:
        self.bad_run = self.critical_run = 0

    @invariant()
    def at_most_one_episode_is_open(self) -> None:
        """1."""
        if hasattr(self, "key"):
            assert sum(episode.open for episode in self.key.stored.values()) <= 1

    @invariant()
    def an_episode_fires_and_resolves_at_most_once_and_resolves_only_after_firing(self) -> None:
        """3."""
        for alert_id, events in getattr(self, "key", Key(two_tier_rule())).events.items():
            kinds = [event.kind for event in events]
            assert kinds.count("opened") == 1
            assert kinds.count("fired") <= 1
            assert kinds.count("resolved") + kinds.count("cleared") <= 1
            assert kinds.count("fired") == (self.key.stored[alert_id].fired_at is not None)
            if "resolved" in kinds:
                assert "fired" in kinds
            if "cleared" in kinds:
                assert "fired" not in kinds

    @invariant()
    def the_events_tell_the_state(self) -> None:
        """4."""
        for alert_id, events in getattr(self, "key", Key(two_tier_rule())).events.items():
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert replay(events) == told(self.key.stored[alert_id])


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=times(80, 1500), stateful_step_count=40)

STREAMS = st.lists(st.tuples(VERDICTS, st.sampled_from([1.0, 10.0])), max_size=40)


@given(chosen=RULES, stream=STREAMS)
@settings(max_examples=150)
def test_11_steps_of_the_wall_clock_change_nothing_but_what_people_read(
    chosen: Rule, stream: list[tuple[Verdict, float]]
) -> None:
    still, stepped = Key(chosen), Key(chosen)
    for index, (verdict, pause) in enumerate(stream):
        for key in (still, stepped):
            key.every = pause
            key.feed(verdict)
        stepped.clock.step_wall(3600.0 if index % 2 else -5400.0)
    assert _without_wall(still) == _without_wall(stepped)
    assert {i: [e.kind for e in es] for i, es in still.events.items()} == {
        i: [e.kind for e in es] for i, es in stepped.events.items()
    }


def _without_wall(key: Key) -> list[Episode]:
    epoch = key.clock.now().min.replace(tzinfo=key.clock.now().tzinfo)

    def still(moment: datetime | None) -> datetime | None:
        return None if moment is None else epoch

    return [
        replace(
            episode,
            opened_at=epoch,
            fired_at=still(episode.fired_at),
            resolved_at=still(episode.resolved_at),
            began=episode.began and replace(episode.began, wall=epoch),
            bad_since=episode.bad_since and replace(episode.bad_since, wall=epoch),
            ok_since=episode.ok_since and replace(episode.ok_since, wall=epoch),
            stale_since=episode.stale_since and replace(episode.stale_since, wall=epoch),
        )
        for episode in key.stored.values()
    ]


@given(
    chosen=RULES,
    streams=st.lists(st.lists(VERDICTS, min_size=1, max_size=15), min_size=2, max_size=4),
    random=st.randoms(use_true_random=False),
)
@settings(max_examples=100)
def test_18_the_order_of_results_of_different_targets_does_not_matter(
    chosen: Rule, streams: list[list[Verdict]], random: object
) -> None:
    def outcome(turns: list[int]) -> list[list[str]]:
        """The end of each target when their results are worked up in this order; each has its own times."""
        keys = [Key(chosen, subject=f"service-{number}") for number in range(len(streams))]
        left = [iter(stream) for stream in streams]
        for turn in turns:
            keys[turn].feed(next(left[turn]))
        return [[repr(episode) for episode in key.stored.values()] for key in keys]

    one_by_one = [number for number, stream in enumerate(streams) for _ in stream]
    mixed = list(one_by_one)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert outcome(one_by_one) == outcome(mixed)


@given(verdicts=st.lists(st.sampled_from([Verdict.OK, Verdict.NO_DATA]), max_size=50), chosen=RULES)
def test_15_a_stream_without_a_fault_writes_no_row(verdicts: list[Verdict], chosen: Rule) -> None:
    key = Key(chosen)
    key.feed(*verdicts)
    assert key.writes == 0


@given(chosen=RULES, stream=STREAMS)
@settings(max_examples=100)
def test_20_reloading_identical_rules_changes_nothing(chosen: Rule, stream: list[tuple[Verdict, float]]) -> None:
    kept, reloaded = Key(chosen), Key(chosen)
    for verdict, pause in stream:
        reloaded.rule = replace(chosen)
        for key in (kept, reloaded):
            key.every = pause
            key.feed(verdict)
    assert kept.stored == reloaded.stored
    assert kept.writes == reloaded.writes


def test_20_the_default_rules_are_equal_each_time_they_are_built() -> None:
    targets = [Service(name="web-app", url="http://127.0.0.1/", runbook="https://wiki.example/web")]
    assert default_rules(targets=targets) == default_rules(targets=targets)


@given(chosen=RULES, verdicts=st.lists(VERDICTS, min_size=1, max_size=30))
@settings(max_examples=200)
def test_steady_states_settle(chosen: Rule, verdicts: list[Verdict]) -> None:
    """Whatever happened, the same observation for ever ends in writing nothing: counters are bounded."""
    key = Key(replace(chosen, for_seconds=0.0, keep_firing_for=0.0))
    key.feed(*verdicts)
    for verdict in Verdict:
        key.feed(*[verdict] * 10)
        writes = key.writes
        key.feed(*[verdict] * 10)
        assert key.writes == writes


@given(chosen=RULES, verdicts=st.lists(VERDICTS, max_size=30))
@settings(max_examples=100)
def test_times_within_an_episode_are_in_order(chosen: Rule, verdicts: list[Verdict]) -> None:
    key = Key(chosen)
    key.feed(*verdicts)
    for episode in key.stored.values():
        times = [episode.opened_at, episode.fired_at or episode.opened_at]
        times.append(episode.resolved_at or times[-1])
        assert all(earlier <= later for earlier, later in pairwise(times))
        assert (episode.state is AlertState.RESOLVED) == (episode.resolution is not None)


@given(verdict=VERDICTS, chosen=RULES, others=st.lists(VERDICTS, max_size=10))
def test_a_step_does_not_change_what_it_was_given(verdict: Verdict, chosen: Rule, others: list[Verdict]) -> None:
    key = Key(chosen)
    key.feed(*others)
    before = repr(key.episode)
    observation = key.observation(verdict)
    first = step(key.episode, observation, chosen)
    assert repr(key.episode) == before
    assert step(key.episode, observation, chosen) == first
