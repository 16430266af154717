"""What services have beside their finished buckets: the unfinished ones, and of a moment in the past the first parts of
those that went on after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, func, select

from amt_console.model import RESOLUTIONS, Rollup, ServiceState
from amt_console.store.rollups import finished, past_states
from amt_console.store.rollups.buckets import LENGTHS, OpenBuckets, Sample, Tally, floor, fold, minutes_of, spread
from amt_console.store.rollups.samples import sample_of_row
from amt_console.store.rollups.sums import BucketSpan
from amt_console.store.rollups.tables import ServiceStateRow
from amt_console.store.schema import table

_STATE = table(ServiceStateRow)
_OPEN = select(
    *(
        _STATE.c[name]
        for name in ("service_name", "timestamp", "status", "response_us", "attempt", "interval_us", "open_buckets")
    )
)
_OPEN_OF = _OPEN.where(_STATE.c.service_name.in_(bindparam("services", expanding=True)))
_NUMBER = select(func.count()).select_from(_STATE)
_TAIL = LENGTHS[1]
"""The time before a moment that is made out of raw rows is shorter than one bucket of this length."""


class OpenService:
    """A service with its newest result and its unfinished buckets, which questions about the past do not need."""

    __slots__ = ("_buckets", "_packed", "newest", "service")

    def __init__(self, service: str, newest: Sample, packed: bytes) -> None:
        self.service = service
        self.newest = newest
        self._packed = packed
        self._buckets: OpenBuckets | None = None

    @property
    def buckets(self) -> OpenBuckets:
        """Unpacked at the first use."""
        if self._buckets is None:
            self._buckets = OpenBuckets.unpacked(self._packed)
        return self._buckets


class Unfinished:
    """Reads them in one transaction. With ``kept`` nothing is read twice: for one that only reads."""

    def __init__(self, connection: Connection, *, kept: bool) -> None:
        self._connection = connection
        self._kept = kept
        self._opened: dict[tuple[str, ...] | None, list[OpenService]] = {}
        self._last_tail: tuple[tuple[tuple[str, ...], int], dict[str, dict[int, Rollup]]] | None = None
        """Only the last one: the questions of a transaction are mostly about the same services and moment."""
        self._number: int | None = None

    def opened(self, services: Sequence[str] | None) -> list[OpenService]:
        """All services, or some."""
        key = None if services is None else tuple(sorted(services))
        found = self._opened.get(key)
        if found is None:
            rows = (
                self._connection.execute(_OPEN)
                if key is None
                else self._connection.execute(_OPEN_OF, {"services": key})
            )
            found = [
                OpenService(row["service_name"], sample_of_row(row), bytes(row["open_buckets"]))
                for row in rows.mappings().all()
            ]
            if self._kept:
                self._opened[key] = found
        return found

    def named(self, services: Sequence[str] | None) -> Sequence[str] | None:
        """The services that a query names; ``None`` if most are wanted: reading all is quicker than to name so many."""
        if services is None or len(services) <= finished.FEW_SERVICES:
            return services
        if self._number is None or not self._kept:
            self._number = int(self._connection.execute(_NUMBER).scalar_one())
        return None if 2 * len(services) > self._number else services

    def running(
        self, states: Sequence[OpenService], level: int, low: int, high: int, now: int
    ) -> Iterator[tuple[str, Rollup]]:
        """What services have in ``[low, high)`` beside finished buckets that end by ``high``, each with its name."""
        begin, length = floor(high, LENGTHS[level]), LENGTHS[level]
        if (names := _gone_on(states, high)) and low <= begin < high:
            parts: dict[str, list[Rollup]] = {name: [] for name in names}
            for finer, at, upto in _finer(level, begin, high):
                found = finished.each(self._connection, finer, at, upto, self.named(names), histograms=True)
                for name, bucket in found:
                    if name in parts:
                        parts[name].append(bucket)
            for name, bucket in self._last_minutes(level, names, high):
                parts[name].append(bucket)
            for name, buckets in parts.items():
                part = fold(begin, length, buckets)
                if not part.empty:
                    yield name, part
        yield from _opened(states, level, low, high, now)

    def add(
        self,
        states: Sequence[OpenService],
        level: int,
        low: int,
        high: int,
        now: int,
        tallies: Mapping[str, Tally],
    ) -> tuple[Sequence[str], list[BucketSpan]]:
        """Add what ``running`` gives to the total of each service, but for finer finished buckets.

        Returns:
            Those buckets, and the services of which they are to be added.
        """
        finer: list[BucketSpan] = []
        begin = floor(high, LENGTHS[level])
        if (names := _gone_on(states, high)) and low <= begin < high:
            finer += [BucketSpan(*each) for each in _finer(level, begin, high)]
            for name, bucket in self._last_minutes(level, names, high):
                tallies[name].add_rollup(bucket)
        for name, bucket in _opened(states, level, low, high, now):
            tallies[name].add_rollup(bucket)
        return names, finer

    def _last_minutes(self, level: int, names: Sequence[str], end: int) -> Iterator[tuple[str, Rollup]]:
        """What finer finished buckets lack up to ``end``, out of raw rows: less than five minutes."""
        begin = floor(end, min(LENGTHS[level], _TAIL))
        if begin < end:
            for name, minutes in self._tail(names, end).items():
                for start, bucket in minutes.items():
                    if start >= begin:
                        yield name, bucket

    def _usual_interval(self, names: Sequence[str]) -> int | None:
        """Of half of the services and more, if they are most of all."""
        if self.named(names) is not None:
            return None
        wanted = set(names)
        intervals = sorted(state.newest.interval for state in self.opened(None) if state.service in wanted)
        return intervals[len(intervals) // 2]

    def _tail(self, names: Sequence[str], end: int) -> dict[str, dict[int, Rollup]]:
        """The minutes of the bucket of five minutes that holds ``end``, up to there, by service and start."""
        key = tuple(names), end
        if self._last_tail is not None and self._last_tail[0] == key:
            return self._last_tail[1]
        begin = floor(end, _TAIL)
        rows = past_states.samples_around(self._connection, names, begin, end, interval=self._usual_interval(names))
        found = {name: minutes_of(samples, begin, end, running_until=end) for name, samples in rows.items()}
        if self._kept:
            self._last_tail = key, found
        return found


def _gone_on(states: Sequence[OpenService], end: int) -> list[str]:
    return [state.service for state in states if state.newest.at >= end]


def _finer(level: int, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The resolutions of finished buckets that fill the time from the start of a bucket, and from when to when."""
    for finer in range(level - 1, 0, -1):
        upto = floor(end, LENGTHS[finer])
        if begin < upto:
            yield RESOLUTIONS[finer], begin, upto
        begin = upto


def _opened(states: Sequence[OpenService], level: int, low: int, high: int, now: int) -> Iterator[tuple[str, Rollup]]:
    for state in states:
        if state.newest.at < high:
            for rollup in _open_buckets(state, level, low, min(high, now)):
                yield state.service, rollup


def _open_buckets(state: OpenService, level: int, low: int, end: int) -> Iterator[Rollup]:
    """The unfinished bucket of a service from ``low`` on, and what its newest result speaks for up to ``end``."""
    length = LENGTHS[level]
    newest = state.newest
    current = state.buckets.current(level)
    if low <= current.start_us and not current.empty:
        yield current
    if newest.state is not ServiceState.UNKNOWN:
        for minute, kind, duration in spread(newest.state, newest.at, min(end, newest.speaks_until)):
            if floor(minute, length) >= low:
                running = Tally(floor(minute, length))
                running.credit(kind, duration)
                yield running.rollup(length)
