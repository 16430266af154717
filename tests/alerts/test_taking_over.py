"""Claim, hand off, snooze, rate and undo: what changes, what the events say, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import AlertConflict, RoleTooLow, Scene, Verdict, handle, replay, told
from amt_console.model import (
    Acknowledge,
    Action,
    AlertAction,
    AlertState,
    AlertView,
    Claim,
    Close,
    Handoff,
    Note,
    Rating,
    Role,
    Snooze,
    Unacknowledge,
    Undo,
    UndoLast,
)
from amt_console.model.policy import NotifyTimes, Person, Policies

OK, WARN, CRIT = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL


@pytest.fixture
def key() -> Key:
    firing = Key(two_tier_rule())
    firing.feed(*[CRIT] * 3)
    return firing


def holds(key: Key) -> None:
    """The events alone tell the handling."""
    assert replay(key.events[1]) == told(key.now)


def ask(key: Key, action: Action[AlertView], **scene: object) -> None:
    """Whether the handler takes it; nothing is stored."""
    handle(action, Scene("ann", key.clock.instant(), key.now, **scene))  # type: ignore[arg-type]


class TestHowLongItHolds:
    def test_four_hours_by_default(self, key: Key) -> None:
        at = key.clock.now()
        key.act(Acknowledge(1))
        assert key.now.acknowledged_until == at + timedelta(hours=4)
        assert key.events[1][-1].detail["until"] == (at + timedelta(hours=4)).isoformat()
        holds(key)

    def test_as_long_as_the_configuration_says(self, key: Key) -> None:
        policies = Policies(times=NotifyTimes(acknowledgement=60))
        outcome = handle(Acknowledge(1), Scene("ann", key.clock.instant(), key.now, policies=policies))
        assert outcome.step is not None
        assert outcome.step.episode is not None
        assert outcome.step.episode.acknowledged_until == key.clock.now() + timedelta(minutes=1)

    def test_as_long_as_the_person_says(self, key: Key) -> None:
        at = key.clock.now()
        key.act(Acknowledge(1, None, 7200))
        assert key.now.acknowledged_until == at + timedelta(hours=2)

    @pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e12])
    @pytest.mark.parametrize("kind", [Acknowledge, Claim, Snooze])
    def test_refuses_what_is_no_length_of_time(self, key: Key, kind: type, seconds: float) -> None:
        with pytest.raises(ValueError, match="must last more than 0 seconds"):
            ask(key, kind(1, for_=seconds))

    def test_an_operator_holds_messages_back_for_a_day_at_most(self, key: Key) -> None:
        for action in (Snooze(1, 86401), Acknowledge(1, for_=86401)):
            with pytest.raises(RoleTooLow, match="The role operator holds messages back for at most"):
                ask(key, action, role=Role.OPERATOR)
            ask(key, action, role=Role.ADMIN)
        ask(key, Snooze(1, 86400), role=Role.OPERATOR)
        ask(key, Snooze(1, until_recovery=True), role=Role.OPERATOR)


class TestClaiming:
    def test_a_free_alert_is_acknowledged(self, key: Key) -> None:
        key.act(Claim(1, "mine"), "bob")
        assert (key.now.acknowledged_by, key.now.note, key.told[-1]) == ("bob", "mine", "acknowledged")
        assert "from" not in key.events[1][-1].detail

    def test_takes_it_from_whoever_has_it(self, key: Key) -> None:
        key.act(Acknowledge(1, "ann's words"))
        key.act(Claim(1), "bob")
        event = key.events[1][-1]
        assert (key.now.acknowledged_by, key.now.note) == ("bob", "ann's words")
        assert (event.message, event.detail["from"]) == ("taken over by bob from ann", "ann")
        holds(key)

    def test_ones_own_lasts_longer(self, key: Key) -> None:
        key.act(Acknowledge(1))
        key.clock.advance(3600)
        key.act(Claim(1))
        assert key.now.acknowledged_until == key.now.acknowledged_at + timedelta(hours=4)  # type: ignore[operator]
        assert key.events[1][-1].message == "acknowledged longer by ann"
        assert "from" not in key.events[1][-1].detail

    def test_of_two_who_looked_at_the_same_version_one_gets_it(self, key: Key) -> None:
        seen = key.now.version
        key.act(Claim(1, expected_version=seen))
        with pytest.raises(AlertConflict, match="changed meanwhile"):
            key.act(Claim(1, expected_version=seen), "bob")


class TestHandingOff:
    @pytest.mark.parametrize("owner", [None, "ann", "cleo"])
    def test_somebody_else_has_it_from_now_on(self, key: Key, owner: str | None) -> None:
        if owner is not None:
            key.act(Acknowledge(1), owner)
        key.act(Handoff(1, "bob", "the queue again"))
        event = key.events[1][-1]
        assert (key.now.acknowledged_by, key.now.note) == ("bob", "the queue again")
        assert (event.kind, event.actor, event.detail["owner"], event.detail.get("from")) == (
            "acknowledged",
            "ann",
            "bob",
            owner,
        )
        holds(key)

    def test_not_to_the_one_who_has_it(self, key: Key) -> None:
        key.act(Acknowledge(1), "bob")
        with pytest.raises(AlertConflict, match="is bob's already"):
            key.act(Handoff(1, "bob"))

    def test_only_to_people_of_the_configuration_where_it_names_any(self, key: Key) -> None:
        ben = Person("ben", accounts=("benj", "token:ben-laptop"))
        policies = Policies(people={"ben": ben, "ada": Person("ada")})
        for name in ("ben", "ada", "benj", "token:ben-laptop"):
            ask(key, Handoff(1, name), policies=policies)
        with pytest.raises(LookupError, match=r"nobody in oncall.people is called 'bne'; did you mean ben"):
            ask(key, Handoff(1, "bne"), policies=policies)
        with pytest.raises(ValueError, match="Name the person"):
            ask(key, Handoff(1, "  "))


class TestSnoozing:
    def test_for_a_while_beside_the_owner(self, key: Key) -> None:
        key.act(Acknowledge(1), "bob")
        at = key.clock.now()
        key.act(Snooze(1, 900, note="after lunch"))
        assert (key.now.snoozed_by, key.now.snoozed_until) == ("ann", at + timedelta(minutes=15))
        assert (key.now.acknowledged_by, key.now.note) == ("bob", "after lunch")
        holds(key)

    def test_until_recovery(self, key: Key) -> None:
        key.act(Snooze(1, until_recovery=True))
        assert (key.now.snoozed_by, key.now.snoozed_until) == ("ann", None)
        assert key.events[1][-1].message == "snoozed by ann until it recovers"
        holds(key)

    @pytest.mark.parametrize("action", [Snooze(1), Snooze(1, 60, until_recovery=True)])
    def test_needs_one_end(self, key: Key, action: Snooze) -> None:
        with pytest.raises(ValueError, match="one of the two"):
            key.act(action)

    def test_a_snooze_without_a_note_keeps_the_note(self, key: Key) -> None:
        key.act(Acknowledge(1, note="on it"))
        key.act(Snooze(1, 900))
        assert key.now.note == "on it"
        holds(key)

    def test_what_gets_worse_is_no_longer_snoozed(self) -> None:
        key = Key(two_tier_rule())
        key.feed(*[WARN] * 3)
        key.act(Snooze(1, until_recovery=True))
        key.feed(*[CRIT] * 3)
        assert (key.now.snoozed_by, key.told[-1]) == (None, "snooze_ended")
        holds(key)

    def test_unacknowledging_ends_it(self, key: Key) -> None:
        key.act(Acknowledge(1))
        key.act(Snooze(1, 900))
        key.act(Unacknowledge(1), "bob")
        assert (key.now.acknowledged_by, key.now.snoozed_by) == (None, None)
        assert key.told[-2:] == ["unacknowledged", "snooze_ended"]
        holds(key)

    def test_taking_it_ends_it(self, key: Key) -> None:
        key.act(Snooze(1, 900))
        key.act(Acknowledge(1), "bob")
        assert (key.now.acknowledged_by, key.now.snoozed_by) == ("bob", None)
        holds(key)


class TestRating:
    def test_when_closing(self, key: Key) -> None:
        key.act(Close(1, "nothing", Rating.NOISE))
        assert (key.now.state, key.now.rating, key.now.note) == (AlertState.RESOLVED, Rating.NOISE, "nothing")
        assert key.told[-2:] == ["resolved", "rated"]
        assert key.events[1][-1].message == f"rated {key.now.rating} by ann"
        holds(key)

    def test_what_has_ended_is_rated_only(self, key: Key) -> None:
        key.feed(OK, OK)
        ended = key.now.resolved_at
        key.act(Close(1, "worth it", Rating.ACTIONABLE), "bob")
        assert (key.now.resolved_at, key.now.rating, key.now.note) == (ended, Rating.ACTIONABLE, "worth it")
        assert key.told[-2:] == ["resolved", "rated"]
        holds(key)
        with pytest.raises(AlertConflict, match="has resolved"):
            key.act(Close(1, "again"))


def undo(key: Key, actor: str = "ann") -> None:
    key.act(Undo(1), actor)


class TestUndoing:
    @pytest.mark.parametrize(
        "action",
        [
            Acknowledge(1, "x"),
            Claim(1, "x"),
            Handoff(1, "bob"),
            Snooze(1, 60, note="x"),
            Snooze(1, until_recovery=True),
            Note(1, "other"),
        ],
    )
    @pytest.mark.parametrize("before", [(), (Snooze(1, 60, note="first"),)])
    def test_restores_what_was_before(self, key: Key, action: AlertAction, before: tuple[AlertAction, ...]) -> None:
        for each in before:
            key.act(each, "cleo")
        was = told(key.now)
        key.clock.advance(3)
        key.act(action)
        assert told(key.now) != was
        key.clock.advance(3)
        undo(key)
        assert told(key.now) == was
        assert key.events[1][-1].actor == "ann"
        holds(key)

    def test_an_owner_comes_back_with_the_time_left(self, key: Key) -> None:
        key.act(Acknowledge(1, for_=7200), "bob")
        key.act(Snooze(1, 600), "bob")
        was = told(key.now)
        key.clock.advance(5)
        key.act(Unacknowledge(1))
        key.clock.advance(5)
        undo(key)
        assert told(key.now) == was
        holds(key)

    def test_the_condition_stays_as_it_has_become(self, key: Key) -> None:
        key.act(Acknowledge(1))
        key.feed(OK)
        undo(key)
        assert (key.now.state, key.now.acknowledged_by) == (AlertState.RECOVERING, None)
        holds(key)

    def test_a_rating_of_an_ended_alert(self, key: Key) -> None:
        key.act(Note(1, "first"), "bob")
        key.feed(OK, OK)
        key.act(Close(1, "second", Rating.NOISE))
        undo(key)
        assert (key.now.rating, key.now.note) == (None, "first")
        holds(key)

    def test_only_ones_own(self, key: Key) -> None:
        key.act(Acknowledge(1))
        key.act(Note(1, "look at the queue"), "bob")
        with pytest.raises(AlertConflict, match="the last action is bob's"):
            undo(key)

    def test_only_once(self, key: Key) -> None:
        key.act(Acknowledge(1))
        undo(key)
        with pytest.raises(AlertConflict, match="undone already"):
            undo(key)

    def test_only_at_the_version_that_was_seen_where_one_is_named(self, key: Key) -> None:
        key.act(Acknowledge(1))
        with pytest.raises(AlertConflict, match="changed meanwhile"):
            key.act(Undo(1, expected_version=key.now.version - 1))
        step = handle(UndoLast(), Scene("ann", key.clock.instant(), key.now, events=tuple(key.events[1]))).step
        assert step is not None
        assert step.episode is not None
        assert step.episode.acknowledged_by is None
        key.act(Undo(1, expected_version=key.now.version))
        assert key.now.acknowledged_by is None

    def test_nothing_was_done(self, key: Key) -> None:
        with pytest.raises(AlertConflict, match="nobody has done anything"):
            undo(key)

    def test_what_ended_by_itself_stands(self) -> None:
        key = Key(two_tier_rule())
        key.feed(*[WARN] * 3)
        key.act(Acknowledge(1))
        key.feed(*[CRIT] * 3)
        with pytest.raises(AlertConflict, match="changed since: worse than what ann acknowledged"):
            undo(key)

    def test_closed_stays_closed(self, key: Key) -> None:
        key.act(Close(1))
        with pytest.raises(AlertConflict, match="is closed and stays so"):
            undo(key)

    def test_an_ended_alert_gets_no_other_owner(self, key: Key) -> None:
        key.act(Acknowledge(1))
        key.feed(OK, OK)
        with pytest.raises(AlertConflict, match="has resolved"):
            undo(key)


@pytest.mark.parametrize("action", [Claim(1), Handoff(1, "bob"), Snooze(1, 60)])
def test_neither_pending_nor_ended_alerts_are_for_taking(action: AlertAction) -> None:
    key = Key(two_tier_rule())
    key.feed(CRIT)
    with pytest.raises(AlertConflict, match="not confirmed yet"):
        key.act(action)
    key.feed(CRIT, CRIT, OK, OK)
    with pytest.raises(AlertConflict, match="has resolved"):
        key.act(action)


@pytest.mark.parametrize("action", [Claim, Snooze])
def test_a_stale_version_is_a_conflict(key: Key, action: type) -> None:
    with pytest.raises(AlertConflict, match="changed meanwhile"):
        ask(key, action(1, for_=60, expected_version=0))
