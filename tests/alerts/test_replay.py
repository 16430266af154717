"""Folding an episode's events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import Verdict, acknowledge, add_note, close, replay, retire, told
from amt_console.model import Resolution


def a_whole_life() -> Key:
    key = Key(two_tier_rule())
    now = key.clock.instant
    key.feed(*[Verdict.WARNING] * 3)
    key.act(lambda e: acknowledge(e, actor="ann", now=now(), note="looking"))
    key.feed(*[Verdict.CRITICAL] * 3)
    key.act(lambda e: acknowledge(e, actor="bob", now=now()))
    key.act(lambda e: add_note(e, actor="bob", now=now(), note="the cache was cold"))
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
    for ending, resolution in (
        (lambda e, at: close(e, actor="ann", now=at, note="rule removed"), Resolution.MANUAL),
        (lambda e, at: retire(e, at=at), Resolution.RULE_REMOVED),
    ):
        key = Key(two_tier_rule())
        key.feed(*[Verdict.CRITICAL] * (3 if fired else 1))
        key.act(lambda e, ending=ending, key=key: ending(e, key.clock.instant()))  # type: ignore[misc]
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
