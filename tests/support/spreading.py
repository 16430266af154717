"""The order of the tests of several workers: what waits and what takes long comes first, what is quick last.

``--dist worksteal`` hands each worker one stretch of the tests, each of the same number. Who is done takes the second
half of the longest queue. A long test at the end of a queue would keep one worker busy while the others have nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, groupby, islice

import pytest

WAITING_WORKERS = 3
"""So many workers begin with the modules that wait, and leave the processors to the others meanwhile."""
WAITING = {"pty", "waits"}
LONG = {"slow", "postgres", "chromium"}

Module = list[pytest.Item]


def spread(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests in the stretches of so many workers. A module stays whole, except a quick one where a stretch ends."""
    waiting: list[Module] = []
    long: list[Module] = []
    quick: list[Module] = []
    for _, tests in groupby(items, key=lambda item: item.path):
        module = list(tests)
        wait = all(map(WAITING.intersection, map(_marks, module)))
        (waiting if wait else long if any(map(_marks, module)) else quick).append(module)
    stretches: list[list[pytest.Item]] = [[] for _ in range(workers)]
    _deal(waiting, stretches[:WAITING_WORKERS])
    _deal(long, stretches)
    return list(_filled(stretches, chain.from_iterable(quick), len(items)))


def _marks(item: pytest.Item) -> set[str]:
    return {mark.name for mark in item.iter_markers()} & (WAITING | LONG)


def _deal(modules: Sequence[Module], stretches: Sequence[list[pytest.Item]]) -> None:
    for module in modules:
        min(stretches, key=len).extend(module)


def _filled(stretches: Sequence[list[pytest.Item]], quick: Iterator[pytest.Item], left: int) -> Iterator[pytest.Item]:
    """The stretches one after the other, each filled up to its part of what is left."""
    for number, stretch in enumerate(stretches):
        size = max(len(stretch), left // (len(stretches) - number))
        yield from stretch
        filling = list(islice(quick, size - len(stretch)))
        yield from filling
        left -= len(stretch) + len(filling)
    yield from quick
