"""The arithmetic of rollups, pure and in whole microseconds, so that every order of addition gives the same numbers.

A result speaks for ``[t, t + min(1.5 x interval, next - t))``. What nobody speaks for is unknown. Minutes are filled
from results; a bucket of the next resolution is the sum of the finished buckets of the one below it. The four buckets
that are not finished yet travel with the service's state (``OpenBuckets``): a result costs one small write, not four.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from amt_console.clock import SECOND
from amt_console.model import RESOLUTIONS, LatencyHistogram, Rollup, ServiceState
from amt_console.model.histogram import bin_of, decode_counts, encode_counts

LENGTHS = tuple(resolution * SECOND for resolution in RESOLUTIONS)
"""``RESOLUTIONS`` in microseconds."""
MINUTE = LENGTHS[0]
_PACKED = struct.Struct("<11qI")
_FORMAT = b"\x01"
_SAMPLES, _ERRORS, _UP, _DEGRADED, _DOWN, _MAINTENANCE, _TIMED, _TOTAL, _LEAST, _MOST = range(10)
_NUMBERS = 10
_SUMS = range(_LEAST)
"""The places of the numbers that are added up; the extremes follow."""
_NO_COUNTS: Mapping[int, int] = {}
_TIMES = {
    ServiceState.UP: _UP,
    ServiceState.DEGRADED: _DEGRADED,
    ServiceState.DOWN: _DOWN,
    ServiceState.MAINTENANCE: _MAINTENANCE,
}


class Sample(NamedTuple):
    """The part of a result that rollups are made of; times in microseconds."""

    at: int
    state: ServiceState
    interval: int
    attempt: int
    response: int | None

    @property
    def speaks_until(self) -> int:
        """When the result stops to speak for the service if none follows."""
        return self.at + self.interval * 3 // 2


class Tally:
    """One bucket while results come in; ``rollup`` is its value.

    A list of numbers, because a result costs a few additions then: with a new frozen value for each result, storing
    results takes a third longer.
    """

    __slots__ = ("counts", "numbers", "start")

    def __init__(self, start: int, numbers: list[int] | None = None, counts: dict[int, int] | None = None) -> None:
        self.start = start
        self.numbers = [0] * _NUMBERS if numbers is None else numbers
        """In the order in which they are stored: samples to maintenance, then those of the histogram."""
        self.counts = {} if counts is None else counts

    def rollup(self, length: int) -> Rollup:
        """Its value as a bucket of ``length``."""
        return rollup_of(self.start, length, self.numbers, self.counts)

    def count(self, sample: Sample) -> None:
        """Enter a sample's count and response time. Re-checks and unmeasured samples count only by their time."""
        state = sample.state
        if sample.attempt != 1 or state is ServiceState.UNKNOWN or state is ServiceState.MAINTENANCE:
            return
        numbers = self.numbers
        numbers[_SAMPLES] += 1
        if state is ServiceState.DOWN:
            numbers[_ERRORS] += 1
            return
        response = sample.response
        if response is None:
            return
        if not numbers[_TIMED] or response < numbers[_LEAST]:
            numbers[_LEAST] = response
        if response > numbers[_MOST]:
            numbers[_MOST] = response
        numbers[_TIMED] += 1
        numbers[_TOTAL] += response
        index = bin_of(response)
        self.counts[index] = self.counts.get(index, 0) + 1

    def credit(self, state: ServiceState, duration: int) -> None:
        """Enter time spent in a state; unknown time is what is left over."""
        place = _TIMES.get(state)
        if place is not None:
            self.numbers[place] += duration

    def absorb(self, other: Tally) -> None:
        """Add what another one holds."""
        self.add(other.numbers, other.counts)

    def add(self, more: Sequence[int], counts: Mapping[int, int] = _NO_COUNTS) -> None:
        """Add numbers in the order in which they are stored, and the counts of their histogram."""
        mine = self.numbers
        if more[_TIMED]:
            mine[_LEAST] = min(mine[_LEAST], more[_LEAST]) if mine[_TIMED] else more[_LEAST]
            mine[_MOST] = max(mine[_MOST], more[_MOST])
            get = self.counts.get
            for index, count in counts.items():
                self.counts[index] = get(index, 0) + count
        for place in _SUMS:
            mine[place] += more[place]

    def add_rollup(self, rollup: Rollup) -> None:
        """Add a bucket."""
        self.add(numbers_of(rollup), rollup.histogram.counts)

    def pack(self) -> bytes:
        """Bytes for ``unpack``."""
        counts = encode_counts(self.counts)
        return _PACKED.pack(self.start, *self.numbers, len(counts)) + counts


def unpack(data: bytes, offset: int) -> tuple[Tally, int]:
    """A packed tally at ``offset``, and where the next one begins. Raises struct.error or ValueError."""
    start, *numbers, size = _PACKED.unpack_from(data, offset)
    begin = offset + _PACKED.size
    return Tally(start, numbers, decode_counts(data[begin : begin + size])), begin + size


def rollup_of(start: int, length: int, numbers: Sequence[int], counts: Mapping[int, int]) -> Rollup:
    """From numbers in the order in which they are stored."""
    samples, errors, up, degraded, down, maintenance, *of_times = numbers
    return Rollup(start, length, samples, errors, up, degraded, down, maintenance, LatencyHistogram(counts, *of_times))


def numbers_of(rollup: Rollup) -> list[int]:
    """The numbers of ``rollup_of``."""
    times = rollup.histogram
    spent = (rollup.up_us, rollup.degraded_us, rollup.down_us, rollup.maintenance_us)
    return [rollup.samples, rollup.errors, *spent, times.count, times.total, times.least, times.most]


