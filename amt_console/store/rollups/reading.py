"""Reading rollups: stored buckets, the unfinished ones, and the running tail of the newest result, up to any moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from amt_console.model import ServiceState
from amt_console.store.result_rows import sample_of_row
from amt_console.store.rollups import finished, rebuild
from amt_console.store.rollups.buckets import (
    MINUTE,
    RESOLUTIONS,
    Bucket,
    OpenBuckets,
    Sample,
    floor,
    minutes_of,
    spread,
)
from amt_console.store.rollups.histogram import LatencyHistogram, add_encoded, merge_counts
from amt_console.store.rollups.tables import ServiceStateRow
from amt_console.store.schema import table
from amt_console.store.utc import SECOND, micros, moment

_STATE = table(ServiceStateRow)
_OPEN = select(
    *(
        _STATE.c[name]
        for name in ("service_name", "timestamp", "status", "response_us", "attempt", "interval_us", "open_buckets")
    )
)
_OPEN_OF = _OPEN.where(_STATE.c.service_name.in_(bindparam("services", expanding=True)))


@dataclass(frozen=True, slots=True)
class ServiceRollup:
    """What happened to a service in one stretch of time. Seconds are time-weighted; response times in milliseconds."""

    service: str
    start: datetime
    seconds: float
    """Length of the stretch; shorter than the resolution where the question ends inside a bucket."""
    samples: int = 0
    """Scheduled probes that measured something."""
    errors: int = 0
    """Those of them that found the service down."""
    up_s: float = 0.0
    degraded_s: float = 0.0
    down_s: float = 0.0
    maintenance_s: float = 0.0
    sum_ms: float = 0.0
    """Sum of the response times in ``histogram``: those of answers that were correct."""
    min_ms: float | None = None
    max_ms: float | None = None
    histogram: LatencyHistogram = field(default_factory=LatencyHistogram)
    timed: int = 0
    """How many response times ``sum_ms`` holds, known without the histogram, too."""

    @property
    def unknown_s(self) -> float:
        """What nobody measured."""
        return max(0.0, self.seconds - self.up_s - self.degraded_s - self.down_s - self.maintenance_s)

    @property
    def mean_ms(self) -> float | None:
        """Mean response time, ``None`` without any."""
        count = self.timed or self.histogram.count
        return self.sum_ms / count if count else None

    @property
    def availability(self) -> float | None:
        """(up + degraded) / (up + degraded + down), 0 to 1.

        ``None`` if none was measured. Show it only with ``coverage``.
        """
        good = self.up_s + self.degraded_s
        known = good + self.down_s
        return good / known if known else None

    @property
    def coverage(self) -> float:
        """Which part of the time outside maintenance was measured, 0 to 1."""
        window = self.seconds - self.maintenance_s
        return min(1.0, (self.up_s + self.degraded_s + self.down_s) / window) if window > 0 else 0.0

    @property
    def error_rate(self) -> float | None:
        """Errors per sample, 0 to 1; ``None`` without samples."""
        return self.errors / self.samples if self.samples else None


def merged(parts: Sequence[ServiceRollup]) -> ServiceRollup | None:
    """Rollups of one service added up; ``None`` for none. ``start`` is the earliest, ``seconds`` the sum."""
    if not parts:
        return None
    counts: dict[int, int] = {}
    for part in parts:
        merge_counts(counts, part.histogram.counts)
    return ServiceRollup(
        service=parts[0].service,
        start=min(part.start for part in parts),
        seconds=sum(part.seconds for part in parts),
        samples=sum(part.samples for part in parts),
        errors=sum(part.errors for part in parts),
        up_s=sum(part.up_s for part in parts),
        degraded_s=sum(part.degraded_s for part in parts),
        down_s=sum(part.down_s for part in parts),
        maintenance_s=sum(part.maintenance_s for part in parts),
        sum_ms=sum(part.sum_ms for part in parts),
        min_ms=min((part.min_ms for part in parts if part.min_ms is not None), default=None),
        max_ms=max((part.max_ms for part in parts if part.max_ms is not None), default=None),
        timed=sum(part.timed for part in parts),
        histogram=LatencyHistogram(counts),
    )


@dataclass(frozen=True, slots=True)
class _Open:
    service: str
    newest: Sample
    buckets: OpenBuckets


def read(
    connection: Connection,
    *,
    resolution: int,
    start: datetime,
    end: datetime,
    now: datetime,
    services: Sequence[str] | None,
    histograms: bool,
) -> dict[str, list[ServiceRollup]]:
    """The buckets of ``[start, end)``, oldest first, without empty ones; the first one whole, the last one cut."""
    if resolution not in RESOLUTIONS:
        raise ValueError(f"there are rollups of {RESOLUTIONS} seconds, not of {resolution}")
    level = RESOLUTIONS.index(resolution)
    length = resolution * SECOND
    low, high = floor(micros(start), length), micros(end)
    states = _open(connection, services)
    found: dict[str, dict[int, Bucket]] = {state.service: {} for state in states}
    for name, bucket in finished.each(
        connection, resolution, low, floor(high, length), services, histograms=histograms
    ):
        if name in found:
            found[name][bucket.start] = bucket
    for state in states:
        buckets = found[state.service]
        for bucket in _running(connection, state, level, low, high, micros(now)):
            if bucket.start in buckets:
                buckets[bucket.start].add(bucket)
            else:
                buckets[bucket.start] = bucket
    return {
        name: [_rollup(name, buckets[begin], begin, min(begin + length, high)) for begin in sorted(buckets)]
        for name, buckets in sorted(found.items())
    }


def totals(
    connection: Connection, *, start: datetime, end: datetime, now: datetime, services: Sequence[str] | None
) -> dict[str, ServiceRollup]:
    """Each service's sum over ``[start rounded down to the minute, end)``, from the coarsest buckets that fit."""
    begin, high = floor(micros(start), MINUTE), micros(end)
    states = _open(connection, services)
    sums = {state.service: Bucket(begin) for state in states}
    histograms: dict[str, list[bytes]] = {name: [] for name in sums}
    low = begin
    for level, resolution in enumerate(RESOLUTIONS):
        coarser = RESOLUTIONS[level + 1] * SECOND if level + 1 < len(RESOLUTIONS) else None
        upto = high if coarser is None else -(-low // coarser) * coarser
        if coarser is not None and upto + coarser > high:
            upto = high
        if low < upto:
            whole = floor(upto, resolution * SECOND)
            finished.add_sums(connection, resolution, low, whole, services, sums, histograms)
            for state in states:
                for bucket in _running(connection, state, level, low, upto, micros(now)):
                    sums[state.service].add(bucket)
        low = upto
    for name, parts in histograms.items():
        add_encoded(sums[name].histogram, parts)
    return {name: _rollup(name, bucket, begin, high) for name, bucket in sorted(sums.items())}


def _open(connection: Connection, services: Sequence[str] | None) -> list[_Open]:
    if services is None:
        rows = connection.execute(_OPEN)
    else:
        rows = connection.execute(_OPEN_OF, {"services": sorted(services)})
    return [
        _Open(row["service_name"], sample_of_row(row), OpenBuckets.unpacked(bytes(row["open_buckets"])))
        for row in rows.mappings().all()
    ]


def _running(connection: Connection, state: _Open, level: int, low: int, high: int, now: int) -> Iterator[Bucket]:
    """What a service has in ``[low, high)`` beside its finished buckets that end by ``high``."""
    length = RESOLUTIONS[level] * SECOND
    newest = state.newest
    if newest.at >= high:
        begin = floor(high, length)
        if low <= begin < high:
            part = _part(connection, state.service, begin, high, level)
            if not part.empty:
                yield part
        return
    current = state.buckets.current(level)
    if low <= current.start and not current.empty:
        yield current
    if newest.state is not ServiceState.UNKNOWN:
        for minute, kind, duration in spread(newest.state, newest.at, min(high, now, newest.speaks_until)):
            if floor(minute, length) >= low:
                bucket = Bucket(floor(minute, length))
                bucket.credit(kind, duration)
                yield bucket


def _part(connection: Connection, name: str, begin: int, end: int, level: int) -> Bucket:
    """The first part of a finished bucket, from finer ones and, within the last five minutes, from raw rows."""
    whole = Bucket(begin)
    at = begin
    for finer in range(level - 1, 0, -1):
        length = RESOLUTIONS[finer] * SECOND
        upto = floor(end, length)
        for bucket in rebuild.stored(connection, name, length, at, upto):
            whole.add(bucket)
        at = upto
    samples = [sample_of_row(row) for row in rebuild.rows_around(connection, name, at, end)]
    for minute in minutes_of(samples, at, end).values():
        whole.add(minute)
    return whole


def _rollup(service: str, bucket: Bucket, start: int, end: int) -> ServiceRollup:
    return ServiceRollup(
        service=service,
        start=moment(start),
        seconds=(end - start) / SECOND,
        samples=bucket.samples,
        errors=bucket.errors,
        up_s=bucket.up / SECOND,
        degraded_s=bucket.degraded / SECOND,
        down_s=bucket.down / SECOND,
        maintenance_s=bucket.maintenance / SECOND,
        sum_ms=bucket.total / 1000,
        min_ms=bucket.least / 1000 if bucket.timed else None,
        max_ms=bucket.most / 1000 if bucket.timed else None,
        timed=bucket.timed,
        histogram=LatencyHistogram(bucket.histogram),
    )
