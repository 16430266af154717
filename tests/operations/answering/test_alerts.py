"""The alerts of a window."""

from __future__ import annotations

import pytest
from support.recorded import BEN, Recorded

from amt_console.model import Acknowledge, AlertState
from amt_console.model.queries import AlertHistoryQuery

pytestmark = pytest.mark.slow


def test_the_alerts_that_were_open_at_any_time_in_the_window(recorded: Recorded) -> None:
    recorded.go_on(1)
    old = recorded.alert("chat")
    recorded.go_on(10)
    recorded.end("chat")
    recorded.go_on(100)
    number = recorded.alert()
    recorded.go_on(5)
    assert [each.id for each in recorded.ask(AlertHistoryQuery(hours=1)).alerts] == [number]
    found = recorded.ask(AlertHistoryQuery(hours=3))
    assert [(each.id, each.state) for each in found.alerts] == [(number, AlertState.FIRING), (old, AlertState.RESOLVED)]
    assert not found.more
    assert [each.id for each in recorded.ask(AlertHistoryQuery(hours=3, subject="chat")).alerts] == [old]


def test_more_of_them_than_were_asked_for(recorded: Recorded) -> None:
    numbers = [recorded.alert(subject) for subject in ("api", "web", "chat")]
    found = recorded.ask(AlertHistoryQuery(limit=2))
    assert [each.id for each in found.alerts] == numbers[:0:-1]
    assert found.more


def test_in_the_past_they_are_as_they_were_then(recorded: Recorded) -> None:
    recorded.go_on(1)
    number = recorded.alert()
    recorded.go_on(1)
    then = recorded.now
    recorded.clock.advance(5)
    recorded.act(Acknowledge(number, note="on it"), BEN)
    recorded.go_on(5)
    recorded.end()
    recorded.alert("web")
    (now, before) = recorded.ask(AlertHistoryQuery()).alerts
    assert (before.state, before.acknowledged_by, before.note) == (AlertState.RESOLVED, "ben", "on it")
    assert now.subject == "web"
    (past,) = recorded.ask(AlertHistoryQuery(at=then)).alerts
    assert (past.id, past.state, past.acknowledged_by, past.note) == (number, AlertState.FIRING, None, None)
    assert past.duration_seconds is None
