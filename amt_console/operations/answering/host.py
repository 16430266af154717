"""The host over a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from amt_console.analysis.disks import LEAST_SPAN, DiskCourse, disk_course
from amt_console.analysis.series import Window
from amt_console.clock import MICROSECOND
from amt_console.model import HostRollup, LatencyHistogram
from amt_console.model.queries import HostQuery
from amt_console.model.queries.host import DiskRoom, HostHistory, MetricCourse
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.grid import BucketGrid, grids
from amt_console.text import safe_text

_DAY = timedelta(days=1)
_DISK_STEP = 300
"""Seconds between the values of a disk that its forecast is made of."""
_MOST_DISKS = 64
_Rollups = Mapping[str, Sequence[HostRollup]]


def host(query: HostQuery, asked: Asked) -> HostHistory:
    """In the finest buckets that are kept; those of a past moment hold nothing later."""
    end = asked.end(query)
    grid, found = _metrics(asked, end, query)
    return HostHistory(
        start=grid.start,
        end=end,
        bucket_seconds=float(grid.seconds),
        metrics={name: _course(grid, rows) for name, rows in found.items()},
        disks=tuple(_disks(asked, grid, found)) if query.disks else (),
    )


def _metrics(asked: Asked, end: datetime, query: HostQuery) -> tuple[BucketGrid, _Rollups]:
    tried: list[tuple[BucketGrid, _Rollups]] = []
    for grid in grids(end, query.hours, query.most_buckets):
        found = asked.reads.host.rollups(
            resolution=grid.seconds, start=grid.start, end=end + MICROSECOND, histograms=False
        )
        tried.append((grid, found))
        if found:
            return grid, found
    return tried[0]


def _course(grid: BucketGrid, rows: Sequence[HostRollup]) -> MetricCourse:
    buckets = [None if each is None else each.histogram for each in grid.series(rows, lambda row: row.start)]
    total = LatencyHistogram.merged(row.histogram for row in rows)
    return MetricCourse(
        means=tuple(None if each is None else each.mean for each in buckets),
        highs=tuple(None if each is None else each.high for each in buckets),
        mean=total.mean,
        high=total.high,
    )


def _disks(asked: Asked, grid: BucketGrid, found: _Rollups) -> Iterator[DiskRoom]:
    sample = asked.reads.host.sample(grid.end)
    if sample is None or not sample.disks:
        return
    day = asked.reads.host.disks(grid.end - _DAY, grid.end + MICROSECOND, step=_DISK_STEP)
    window = Window(grid.start, grid.end, grid.seconds)
    fullest_first = sorted(sample.disks, key=lambda disk: -disk.percent)
    for place, disk in enumerate(fullest_first[:_MOST_DISKS]):
        # The rollups are those of the fullest disk.
        steps = found.get("disk_usage", ()) if place == 0 else ()
        course = disk_course(window, steps, day.get(disk.mount, ()))
        yield DiskRoom(
            mount=safe_text(disk.mount, 200),
            percent=disk.percent,
            total_bytes=disk.total_bytes,
            free_bytes=max(0, disk.total_bytes - disk.used_bytes),
            full_at=course.full_at,
            reason=_reason(course, window),
        )


def _reason(course: DiskCourse, window: Window) -> str:
    soon = course.forecast
    slow = soon.full_at is None and course.full_at is not None and course.since is not None
    if not slow or course.per_day is None or course.used_percent is None or course.since is None:
        return soon.reason
    days = max(window.end - course.since, LEAST_SPAN) / _DAY
    return f"{course.used_percent:.1f} % used, growing {course.per_day:.2f} points a day over the last {days:.0f} days"