def floor(at: int, length: int) -> int:
    """The start of the bucket of ``length`` that holds ``at``, both in microseconds."""
    return at - at % length


def spread(state: ServiceState, begin: int, end: int) -> Iterator[tuple[int, ServiceState, int]]:
    """Time in a state cut at the minutes: (minute, state, duration)."""
    while begin < end:
        minute = begin - begin % MINUTE
        upto = min(end, minute + MINUTE)
        yield minute, state, upto - begin
        begin = upto


def fold(start: int, length: int, parts: Iterable[Rollup]) -> Rollup:
    """The sum of buckets as one of ``length`` that begins at ``start``."""
    return Rollup.merged(parts, start_us=start, length_us=length)


def minutes_of(
    samples: Iterable[Sample], start: int, end: int, *, running_until: int | None = None
) -> dict[int, Rollup]:
    """The minutes in ``[start, end)`` from all samples that matter to them, oldest first.

    Args:
        samples: Ordered by time: the newest one before ``start``, all inside, and the first one at or after ``end``.
        start: Begin of the first minute.
        end: End; need not be whole minutes.
        running_until: Credit the last sample up to here as well; without it the last sample only counts.
    """
    minutes: dict[int, Tally] = {}

    def at(minute: int) -> Tally:
        found = minutes.get(minute)
        if found is None:
            found = minutes[minute] = Tally(minute)
        return found

    def credit(sample: Sample, until: int) -> None:
        begin, end_of_speech = max(sample.at, start), min(until, sample.speaks_until, end)
        for minute, state, duration in spread(sample.state, begin, end_of_speech):
            at(minute).credit(state, duration)

    before: Sample | None = None
    for sample in samples:
        if before is not None:
            credit(before, sample.at)
        if start <= sample.at < end:
            at(floor(sample.at, MINUTE)).count(sample)
        before = sample
    if before is not None and running_until is not None:
        credit(before, running_until)
    return {minute: tally.rollup(MINUTE) for minute, tally in minutes.items()}


class OpenBuckets:
    """The unfinished bucket of each resolution of one service: those that hold its newest sample.

    The bucket of a coarser resolution holds only the finished buckets of the next finer one; ``current`` adds them up.
    """

    __slots__ = ("_levels", "_packed")

    def __init__(self, levels: list[Tally]) -> None:
        self._levels = levels
        self._packed: list[bytes | None] = [None] * len(levels)

    @classmethod
    def at(cls, moment: int) -> OpenBuckets:
        """Empty buckets around a moment."""
        return cls([Tally(floor(moment, length)) for length in LENGTHS])

    @classmethod
    def of(cls, rollups: Iterable[Rollup]) -> OpenBuckets:
        """From the bucket of each resolution, the coarser ones without what the finer ones hold."""
        return cls([Tally(each.start_us, numbers_of(each), dict(each.histogram.counts)) for each in rollups])

    def current(self, level: int) -> Rollup:
        """The unfinished bucket of a resolution, by its position in ``RESOLUTIONS``."""
        parts = [tally.rollup(length) for tally, length in zip(self._levels[: level + 1], LENGTHS, strict=False)]
        return fold(parts[level].start_us, LENGTHS[level], parts)

    def append(self, before: Sample | None, sample: Sample) -> list[tuple[int, Rollup]]:
        """Enter the next sample, later than all before it.

        Returns:
            The buckets that it finished, with their resolutions in seconds.
        """
        finished: list[tuple[int, Rollup]] = []
        if before is not None:
            begin, end = before.at, min(sample.at, before.speaks_until)
            if begin - begin % MINUTE == (end - 1) - (end - 1) % MINUTE:
                self._credit(begin, before.state, end - begin, finished)
            else:
                for minute, state, duration in spread(before.state, begin, end):
                    self._credit(minute, state, duration, finished)
        if sample.at >= self._levels[0].start + MINUTE:
            self._advance(sample.at, finished)
        self._levels[0].count(sample)
        self._packed[0] = None
        return finished

    def _credit(self, at: int, state: ServiceState, duration: int, finished: list[tuple[int, Rollup]]) -> None:
        if at >= self._levels[0].start + MINUTE:
            self._advance(at, finished)
        self._levels[0].credit(state, duration)

    def _advance(self, at: int, finished: list[tuple[int, Rollup]]) -> None:
        for level, length in enumerate(LENGTHS):
            bucket = self._levels[level]
            if at < bucket.start + length:
                return
            if any(bucket.numbers):
                finished.append((RESOLUTIONS[level], bucket.rollup(length)))
                if level + 1 < len(LENGTHS):
                    self._levels[level + 1].absorb(bucket)
                    self._packed[level + 1] = None
            self._levels[level] = Tally(at - at % length)
            self._packed[level] = None

    def pack(self) -> bytes:
        """Bytes for ``unpacked``; only what changed is encoded anew."""
        parts = [_FORMAT]
        for level, cached in enumerate(self._packed):
            if cached is None:
                cached = self._packed[level] = self._levels[level].pack()
            parts.append(cached)
        return b"".join(parts)

    @classmethod
    def unpacked(cls, data: bytes) -> OpenBuckets:
        """From ``pack``'s bytes. Raises ValueError."""
        if data[:1] != _FORMAT:
            raise ValueError("not the open buckets of a service")
        levels: list[Tally] = []
        offset = 1
        try:
            for _ in RESOLUTIONS:
                bucket, offset = unpack(data, offset)
                levels.append(bucket)
        except struct.error as error:
            raise ValueError("not the open buckets of a service") from error
        return cls(levels)
