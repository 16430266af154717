"""What else moved when an alert began: services, the host and business figures, out of rollups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from amt_console.clock import moment
from amt_console.model import AlertType, Episode, FigureKind, series_of
from amt_console.model.histogram import SCALE

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
_Key = tuple[str, str]
"""Subject and signal."""


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
    histories, newest = _read(reads, begin, now, FINE)
    if newest is None or newest < begin - LEAD:
        # The fine rollups of that time are deleted.
        histories, _ = _read(reads, begin, now, COARSE)
    own = HOST, _OF_THE_HOST.get(episode.alert_type)
    others = [each for each in histories if each.subject != episode.subject and (each.subject, each.signal) != own]
    return moved_together(begin, others, now=now)[:most]


def looked_at_until(episode: Episode) -> datetime:
    """The end of all that ``moved_with`` reads: whatever ``now`` is from then on, its answer is the same."""
    return _whole(episode.opened_at + SPAN, COARSE)


def _read(reads: Reads, begin: datetime, now: datetime, resolution: int) -> tuple[list[SeriesHistory], datetime | None]:
    """The series around the beginning and in the weeks before, and the time of the newest value."""
    weeks = [begin - week * WEEK for week in range(WEEKS, 0, -1)]
    windows = [(then - LEAD - AROUND, then + SPAN + AROUND) for then in weeks]
    windows.append((begin - LEAD - HOURS_BEFORE, begin + SPAN))
    # Up to the end of a whole bucket: a part of one is made out of single results, service by service.
    windows = [(start, min(now, _whole(end, resolution))) for start, end in windows]
    points: dict[_Key, list[tuple[datetime, float]]] = {}
    for start, end in windows:
        for key, series in _others(reads, start, end, resolution):
            points.setdefault(key, []).extend(series)
    histories, newest = _services(reads, windows, resolution)
    newest += [at for series in points.values() for at, _ in series]
    histories += [SeriesHistory.of(*key, series) for key, series in points.items()]
    return histories, max(newest, default=None)


def _whole(end: datetime, resolution: int) -> datetime:
    return datetime.fromtimestamp(-(-end.timestamp() // resolution) * resolution, UTC)


def _others(
    reads: Reads, start: datetime, end: datetime, resolution: int
) -> Iterator[tuple[_Key, list[tuple[datetime, float]]]]:
    host = reads.host.rollups(resolution=resolution, start=start, end=end, metrics=HOST_SIGNALS, histograms=False)
    for signal, samples in host.items():
        means = ((each.start, each.histogram.mean) for each in samples)
        yield (HOST, signal), [(at, mean) for at, mean in means if mean is not None]
    for kind in FigureKind:
        for name, values in reads.figures.histories(kind, start, end).items():
            yield (kind.value, name), _thinned(values, resolution)


def _services(
    reads: Reads, windows: Sequence[tuple[datetime, datetime]], resolution: int
) -> tuple[list[SeriesHistory], list[datetime]]:
    """The series of the services, and the time of the newest value; those of time down only of services that were down:
    the others did not move.
    """
    courses = reads.services.courses(resolution=resolution, windows=windows)
    found: list[SeriesHistory] = []
    newest = 0
    # Nearly all services have the same buckets: their moments are made once.
    moments: dict[tuple[int, ...], tuple[datetime, ...]] = {}
    for name, course in courses.items():
        if not course or series_of(name, courses.keys()) is not None:
            continue
        starts, known, down, timed, total = zip(*course, strict=True)
        times = moments.get(starts)
        if times is None:
            times = moments[starts] = tuple(map(moment, starts))
        if all(timed):
            means = [took / count / SCALE for count, took in zip(timed, total, strict=True)]
            found.append(SeriesHistory(name, RESPONSE_TIME, times, means))
        else:
            each = zip(times, timed, total, strict=True)
            answered = [(at, took / count / SCALE) for at, count, took in each if count]
            found.append(SeriesHistory.of(name, RESPONSE_TIME, answered))
        if any(down):
            parts = [(at, 100 * part / whole) for at, part, whole in zip(times, down, known, strict=True) if whole]
            found.append(SeriesHistory.of(name, DOWN_TIME, parts))
        newest = max(newest, next((start for start, whole, _, count, _ in reversed(course) if count or whole), 0))
    return found, [moment(newest)] if newest else []


def _thinned(values: Sequence[tuple[datetime, float]], step: int) -> list[tuple[datetime, float]]:
    """The last value of each step: figures may be read every few seconds."""
    last: dict[int, tuple[datetime, float]] = {}
    for at, value in values:
        last[int(at.timestamp()) // step] = (at, value)
    return list(last.values())
