"""Reading rollups: stored buckets, the unfinished ones, and the running tail of the newest result, up to any moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from operator import add

from sqlalchemy import Connection, bindparam, select

from amt_console.model import RESOLUTIONS, Rollup, ServiceState
from amt_console.model.histogram import sum_of_encoded
from amt_console.store.rollups import finished, past_states, rebuild
from amt_console.store.rollups.buckets import MINUTE, OpenBuckets, Sample, Tally, floor, fold, minutes_of, spread
from amt_console.store.rollups.samples import sample_of_row
from amt_console.store.rollups.tables import ServiceStateRow
from amt_console.store.schema import table
from amt_console.store.utc import SECOND, micros

_STATE = table(ServiceStateRow)
_OPEN = select(
    *(
        _STATE.c[name]
        for name in ("service_name", "timestamp", "status", "response_us", "attempt", "interval_us", "open_buckets")
    )
)
_OPEN_OF = _OPEN.where(_STATE.c.service_name.in_(bindparam("services", expanding=True)))


class _Open:
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


def read(
    connection: Connection,
    *,
    resolution: int,
    start: datetime,
    end: datetime,
    now: datetime,
    services: Sequence[str] | None,
    histograms: bool,
) -> dict[str, list[Rollup]]:
    """The buckets of ``[start, end)``, oldest first, without empty ones; the first one whole, the last one cut."""
    if resolution not in RESOLUTIONS:
        raise ValueError(f"there are rollups of {RESOLUTIONS} seconds, not of {resolution}")
    level = RESOLUTIONS.index(resolution)
    length = resolution * SECOND
    low, high = floor(micros(start), length), micros(end)
    states = _open(connection, services)
    found: dict[str, dict[int, Rollup]] = {state.service: {} for state in states}
    for name, bucket in finished.each(
        connection, resolution, low, floor(high, length), services, histograms=histograms
    ):
        if name in found:
            found[name][bucket.start_us] = bucket
    for name, bucket in _running(connection, states, level, low, high, micros(now)):
        buckets, begin = found[name], bucket.start_us
        buckets[begin] = fold(begin, length, (buckets[begin], bucket)) if begin in buckets else bucket
    return {name: [_cut(buckets[begin], high) for begin in sorted(buckets)] for name, buckets in sorted(found.items())}


def read_courses(
    connection: Connection,
    *,
    resolution: int,
    windows: Sequence[tuple[datetime, datetime]],
    now: datetime,
    services: Sequence[str] | None = None,
) -> dict[str, list[finished.Measured]]:
    """What was measured in the buckets of each window, window by window and oldest first.

    Windows begin and end with buckets; they may be many hours with the buckets of all services.
    """
    level = RESOLUTIONS.index(resolution)
    length = resolution * SECOND
    states = _open(connection, services)
    found: dict[str, list[finished.Measured]] = {
        state.service: [] for state in sorted(states, key=lambda state: state.service)
    }
    for start, end in windows:
        low, high = floor(micros(start), length), micros(end)
        running: dict[str, list[Rollup]] = {}
        for name, part in _running(connection, states, level, low, high, micros(now)):
            running.setdefault(name, []).append(part)
        before = {name: len(found[name]) for name in running}
        finished.add_measured(connection, resolution, low, floor(high, length), services, found)
        for name, parts in running.items():
            course, first = found[name], min(part.start_us for part in parts)
            beside: list[finished.Measured] = []
            while len(course) > before[name] and course[-1][0] >= first:
                beside.append(course.pop())
            course += sorted(_with_running(beside, parts))
    return found


def _with_running(known: Iterable[finished.Measured], running: Iterable[Rollup]) -> Iterable[finished.Measured]:
    by_start = {bucket[0]: bucket for bucket in known}
    for part in running:
        times = part.histogram
        more = (part.up_us + part.degraded_us + part.down_us, part.down_us, times.count, times.total)
        _, *before = by_start.get(part.start_us, (0,) * 5)
        measured, down, timed, total = map(add, before, more)
        by_start[part.start_us] = (part.start_us, measured, down, timed, total)
    return by_start.values()


def read_steps(
    connection: Connection, *, resolution: int, start: datetime, end: datetime, step: int, now: datetime
) -> dict[str, list[Rollup]]:
    """The sums of the steps of ``[start, end)``, oldest first, without empty ones; the last one cut.

    ``start`` is that of a bucket, and a step of ``step`` seconds has whole buckets.
    """
    level = RESOLUTIONS.index(resolution)
    length, whole = resolution * SECOND, step * SECOND
    low, high = micros(start), micros(end)
    states = _open(connection, None)
    found: dict[str, dict[int, Rollup]] = {state.service: {} for state in states}
    for name, index, total in finished.each_step(connection, resolution, low, floor(high, length), whole):
        if name in found:
            found[name][index] = total
    for name, bucket in _running(connection, states, level, low, high, micros(now)):
        steps, index = found[name], (bucket.start_us - low) // whole
        known = (steps[index],) if index in steps else ()
        steps[index] = fold(low + index * whole, whole, (*known, bucket))
    return {
        name: [_cut(steps[index], high) for index in sorted(steps) if not steps[index].empty]
        for name, steps in sorted(found.items())
    }


def totals(
    connection: Connection,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    services: Sequence[str] | None,
    histograms: bool,
    exact: bool = False,
) -> dict[str, Rollup]:
    """Each service's sum over ``[start rounded down to the minute, end)``, from the coarsest buckets that fit.

    With ``exact`` it begins at ``start``: the rest of its minute is made out of raw rows.
    """
    asked, high = micros(start), micros(end)
    begin = asked if exact else floor(asked, MINUTE)
    states = _open(connection, services)
    parts: dict[str, list[Rollup]] = {state.service: [] for state in states}
    encoded: dict[str, list[bytes]] = {name: [] for name in parts}
    low = min(-(-begin // MINUTE) * MINUTE, high)
    if begin < low:
        for state in states:
            samples = [sample_of_row(row) for row in rebuild.rows_around(connection, state.service, begin, low)]
            parts[state.service] += minutes_of(samples, begin, low, running_until=min(low, micros(now))).values()
    for level, resolution in enumerate(RESOLUTIONS):
        coarser = RESOLUTIONS[level + 1] * SECOND if level + 1 < len(RESOLUTIONS) else None
        upto = high if coarser is None else -(-low // coarser) * coarser
        if coarser is not None and upto + coarser > high:
            upto = high
        if low < upto:
            whole = floor(upto, resolution * SECOND)
            finished.add_sums(connection, resolution, low, whole, services, parts, encoded if histograms else None)
            for name, part in _running(connection, states, level, low, upto, micros(now)):
                parts[name].append(part)
        low = upto
    return {name: _with_encoded(fold(begin, high - begin, parts[name]), encoded[name]) for name in sorted(parts)}


def _with_encoded(total: Rollup, encoded: list[bytes]) -> Rollup:
    """With the counts of histograms whose number, sum and extremes it has already."""
    if not encoded:
        return total
    counts = sum_of_encoded(encoded)
    for index, count in total.histogram.counts.items():
        counts[index] = counts.get(index, 0) + count
    return replace(total, histogram=replace(total.histogram, counts=counts))


def _open(connection: Connection, services: Sequence[str] | None) -> list[_Open]:
    if services is None:
        rows = connection.execute(_OPEN)
    else:
        rows = connection.execute(_OPEN_OF, {"services": sorted(services)})
    return [_Open(row["service_name"], sample_of_row(row), bytes(row["open_buckets"])) for row in rows.mappings().all()]


def _running(
    connection: Connection, states: Sequence[_Open], level: int, low: int, high: int, now: int
) -> Iterator[tuple[str, Rollup]]:
    """What services have in ``[low, high)`` beside their finished buckets that end by ``high``, each with its name."""
    length = RESOLUTIONS[level] * SECOND
    begin = floor(high, length)
    gone_on = [state.service for state in states if state.newest.at >= high]
    if gone_on and low <= begin < high:
        for name, part in _parts(connection, gone_on, begin, high, level):
            if not part.empty:
                yield name, part
    for state in states:
        if state.newest.at < high:
            for rollup in _open_buckets(state, level, low, min(high, now)):
                yield state.service, rollup


def _open_buckets(state: _Open, level: int, low: int, end: int) -> Iterator[Rollup]:
    """The unfinished bucket of a service from ``low`` on, and what its newest result speaks for up to ``end``."""
    length = RESOLUTIONS[level] * SECOND
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


def _parts(
    connection: Connection, names: Sequence[str], begin: int, end: int, level: int
) -> Iterator[tuple[str, Rollup]]:
    """The first parts of finished buckets, from finer ones and, within the last five minutes, from raw rows."""
    parts: dict[str, list[Rollup]] = {name: [] for name in names}
    at = begin
    for finer in range(level - 1, 0, -1):
        upto = floor(end, RESOLUTIONS[finer] * SECOND)
        if at < upto:
            for name, bucket in finished.each(connection, RESOLUTIONS[finer], at, upto, names, histograms=True):
                parts[name].append(bucket)
        at = upto
    if at < end:
        for name, samples in past_states.samples_around(connection, names, at, end).items():
            parts[name] += minutes_of(samples, at, end, running_until=end).values()
    for name, found in parts.items():
        yield name, fold(begin, RESOLUTIONS[level] * SECOND, found)


def _cut(rollup: Rollup, end: int) -> Rollup:
    """Ending at ``end`` where the question does."""
    return rollup if rollup.start_us + rollup.length_us <= end else replace(rollup, length_us=end - rollup.start_us)
