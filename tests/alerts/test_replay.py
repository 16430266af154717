"""Folding an episode's events."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import Verdict, as_of, replay, retire, told
from amt_console.model import Acknowledge, AlertState, Close, Note, Resolution


def a_whole_life() -> Key:
    key = Key(two_tier_rule())
    key.feed(*[Verdict.WARNING] * 3)
    key.act(Acknowledge(1, "looking"), "ann")
    key.feed(*[Verdict.CRITICAL] * 3)
    key.act(Acknowledge(1), "bob")
    key.act(Note(1, "the cache was cold"), "bob")
    key.feed(Verdict.OK, Verdict.NO_DATA, Verdict.CRITICAL, Verdict.WARNING, Verdict.WARNING, Verdict.OK, Verdict.OK)
    return key


def test_tells_the_whole_life() -> None:
    key = a_whole_life()
    assert replay(key.events[1]) == told(key.now)
    assert key.now.resolution is Resolution.RECOVERED
    assert replay(key.events[1]).note == "the cache was cold"


def test_tells_every_moment_of_it() -> None:
    events = a_whole_life().events[1]
    takers = [replay(events[:count]).acknowledged_by for count in range(1, len(events) + 1)]
    assert takers[0] is None
    assert takers.index("ann") < takers.index("bob")


def test_tells_since_when_and_until_when_there_was_no_fresh_data() -> None:
    opened = a_whole_life().events[1][0]
    told_of = [replay((opened, replace(opened, kind=kind))).stale for kind in ("stale", "fresh")]
    assert told_of == [True, False]


@pytest.mark.parametrize("fired", [True, False])
def test_tells_how_it_ended(fired: bool) -> None:
    for by_hand, resolution in ((True, Resolution.MANUAL), (False, Resolution.RULE_REMOVED)):
        key = Key(two_tier_rule())
        key.feed(*[Verdict.CRITICAL] * (3 if fired else 1))
        if by_hand:
            key.act(Close(1, "rule removed"))
        else:
            key.save(retire(key.now, at=key.clock.instant()))
        assert replay(key.events[1]).resolution is resolution
        assert replay(key.events[1]) == told(key.now)


def test_refuses_a_history_without_its_beginning() -> None:
    events = a_whole_life().events[1]
    with pytest.raises(ValueError, match="'opened'"):
        replay(events[1:])
    with pytest.raises(ValueError, match="at least one"):
        replay(())


def test_refuses_what_it_does_not_know() -> None:
    events = a_whole_life().events[1]
    with pytest.raises(ValueError, match="'mystery'"):
        replay((events[0], replace(events[1], kind="mystery")))


def test_an_episode_as_it_was_speaks_its_own_words() -> None:
    key = a_whole_life()
    events = key.events[1]
    acknowledged = next(event for event in events if event.kind == "acknowledged")
    then = as_of(key.now, events, acknowledged.at)
    assert (then.acknowledged_by, then.acknowledged_at, then.note) == ("ann", acknowledged.at, "looking")
    assert then.message == next(event.message for event in events if event.kind == "fired")
    assert (then.resolved_at, then.resolution, then.opened_at) == (None, None, key.now.opened_at)
    after = as_of(key.now, events, events[-1].at)
    assert told(after) == told(key.now)
    assert (after.message, after.value) == (key.now.message, key.now.value)


def test_an_episode_without_events_is_told_by_its_own_times() -> None:
    events = a_whole_life().events[1]
    key = a_whole_life()
    assert key.now.fired_at is not None
    assert key.now.resolved_at is not None
    before = as_of(key.now, (), key.now.fired_at - timedelta(microseconds=1))
    assert (before.state, before.fired_at, before.acknowledged_by) == (AlertState.PENDING, None, None)
    firing = as_of(key.now, (), key.now.resolved_at - timedelta(microseconds=1))
    assert (firing.state, firing.resolved_at, firing.fired_at) == (AlertState.FIRING, None, key.now.fired_at)
    assert as_of(key.now, (), events[-1].at).state is AlertState.RESOLVED


def test_an_episode_as_it_was_has_the_words_of_then_and_no_counters() -> None:
    key = Key(two_tier_rule())
    for number in (1, 2, 3):
        key.feed(Verdict.CRITICAL, message=f"bad {number}", value=1000.0 * number)
    fired_at = key.now.fired_at
    assert fired_at is not None
    key.feed(Verdict.CRITICAL, message="worse", value=9000.0)
    then = as_of(key.now, key.events[1], fired_at)
    assert (then.message, then.value) == ("bad 3", 3000.0)
    counters = (then.bad_count, then.critical_count, then.warning_count, then.ok_count, then.escalation_level)
    assert counters == (0, 0, 0, 0, 0)
    key.feed(Verdict.OK, Verdict.OK, message="good")
    ended = as_of(key.now, key.events[1], key.clock.now())
    assert (ended.state, ended.message, ended.value) == (AlertState.RESOLVED, "worse", 9000.0)


def test_a_note_stays_when_the_alert_is_closed_without_one() -> None:
    key = Key(two_tier_rule())
    key.feed(*[Verdict.CRITICAL] * 3)
    key.act(Note(1, "the cache was cold"))
    key.act(Close(1))
    assert replay(key.events[1]).note == "the cache was cold"
    assert replay(key.events[1]) == told(key.now)


def test_the_times_of_an_episode_without_events_count_from_their_moment_on() -> None:
    key = Key(two_tier_rule())
    key.feed(*[Verdict.CRITICAL] * 3)
    key.act(Acknowledge(1, "looking"), "ann")
    taken = key.now
    assert taken.fired_at is not None
    assert taken.acknowledged_at is not None
    at_fire = as_of(taken, (), taken.fired_at)
    assert (at_fire.fired_at, at_fire.acknowledged_by, at_fire.note) == (taken.fired_at, None, None)
    at_taking = as_of(taken, (), taken.acknowledged_at)
    assert (at_taking.acknowledged_by, at_taking.note) == ("ann", "looking")
    key.feed(Verdict.OK, Verdict.OK)
    firing = as_of(key.now, (), taken.acknowledged_at)
    assert (firing.state, firing.stale) == (AlertState.FIRING, False)
    pending = Key(two_tier_rule())
    pending.feed(Verdict.CRITICAL)
    assert as_of(pending.now, (), pending.clock.now()).state is AlertState.PENDING
