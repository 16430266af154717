"""After a step back of the clock, an episode's times stay in order and are marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import Verdict, in_order
from amt_console.alerts.lifecycle.transition import Transition
from amt_console.model import AlertEvent, AlertState, Episode

OK, CRIT = Verdict.OK, Verdict.CRITICAL


@pytest.mark.parametrize("bad_before", [1, 3, 5])
def test_times_stay_in_order_and_are_marked(bad_before: int) -> None:
    key = Key(two_tier_rule())
    key.feed(*[CRIT] * bad_before)
    key.clock.step_wall(-3600)
    key.feed(*[CRIT] * 3, OK, OK)
    episode = key.now
    assert episode.state is AlertState.RESOLVED
    assert episode.fired_at is not None
    assert episode.resolved_at is not None
    assert episode.opened_at <= episode.fired_at <= episode.resolved_at
    assert episode.resolved_at - episode.opened_at == timedelta(seconds=episode.duration_seconds or 0)
    events = key.events[episode.id or 0]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert "set back" in events[-1].detail["clock"]


def test_without_a_step_nothing_is_marked() -> None:
    key = Key(two_tier_rule())
    key.feed(*[CRIT] * 3, OK, OK)
    assert all("clock" not in event.detail for event in key.events[key.now.id or 0])


def fired() -> tuple[Episode, tuple[AlertEvent, ...]]:
    """A firing episode with its event of the transition."""
    key = Key(two_tier_rule())
    key.feed(*[CRIT] * 3)
    return key.now, tuple(event for event in key.events[1] if event.kind == "fired")


def test_events_after_the_stored_ones_stay_as_they_are() -> None:
    episode, events = fired()
    for last in (None, events[0].at, events[0].at - timedelta(seconds=1)):
        assert in_order(episode, events, last) == (episode, events)


def test_events_before_the_stored_ones_move_to_their_end_with_the_times_of_the_episode() -> None:
    episode, events = fired()
    at, last = events[0].at, events[0].at + timedelta(minutes=5)
    later = replace(events[0], at=last, kind="severity")
    marked = replace(events[0], detail={"why": "x"})
    episode = replace(episode, acknowledged_at=at, resolved_at=later.at)
    moved, (first, second) = in_order(episode, (marked, later), last)
    assert (moved.fired_at, moved.acknowledged_at, moved.resolved_at) == (last, last, later.at)
    assert moved.opened_at == episode.opened_at
    assert first.at == last
    assert first.detail == {"why": "x", "clock": f"set back: this was {at:%Y-%m-%d %H:%M:%S} UTC by the clock"}
    assert second == later


def test_the_time_of_a_transition_is_the_clocks_unless_that_was_set_back() -> None:
    key = Key(two_tier_rule())
    key.feed(*[CRIT] * 3)
    episode, fired_at = key.now, key.now.fired_at
    assert fired_at is not None
    assert fired_at > episode.opened_at
    key.clock.step_wall(7200)
    assert Transition(episode, key.clock.instant()).wall == key.clock.now(), "a step forward is the time"
    exactly = replace(key.clock.instant(), wall=fired_at)
    assert Transition(episode, exactly).wall == fired_at
    key.clock.step_wall(-14_400)
    elapsed = timedelta(seconds=30)
    assert Transition(episode, key.clock.instant()).wall == episode.opened_at + elapsed
    unknown = replace(episode, began=None)
    assert Transition(unknown, key.clock.instant()).wall == fired_at
    assert Transition(replace(unknown, fired_at=None), key.clock.instant()).wall == episode.opened_at
