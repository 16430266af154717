"""What else moved when an alert began."""

from __future__ import annotations

import pytest
from support.recorded import Recorded

from amt_console.model import ServiceState
from amt_console.model.queries import MovedQuery
from amt_console.operations.protocol import NotFoundError

pytestmark = pytest.mark.slow


def test_signals_that_left_their_usual_range_in_words(recorded: Recorded) -> None:
    recorded.go_on(7 * 60)
    recorded.go_on(1, api=ServiceState.DOWN)
    number = recorded.alert("api")
    before = recorded.now
    recorded.go_on(20, busy=3.9, api=ServiceState.DOWN, chat=ServiceState.DEGRADED)
    found = recorded.ask(MovedQuery(number))
    words = {each.subject: each.words for each in found.signals}
    assert words["chat"] == "chat response time 43 x"
    assert words["host"] == "host CPU 96 %, usually 24 %"
    assert "api" not in words
    assert not found.weeks
    assert [each.strength for each in found.signals] == sorted((each.strength for each in found.signals), reverse=True)
    assert recorded.ask(MovedQuery(number, limit=1)).signals == found.signals[:1]
    assert recorded.ask(MovedQuery(number, at=before)).signals == ()


def test_an_alert_that_is_not_there_or_not_yet(recorded: Recorded) -> None:
    recorded.go_on(1)
    before = recorded.now
    recorded.clock.advance(1)
    number = recorded.alert("api")
    with pytest.raises(NotFoundError):
        recorded.ask(MovedQuery(4711))
    with pytest.raises(NotFoundError):
        recorded.ask(MovedQuery(number, at=before))


def test_every_later_moment_has_the_answer_of_the_end(recorded: Recorded) -> None:
    recorded.go_on(7 * 60)
    recorded.go_on(1, api=ServiceState.DOWN)
    number = recorded.alert("api")
    recorded.go_on(120, busy=3.9, api=ServiceState.DOWN, chat=ServiceState.DEGRADED)
    then = recorded.now
    whole = recorded.ask(MovedQuery(number))
    assert whole.signals
    recorded.go_on(120, busy=3.9)
    assert recorded.ask(MovedQuery(number)) == recorded.ask(MovedQuery(number, at=then)) == whole
    assert recorded.ask(MovedQuery(number, limit=1)).signals == whole.signals[:1]
