"""Answers about periods that are over are kept for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from amt_console.clock import FakeClock
from amt_console.operations.answering.settled import KEPT_SECONDS, MOST, SETTLED_AFTER, SettledAnswers


def counting() -> Callable[[], int]:
    numbers = count(1)
    return lambda: next(numbers)


def test_what_can_still_change_is_read_each_time(clock: FakeClock) -> None:
    settled, read = SettledAnswers(clock), counting()
    until = clock.now()
    clock.advance(SETTLED_AFTER.total_seconds() - 1)
    assert [settled.answer("alert", until, read) for _ in range(3)] == [1, 2, 3]
    clock.advance(1)
    assert [settled.answer("alert", until, read) for _ in range(3)] == [4, 4, 4]


def test_an_answer_is_read_again_after_a_while(clock: FakeClock) -> None:
    settled, read = SettledAnswers(clock), counting()
    until = clock.now() - timedelta(days=1)
    assert settled.answer("alert", until, read) == 1
    clock.advance(KEPT_SECONDS - 1)
    assert settled.answer("alert", until, read) == 1
    assert settled.answer("other", until, read) == 2
    clock.advance(1)
    assert settled.answer("alert", until, read) == 3


def test_only_the_newest_are_kept(clock: FakeClock) -> None:
    settled, read = SettledAnswers(clock), counting()
    until = clock.now() - timedelta(days=1)
    first = [settled.answer(number, until, read) for number in range(MOST)]
    assert settled.answer(0, until, read) == first[0]
    settled.answer(MOST, until, read)
    assert settled.answer(0, until, read) == first[0]
    assert settled.answer(1, until, read) == MOST + 2
