"""Answers about periods that are over are kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


def test_an_answer_that_is_being_read_is_waited_for(clock: FakeClock) -> None:
    settled, until = SettledAnswers(clock), clock.now() - timedelta(days=1)
    begun, go_on, reads = threading.Event(), threading.Event(), list[int]()

    def slow() -> int:
        reads.append(1)
        begun.set()
        assert go_on.wait(30)
        return len(reads)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(settled.answer, "alert", until, slow)
        assert begun.wait(30)
        others = [pool.submit(settled.answer, "alert", until, slow) for _ in range(2)]
        assert settled.answer("other", until, lambda: 7) == 7, "another question does not wait"
        go_on.set()
        assert [each.result(30) for each in (first, *others)] == [1, 1, 1]


def test_whoever_waited_for_a_reading_that_failed_reads_again(clock: FakeClock) -> None:
    settled, until = SettledAnswers(clock), clock.now() - timedelta(days=1)
    begun, go_on = threading.Event(), threading.Event()

    def fail() -> int:
        begun.set()
        assert go_on.wait(30)
        raise OSError("the disk is gone")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(settled.answer, "alert", until, fail)
        assert begun.wait(30)
        other = pool.submit(settled.answer, "alert", until, lambda: 5)
        go_on.set()
        assert isinstance(first.exception(30), OSError)
        assert other.result(30) == 5
