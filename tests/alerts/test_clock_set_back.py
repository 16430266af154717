"""After a step back of the clock, an episode's times stay in order and are marked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from support.alerting import Key, two_tier_rule

from amt_console.alerts import Verdict
from amt_console.model import AlertState

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
