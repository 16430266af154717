"""Incidents of a window."""

from __future__ import annotations

import pytest
from support.recorded import ANN, BEN, Recorded

from amt_console.model import Acknowledge, Handoff, Note, Severity
from amt_console.model.queries import IncidentsQuery

pytestmark = pytest.mark.slow


def test_followers_are_counted_and_no_incidents_of_their_own(recorded: Recorded) -> None:
    recorded.go_on(1)
    number = recorded.alert("api")
    recorded.alert("web")
    recorded.go_on(5)
    (row,) = recorded.ask(IncidentsQuery()).incidents
    assert (row.alert.id, row.followers) == (number, 1)
    recorded.end("web")
    recorded.end("api")
    recorded.go_on(5)
    (row,) = recorded.ask(IncidentsQuery()).incidents
    assert (row.alert.id, row.followers) == (number, 1)


def test_who_handled_it_and_how_fast(recorded: Recorded) -> None:
    recorded.go_on(1)
    began = recorded.now
    number = recorded.alert("api")
    recorded.clock.advance(60)
    recorded.act(Acknowledge(number, note="on it"), BEN)
    recorded.clock.advance(60)
    recorded.act(Note(number, "it is the disk"), ANN)
    recorded.act(Handoff(number, "chris"), BEN)
    recorded.clock.advance(177)
    recorded.end("api")
    recorded.clock.advance(3600)
    recorded.alert("chat")
    recorded.clock.advance(97)
    recorded.end("chat")
    found = recorded.ask(IncidentsQuery())
    unseen, row = found.incidents
    assert (row.acknowledged_after_seconds, row.lasted_seconds, row.notes, row.last_note) == (
        60,
        300,
        2,
        "it is the disk",
    )
    assert row.people == ("ben", "ann")
    assert row.alert.opened_at == began
    assert (unseen.acknowledged_after_seconds, unseen.people, unseen.lasted_seconds) == (None, (), 100)
    assert found.unacknowledged == 1
    assert found.mttr_seconds == 200
    assert found.mtta_seconds == pytest.approx(120)
    assert not found.more


def test_what_was_not_confirmed_or_is_only_informational_is_none(recorded: Recorded) -> None:
    recorded.alert("chat", Severity.INFO)
    recorded.go_on(1)
    assert recorded.ask(IncidentsQuery()).incidents == ()


def test_one_that_goes_on_lasts_up_to_now_and_up_to_the_moment(recorded: Recorded) -> None:
    recorded.alert("api")
    recorded.clock.advance(57)
    then = recorded.now
    recorded.clock.advance(540)
    recorded.end("api")
    (now,) = recorded.ask(IncidentsQuery()).incidents
    (past,) = recorded.ask(IncidentsQuery(at=then)).incidents
    assert (now.lasted_seconds, past.lasted_seconds) == (600, 60)
    assert past.alert.resolved_at is None


def test_more_than_were_asked_for(recorded: Recorded) -> None:
    recorded.alert("api")
    newest = recorded.alert("chat")
    found = recorded.ask(IncidentsQuery(limit=1))
    assert [row.alert.id for row in found.incidents] == [newest]
    assert found.more
