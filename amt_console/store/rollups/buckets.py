"""The arithmetic of rollups, pure and in whole microseconds, so that every order of addition gives the same numbers.

A result speaks for ``[t, t + min(1.5 x interval, next - t))``. What nobody speaks for is unknown. Minutes are filled
from results; a bucket of the next resolution is the sum of the finished buckets of the one below it. The four buckets
that are not finished yet travel with the service's state (``OpenBuckets``): a result costs one small write, not four.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from amt_console.model import ServiceState
from amt_console.store.rollups.histogram import bucket_of, decode_counts, encode_counts, merge_counts
from amt_console.store.utc import SECOND

RESOLUTIONS = (60, 300, 3600, 86_400)
"""Bucket lengths in seconds, each a multiple of the one before."""
_LENGTHS = tuple(resolution * SECOND for resolution in RESOLUTIONS)
MINUTE = _LENGTHS[0]
_PACKED = struct.Struct("<11qI")
_FORMAT = b"\x01"

_SECONDS_SLOT = {
    ServiceState.UP: "up",
    ServiceState.DEGRADED: "degraded",
    ServiceState.DOWN: "down",
    ServiceState.MAINTENANCE: "maintenance",
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


@dataclass(slots=True)
class Bucket:
    """What happened in one bucket; times in microseconds.

    ``samples`` are first attempts that measured something, ``errors`` those of them that found the service down,
    ``timed`` those that found it up or degraded with a response time: only they enter sum, minimum, maximum and
    histogram.
    """

    start: int
    samples: int = 0
    errors: int = 0
    up: int = 0
    degraded: int = 0
    down: int = 0
    maintenance: int = 0
    timed: int = 0
    total: int = 0
    least: int = 0
    most: int = 0
    histogram: dict[int, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (self.samples or self.up or self.degraded or self.down or self.maintenance)

    def count(self, sample: Sample) -> None:
        """Enter a sample's count and response time. Re-checks and unmeasured samples count only by their time."""
        state = sample.state
        if sample.attempt != 1 or state is ServiceState.UNKNOWN or state is ServiceState.MAINTENANCE:
            return
        self.samples += 1
        if state is ServiceState.DOWN:
            self.errors += 1
            return
        response = sample.response
        if response is None:
            return
        if not self.timed or response < self.least:
            self.least = response
        if response > self.most:
            self.most = response
        self.timed += 1
        self.total += response
        index = bucket_of(response)
        self.histogram[index] = self.histogram.get(index, 0) + 1

    def credit(self, state: ServiceState, duration: int) -> None:
        """Enter time spent in a state; unknown time is what is left over."""
        if state is ServiceState.UP:
            self.up += duration
        elif (slot := _SECONDS_SLOT.get(state)) is not None:
            setattr(self, slot, getattr(self, slot) + duration)

    def add(self, other: Bucket) -> None:
        """Add another bucket's content to this one."""
        self.samples += other.samples
        self.errors += other.errors
        self.up += other.up
        self.degraded += other.degraded
        self.down += other.down
        self.maintenance += other.maintenance
        if other.timed:
            self.least = min(self.least, other.least) if self.timed else other.least
            self.most = max(self.most, other.most)
            self.timed += other.timed
            self.total += other.total
            merge_counts(self.histogram, other.histogram)

    def pack(self) -> bytes:
        """Bytes for ``unpack``."""
        histogram = encode_counts(self.histogram)
        return (
            _PACKED.pack(
                self.start,
                self.samples,
                self.errors,
                self.up,
                self.degraded,
                self.down,
                self.maintenance,
                self.timed,
                self.total,
                self.least,
                self.most,
                len(histogram),
            )
            + histogram
        )


def unpack(data: bytes, offset: int) -> tuple[Bucket, int]:
    """A packed bucket at ``offset`` and where the next one begins. Raises struct.error or ValueError."""
    *numbers, length = _PACKED.unpack_from(data, offset)
    begin = offset + _PACKED.size
    bucket = Bucket(*numbers)
    bucket.histogram = decode_counts(data[begin : begin + length])
    return bucket, begin + length


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


def fold(start: int, parts: Iterable[Bucket]) -> Bucket:
    """The sum of buckets as one bucket that begins at ``start``."""
    whole = Bucket(start)
    for part in parts:
        whole.add(part)
    return whole


def minutes_of(
    samples: Iterable[Sample], start: int, end: int, *, running_until: int | None = None
) -> dict[int, Bucket]:
    """The minutes in ``[start, end)`` from all samples that matter to them, oldest first.

    Args:
        samples: Ordered by time: the newest one before ``start``, all inside, and the first one at or after ``end``.
        start: Begin of the first minute.
        end: End; need not be whole minutes.
        running_until: Credit the last sample up to here as well; without it the last sample only counts.
    """
    minutes: dict[int, Bucket] = {}

    def at(minute: int) -> Bucket:
        found = minutes.get(minute)
        if found is None:
            found = minutes[minute] = Bucket(minute)
        return found

    before: Sample | None = None
    for sample in samples:
        if before is not None:
            for minute, state, duration in spread(
                before.state, max(before.at, start), min(sample.at, before.speaks_until, end)
            ):
                at(minute).credit(state, duration)
        if start <= sample.at < end:
            at(floor(sample.at, MINUTE)).count(sample)
        before = sample
    if before is not None and running_until is not None:
        for minute, state, duration in spread(
            before.state, max(before.at, start), min(running_until, before.speaks_until, end)
        ):
            at(minute).credit(state, duration)
    return minutes


class OpenBuckets:
    """The unfinished bucket of each resolution of one service: those that hold its newest sample.

    The bucket of a coarser resolution holds only the finished buckets of the next finer one; ``current`` adds them up.
    """

    __slots__ = ("_levels", "_packed")

    def __init__(self, levels: list[Bucket]) -> None:
        self._levels = levels
        self._packed: list[bytes | None] = [None] * len(levels)

    @classmethod
    def at(cls, moment: int) -> OpenBuckets:
        """Empty buckets around a moment."""
        return cls([Bucket(floor(moment, length)) for length in _LENGTHS])

    def current(self, level: int) -> Bucket:
        """The unfinished bucket of a resolution, by its position in ``RESOLUTIONS``."""
        return fold(self._levels[level].start, self._levels[: level + 1])

    def append(self, before: Sample | None, sample: Sample) -> list[tuple[int, Bucket]]:
        """Enter the next sample, later than all before it.

        Returns:
            The buckets that it finished, with their resolutions in seconds.
        """
        finished: list[tuple[int, Bucket]] = []
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

    def _credit(self, at: int, state: ServiceState, duration: int, finished: list[tuple[int, Bucket]]) -> None:
        if at >= self._levels[0].start + MINUTE:
            self._advance(at, finished)
        self._levels[0].credit(state, duration)

    def _advance(self, at: int, finished: list[tuple[int, Bucket]]) -> None:
        for level, length in enumerate(_LENGTHS):
            bucket = self._levels[level]
            if at < bucket.start + length:
                return
            if not bucket.empty:
                finished.append((RESOLUTIONS[level], bucket))
                if level + 1 < len(_LENGTHS):
                    self._levels[level + 1].add(bucket)
                    self._packed[level + 1] = None
            self._levels[level] = Bucket(at - at % length)
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
        levels: list[Bucket] = []
        offset = 1
        try:
            for _ in RESOLUTIONS:
                bucket, offset = unpack(data, offset)
                levels.append(bucket)
        except struct.error as error:
            raise ValueError("not the open buckets of a service") from error
        return cls(levels)
