"""Sums over any window of whole minutes of one service, from its rollups of five minutes or an hour.

Buckets that are not good for their whole length may be refined by their minutes; in all others probes and time are
spread evenly.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

_TRIM_AFTER = 4096


class Sums(NamedTuple):
    """What a window holds. Times in microseconds."""

    samples: float = 0.0
    errors: float = 0.0
    slow: float = 0.0
    """Answers above the limit of the service."""
    good_us: float = 0.0
    down_us: float = 0.0
    maintenance_us: float = 0.0

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        a, b, c, d, e, f = other
        return Sums(self[0] + a, self[1] + b, self[2] + c, self[3] + d, self[4] + e, self[5] + f)

    def minus(self, other: Sums) -> Sums:
        """Without the other."""
        a, b, c, d, e, f = other
        return Sums(self[0] - a, self[1] - b, self[2] - c, self[3] - d, self[4] - e, self[5] - f)

    def times(self, part: float) -> Sums:
        """A part of it."""
        a, b, c, d, e, f = self
        return Sums(part * a, part * b, part * c, part * d, part * e, part * f)


NONE = Sums()


class Timeline:
    """Buckets in order of time; those older than ``keep_s`` are forgotten.

    Args:
        keep_s: Length in seconds of the longest window.
    """

    def __init__(self, keep_s: float) -> None:
        self._keep = keep_s
        self._starts: list[int] = []
        self._lengths: list[int] = []
        self._values: list[Sums] = []
        self._before: list[Sums] = [NONE]
        """Sums of all buckets before each."""
        self._minutes: dict[int, Sequence[Sums]] = {}
        """By bucket what it holds up to the end of each of its minutes."""

    @property
    def end(self) -> int:
        """Where the newest bucket ends, in seconds since 1970."""
        return self._starts[-1] + self._lengths[-1] if self._starts else 0

    def add(self, start: int, length: int, sums: Sums, minutes: Sequence[Sums] = ()) -> None:
        """Enter the next bucket.

        Args:
            start: In seconds since 1970.
            length: In seconds.
            sums: What it holds.
            minutes: What each of its minutes holds, if known.
        """
        self._starts.append(start)
        self._lengths.append(length)
        self._values.append(sums)
        self._before.append(self._before[-1].plus(sums))
        if minutes:
            self._minutes[start] = list(accumulate(minutes, Sums.plus))
        gone = bisect_right(self._starts, start - self._keep) - 1
        if gone > _TRIM_AFTER:
            self._trim(gone)

    def sums(self, start: int, end: int) -> Sums:
        """What ``[start, end)`` holds; both are whole minutes, in seconds since 1970."""
        return self._upto(end).minus(self._upto(start))

    def _upto(self, moment: int) -> Sums:
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return NONE
        inside = moment - self._starts[index]
        if inside >= self._lengths[index]:
            return self._before[index + 1]
        whole = self._before[index]
        if not inside:
            return whole
        minutes = self._minutes.get(self._starts[index])
        if minutes is None:
            return whole.plus(self._values[index].times(inside / self._lengths[index]))
        return whole.plus(minutes[inside // 60 - 1])

    def _trim(self, gone: int) -> None:
        for start in self._starts[:gone]:
            self._minutes.pop(start, None)
        del self._starts[:gone], self._lengths[:gone], self._values[:gone], self._before[:gone]


def minutes_of(whole: Sums, known: dict[int, Sums], start: int, length: int) -> tuple[Sums, ...]:
    """The minutes of a bucket of which some are known; what is left is spread evenly over the others."""
    count = length // 60
    rest = whole
    for each in known.values():
        rest = rest.minus(each)
    rest = Sums(*(max(0.0, each) for each in rest))
    others = count - len(known)
    share = rest.times(1 / others) if others else NONE
    return tuple(known.get(start + 60 * number, share) for number in range(count))
