"""The change that comes next before or after a moment."""

from __future__ import annotations

import pytest
from support.recorded import BEN, REFUSED, Recorded, minutes

from amt_console.model import Acknowledge, ProbeResult, ServiceState
from amt_console.model.queries import ChangeQuery
from amt_console.model.queries.change import Change

pytestmark = pytest.mark.slow

DOWN = ServiceState.DOWN


def test_from_the_present_back_to_the_first_result_and_forth_again(recorded: Recorded) -> None:
    recorded.go_on(1)
    first = recorded.now
    recorded.go_on(9)
    recorded.go_on(1, api=DOWN)
    down = recorded.now
    recorded.clock.advance(1)
    opened = recorded.now
    number = recorded.alert()
    fired = recorded.now
    recorded.clock.advance(10)
    taken = recorded.now
    recorded.act(Acknowledge(number, note="on it"), BEN)
    recorded.go_on(5)

    at, told = None, []
    while (found := recorded.ask(ChangeQuery(at=at))).at is not None:
        told.append((found.at, found.what))
        at = found.at
    assert told == [
        (recorded.now - minutes(4), "api is up"),
        (taken, f"alert #{number} api acknowledged by ben"),
        (fired, f"alert #{number} api fired: {REFUSED}"),
        (opened, f"alert #{number} api first bad observation: {REFUSED}"),
        (down, f"api is down: {REFUSED}"),
        (first, "chat is up; web is up; api is up"),
    ]

    again = []
    while (found := recorded.ask(ChangeQuery(at=at, later=True))).at is not None:
        again.append((found.at, found.what))
        at = found.at
    assert again == told[-2::-1]
    assert recorded.ask(ChangeQuery(at=first - minutes(1), later=True)) == Change(
        first, "api is up; web is up; chat is up"
    )


def test_nothing_is_later_than_now(recorded: Recorded) -> None:
    recorded.go_on(3)
    assert recorded.ask(ChangeQuery(later=True)) == Change()


def test_services_that_nobody_watches_do_not_count(recorded: Recorded) -> None:
    recorded.go_on(2)
    last = recorded.ask(ChangeQuery())
    with recorded.store.transaction() as writes:
        writes.add_results(
            [
                ProbeResult("gone", recorded.now + minutes(0.001 * n), state, 60)
                for n, state in enumerate([*ServiceState] * 60)
            ]
        )
    recorded.clock.advance(60)
    assert recorded.ask(ChangeQuery()) == last


def test_hostile_names_and_errors_are_harmless(recorded: Recorded) -> None:
    recorded.go_on(1)
    with recorded.store.transaction() as writes:
        writes.add_results([ProbeResult("api", recorded.now + minutes(1), DOWN, 60, error="\x1b[2Jgone\u202e")])
    recorded.clock.advance(120)
    what = recorded.ask(ChangeQuery()).what
    assert what.startswith("api is down: ")
    assert "\x1b" not in what
    assert "\u202e" not in what
