"""What else moved when an alert began: services, the host and business figures, out of rollups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from amt_console.analysis.correlation import (
    AROUND,
    HOURS_BEFORE,
    LEAD,
    SPAN,
    WEEK,
    WEEKS,
    Moved,
    SeriesHistory,
    moved_together,
)
from amt_console.model import AlertType, Episode, FigureKind, Rollup, series_of

if TYPE_CHECKING:
    from amt_console.store import Reads

RESPONSE_TIME, DOWN_TIME = "response_time", "down_time"
"""Signals of services: the mean in milliseconds, and the part of the measured time that was down, in percent."""
HOST = "host"
FINE, COARSE = 300, 3600
"""Seconds of the rollups that are read; the coarse ones are kept longer."""
HOST_SIGNALS = ("cpu_usage", "memory_usage", "disk_usage", "active_connections")
_OF_THE_HOST = {
    AlertType.CPU_USAGE: "cpu_usage",
    AlertType.MEMORY_USAGE: "memory_usage",
    AlertType.DISK_USAGE: "disk_usage",
}
_Points = dict[tuple[str, str], list[tuple[datetime, float]]]


def moved_with(reads: Reads, episode: Episode, *, now: datetime, most: int | None = None) -> tuple[Moved, ...]:
    """The signals that left their usual range when an alert began, strongest first.

    Not those of its own subject. Cheap: the two rollups of seven hours, and of one hour in each of four weeks.

    Args:
        reads: The database.
        episode: The alert.
        now: Nothing later is read.
        most: At most this many.
    """
    begin = episode.opened_at
    points = _read(reads, begin, now, FINE)
    if not any(at >= begin - LEAD for series in points.values() for at, _ in series):
        # The fine rollups of that time are deleted.
        points = _read(reads, begin, now, COARSE)
    own_signal = _OF_THE_HOST.get(episode.alert_type)
    histories = [
        SeriesHistory(subject, signal, tuple(sorted(series)))
        for (subject, signal), series in points.items()
        if subject != episode.subject
        and (subject, signal) != (HOST, own_signal)
        # A service that was never down did not move: half of all series.
        and (signal != DOWN_TIME or any(value for _, value in series))
    ]
    return moved_together(begin, histories, now=now)[:most]


def _read(reads: Reads, begin: datetime, now: datetime, resolution: int) -> _Points:
    windows = [(begin - LEAD - HOURS_BEFORE, begin + SPAN)]
    for week in range(WEEKS, 0, -1):
        then = begin - week * WEEK
        windows.append((then - LEAD - AROUND, then + SPAN + AROUND))
    found: _Points = {}
    for start, end in windows:
        # Up to the end of a whole bucket: a part of one is made out of single results, service by service.
        whole = datetime.fromtimestamp(-(-end.timestamp() // resolution) * resolution, UTC)
        for key, series in _between(reads, start, min(now, whole), resolution):
            found.setdefault(key, []).extend(series)
    return found


def _between(
    reads: Reads, start: datetime, end: datetime, resolution: int
) -> Iterator[tuple[tuple[str, str], list[tuple[datetime, float]]]]:
    services = reads.services.rollups(resolution=resolution, start=start, end=end, histograms=False)
    for name, buckets in services.items():
        if series_of(name, services.keys()) is None:
            starts = [each.start for each in buckets]
            yield (name, RESPONSE_TIME), _points(zip(starts, (each.mean_ms for each in buckets), strict=True))
            yield (name, DOWN_TIME), _points(zip(starts, map(_down_percent, buckets), strict=True))
    host = reads.host.rollups(resolution=resolution, start=start, end=end, metrics=HOST_SIGNALS, histograms=False)
    for signal, samples in host.items():
        yield (HOST, signal), _points((each.start, each.histogram.mean) for each in samples)
    for kind in FigureKind:
        for name, values in reads.figures.histories(kind, start, end).items():
            yield (kind.value, name), _thinned(values, resolution)


def _points(values: Iterable[tuple[datetime, float | None]]) -> list[tuple[datetime, float]]:
    return [(at, value) for at, value in values if value is not None]


def _down_percent(bucket: Rollup) -> float | None:
    known = bucket.up_us + bucket.degraded_us + bucket.down_us
    return (100 * bucket.down_us / known if bucket.down_us else 0.0) if known else None


def _thinned(values: Sequence[tuple[datetime, float]], step: int) -> list[tuple[datetime, float]]:
    """The last value of each step: figures may be read every few seconds."""
    last: dict[int, tuple[datetime, float]] = {}
    for at, value in values:
        last[int(at.timestamp()) // step] = (at, value)
    return list(last.values())
