"""The states of services over a window."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from support.recorded import REFUSED, Recorded, minutes

from amt_console.model import ServiceState, StateSpan
from amt_console.model.queries import StatesQuery
from amt_console.operations.answering.states import KEPT_HOURS
from amt_console.operations.history.states import state_history

pytestmark = pytest.mark.slow

UP, DOWN = ServiceState.UP, ServiceState.DOWN


def test_each_state_lasts_to_the_next_one(recorded: Recorded) -> None:
    recorded.go_on(10)
    down_from = recorded.now + minutes(1)
    recorded.go_on(5, api=DOWN)
    up_from = recorded.now + minutes(1)
    recorded.go_on(5)
    found = recorded.ask(StatesQuery())
    first = recorded.now - minutes(19)
    assert found.end == recorded.now
    assert found.start == recorded.now - minutes(60)
    assert found.spans["api"] == (
        StateSpan(first, down_from, UP),
        StateSpan(down_from, up_from, DOWN, REFUSED),
        StateSpan(up_from, recorded.now, UP),
    )
    assert found.spans["web"] == (StateSpan(first, recorded.now, UP),)


def test_the_state_before_the_window_goes_on_into_it(recorded: Recorded) -> None:
    recorded.go_on(90, api=DOWN)
    found = recorded.ask(StatesQuery(hours=0.5))
    assert found.spans["api"] == (StateSpan(found.start, found.end, DOWN, REFUSED),)


def test_what_was_not_measured_is_in_no_span(recorded: Recorded) -> None:
    recorded.go_on(10)
    stopped = recorded.now
    recorded.gap(20)
    back = recorded.now
    recorded.go_on(10)
    (before, after) = recorded.ask(StatesQuery()).spans["api"]
    assert before.end == stopped
    assert back <= after.start <= back + minutes(1)


def test_time_without_results_is_unknown_even_if_no_gap_was_recorded(recorded: Recorded) -> None:
    recorded.go_on(10)
    recorded.clock.advance(1200)
    recorded.go_on(10)
    (before, after) = recorded.ask(StatesQuery()).spans["api"]
    assert after.start - before.end >= minutes(17)


def test_a_service_that_is_not_heard_any_more_ends_with_what_its_last_result_speaks_for(recorded: Recorded) -> None:
    recorded.go_on(10)
    last = recorded.now
    recorded.clock.advance(600)
    (span,) = recorded.ask(StatesQuery()).spans["api"]
    assert span.end == last + minutes(1.5)


def test_only_the_services_that_were_asked_for(recorded: Recorded) -> None:
    recorded.go_on(3)
    assert set(recorded.ask(StatesQuery(services=("web", "nobody"))).spans) == {"web"}
    assert list(recorded.ask(StatesQuery()).spans) == ["api", "web", "chat"]


def test_before_the_first_result_nothing_is_known(recorded: Recorded) -> None:
    assert recorded.ask(StatesQuery()).spans == {}


def test_an_hour_that_is_over_is_read_once_and_a_longer_time_is_not_kept(recorded: Recorded) -> None:
    recorded.go_on(70)
    at = recorded.now - minutes(10)
    with patch("amt_console.operations.answering.states.state_history", wraps=state_history) as read:
        first = recorded.ask(StatesQuery(at=at))
        assert recorded.ask(StatesQuery(at=at)) == first
        assert read.call_count == 1
        assert set(recorded.ask(StatesQuery(services=("web",), at=at)).spans) == {"web"}
        assert read.call_count == 2
        for _ in range(2):
            recorded.ask(StatesQuery(hours=KEPT_HOURS + 1, at=at))
        assert read.call_count == 4
        for _ in range(2):
            recorded.ask(StatesQuery())
        assert read.call_count == 6
