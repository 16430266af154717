"""Folding an episode's events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import Verdict, replay, retire, told
from amt_console.model import Acknowledge, Close, Note, Resolution


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
