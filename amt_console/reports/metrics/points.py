"""The points of ``export metrics``, in the order of time: raw rows where they exist, hourly or daily sums before.

Everything is read in short stretches of time, so memory does not grow with the range.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from amt_console.clock import SECOND, micros, moment
from amt_console.model import BusinessFigures, FigureUnit, HostRollup, HostSample, Rollup, ServiceState, Severity
from amt_console.reports.figures import info
from amt_console.store import HOST_METRICS, Reads
from amt_console.store.reads.raw import RawProbe
from amt_console.text import safe_text

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_MAX_NAME = 200
_HOST_UNITS = dict(zip(HOST_METRICS, ("percent", "percent", "percent", "B/s", "B/s", "count"), strict=True))
_LEVELS = {Severity.INFO: 1, Severity.WARNING: 2, Severity.CRITICAL: 3}
_SUFFIXES = {3600: "1h", 86_400: "1d"}
Stretch = Callable[[datetime, datetime], None]


class PointKind(StrEnum):
    """What a point is about."""

    SERVICE = "service"
    HOST = "host"
    FIGURE = "figure"
    ALERT = "alert"


class Point(NamedTuple):
    """One value. Sums have ``:1h`` or ``:1d`` behind the name of their metric, and the time of their start."""

    at_us: int
    kind: str
    name: str
    metric: str
    value: float
    unit: str


def points(
    reads: Reads,
    start: datetime,
    end: datetime,
    kinds: Collection[PointKind],
    *,
    done: Stretch = lambda since, until: None,
) -> Iterator[Point]:
    """All finite points of ``[start, end)``, by time, kind, name and metric.

    Args:
        reads: Of an open transaction.
        start: Begin.
        end: End.
        kinds: What they are about.
        done: Called with each stretch of time that follows.
    """
    raw_since = {name: _raw_since(reads, name, start) for name in ("monitoring_logs", "system_metrics")}
    summed_until = min(end, max(raw_since.values()))
    first = _first(reads, start, end, summed_until)
    at = start if first is None else max(start, first)
    while first is not None and at < end:
        length = DAY if at < summed_until else HOUR
        until = min(end, _next(at, length), summed_until if at < summed_until else end)
        done(at, until)
        sources = [source(reads, at, until, raw_since) for kind, source in _SOURCES.items() if kind in kinds]
        yield from heapq.merge(*map(_finite, sources))
        at = until


def _raw_since(reads: Reads, name: str, start: datetime) -> datetime:
    """Where raw rows of a table begin within a range: at the first hour that retention has left whole."""
    deleted = reads.raw.extent(name).deleted_before
    return start if deleted is None or deleted <= start else _next(deleted - timedelta(microseconds=1), HOUR)


def _first(reads: Reads, start: datetime, end: datetime, summed_until: datetime) -> datetime | None:
    """Before this moment is nothing; ``None`` if nothing is in the range."""
    known = [reads.raw.extent(name).oldest for name in ("monitoring_logs", "system_metrics", "business_figures")]
    known += [reads.raw.oldest_alert()]
    if start < summed_until:
        known.append(reads.raw.oldest_sum())
    found = [at for at in known if at is not None and at < end]
    return _down(min(found), HOUR) if found else None


def _services(reads: Reads, start: datetime, end: datetime, raw_since: dict[str, datetime]) -> Iterator[Point]:
    since = raw_since["monitoring_logs"]
    if start < since:
        yield from _sorted(_service_sums(reads, start, min(end, since)))
    if end > since:
        for probe in reads.raw.probes(max(start, since), end):
            yield from sorted(_probe(probe))


def _probe(probe: RawProbe) -> Iterator[Point]:
    name, prefix = _name(probe.service), "" if probe.attempt == 1 else "recheck_"
    if probe.state in (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN):
        up, slow = probe.state is not ServiceState.DOWN, probe.state is ServiceState.DEGRADED
        yield Point(probe.at_us, PointKind.SERVICE, name, f"{prefix}up", int(up), "boolean")
        yield Point(probe.at_us, PointKind.SERVICE, name, f"{prefix}degraded", int(slow), "boolean")
    elif probe.state is ServiceState.MAINTENANCE:
        yield Point(probe.at_us, PointKind.SERVICE, name, "maintenance", 1, "boolean")
    if probe.response_us is not None:
        yield Point(probe.at_us, PointKind.SERVICE, name, f"{prefix}response_time", probe.response_us / 1000, "ms")


def _service_sums(reads: Reads, start: datetime, end: datetime) -> Iterator[Point]:
    hours = reads.services.rollups(resolution=3600, start=start, end=end)
    hourly = any(hours.values())
    found = hours if hourly else reads.services.rollups(resolution=86_400, start=start, end=end)
    suffix = _SUFFIXES[3600 if hourly else 86_400]
    for name, buckets in found.items():
        for bucket in buckets:
            if moment(bucket.start_us) >= (start if hourly else _down(start, DAY)):
                yield from _bucket(_name(name), bucket, suffix)


def _bucket(name: str, bucket: Rollup, suffix: str) -> Iterator[Point]:
    times = bucket.histogram
    values: tuple[tuple[str, float | None, str], ...] = (
        ("checks", bucket.samples, "count"),
        ("errors", bucket.errors, "count"),
        ("up_seconds", bucket.up_s + bucket.degraded_s, "s"),
        ("degraded_seconds", bucket.degraded_s, "s"),
        ("down_seconds", bucket.down_s, "s"),
        ("maintenance_seconds", bucket.maintenance_s, "s"),
        ("response_time_mean", times.mean, "ms"),
        ("response_time_min", times.low, "ms"),
        ("response_time_p50", times.quantile(0.5), "ms"),
        ("response_time_p95", times.quantile(0.95), "ms"),
        ("response_time_p99", times.quantile(0.99), "ms"),
        ("response_time_max", times.high, "ms"),
    )
    for metric, value, unit in values:
        if value is not None:
            yield Point(bucket.start_us, PointKind.SERVICE, name, f"{metric}:{suffix}", value, unit)


def _host(reads: Reads, start: datetime, end: datetime, raw_since: dict[str, datetime]) -> Iterator[Point]:
    since = raw_since["system_metrics"]
    if start < since:
        yield from _sorted(_host_sums(reads, start, min(end, since)))
    if end > since:
        for sample in reads.raw.host_samples(max(start, since), end):
            yield from sorted(_sample(sample))


def _sample(sample: HostSample) -> Iterator[Point]:
    at, network = micros(sample.timestamp), sample.network
    rates = (None, None) if network is None else (network.sent_bytes, network.received_bytes)
    values = (sample.cpu_usage, sample.memory_usage, sample.disk_usage, *rates, sample.active_connections)
    for metric, value in zip(HOST_METRICS, values, strict=True):
        if value is not None:
            yield Point(at, PointKind.HOST, "host", metric, value, _HOST_UNITS[metric])


def _host_sums(reads: Reads, start: datetime, end: datetime) -> Iterator[Point]:
    hours = reads.host.rollups(resolution=3600, start=start, end=end)
    found = hours or reads.host.rollups(resolution=86_400, start=start, end=end)
    suffix = _SUFFIXES[3600 if hours else 86_400]
    for metric, buckets in found.items():
        for bucket in buckets:
            yield from _host_bucket(metric, bucket, suffix)


def _host_bucket(metric: str, bucket: HostRollup, suffix: str) -> Iterator[Point]:
    values = bucket.histogram
    named = (("mean", values.mean), ("min", values.low), ("p95", values.quantile(0.95)), ("max", values.high))
    for what, value in named:
        if value is not None:
            yield Point(
                bucket.start_us, PointKind.HOST, "host", f"{metric}_{what}:{suffix}", value, _HOST_UNITS[metric]
            )


def _figures(reads: Reads, start: datetime, end: datetime, _raw_since: dict[str, datetime]) -> Iterator[Point]:
    for read in reads.raw.figures(start, end):
        yield from sorted(_reading(read))


def _reading(read: BusinessFigures) -> Iterator[Point]:
    at = micros(read.timestamp)
    for name, figure in read.figures.items():
        unit = safe_text(figure.unit or info(read.kind, name).unit or FigureUnit.COUNT, 20)
        if isinstance(figure.value, tuple):
            for label, value in figure.value:
                if value is not None:
                    metric = f"{_name(name)}[{_name(label)}]"
                    yield Point(at, PointKind.FIGURE, read.kind.value, metric, value, unit)
        elif figure.value is not None:
            yield Point(at, PointKind.FIGURE, read.kind.value, _name(name), figure.value, unit)


def _alerts(reads: Reads, start: datetime, end: datetime, _raw_since: dict[str, datetime]) -> Iterator[Point]:
    """The level of each alert when it fired, and 0 when it ended."""
    found = []
    for episode in reads.raw.alerts(start, end):
        name, metric = _name(episode.subject), episode.alert_type.value
        for at, level in ((episode.fired_at, _LEVELS[episode.severity]), (episode.resolved_at, 0)):
            if at is not None and episode.fired_at is not None and start <= at < end:
                found.append(Point(micros(at), PointKind.ALERT, name, metric, level, "severity"))
    yield from sorted(found)


_SOURCES = {PointKind.ALERT: _alerts, PointKind.FIGURE: _figures, PointKind.HOST: _host, PointKind.SERVICE: _services}


def _sorted(found: Iterable[Point]) -> list[Point]:
    return sorted(found)


def _finite(found: Iterable[Point]) -> Iterator[Point]:
    return (point for point in found if math.isfinite(point.value))


def _name(text: str) -> str:
    return text if len(text) <= _MAX_NAME and text.isascii() and text.isprintable() else safe_text(text, _MAX_NAME)


def _down(at: datetime, length: timedelta) -> datetime:
    size = length // timedelta(seconds=1) * SECOND
    return moment(micros(at) // size * size).astimezone(UTC)


def _next(at: datetime, length: timedelta) -> datetime:
    return _down(at, length) + length
