"""When the fullest disk will be full: from the last day, else from the whole window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.analysis.forecasts.disk_full import disk_full
from amt_console.analysis.forecasts.forecast import Forecast
from amt_console.analysis.series import Window
from amt_console.analysis.trend import SIGNIFICANT_P, trend
from amt_console.model import HostRollup

LEAST_SPAN = timedelta(days=2)
"""Windows of at least this length have a pace of their own."""
LEAST_GROWTH = 1.0
"""Points of the disk that it must have grown by over the window."""
LEAST_USED_PERCENT = 50.0
HORIZON = timedelta(days=30)
CLEAN_UP_PERCENT = 2.0
"""A drop of so many points between two steps: what was before it tells nothing."""
METHOD = (
    "full within a day: see the forecast; else Theil-Sen slope over the window since the last clean-up, significant by "
    "the Mann-Kendall test, at least one point grown, over 50 % used and full within 30 days"
)


@dataclass(frozen=True, slots=True)
class DiskCourse:
    """How the fullest disk fills."""

    used_percent: float | None
    """At the window's end."""
    per_day: float | None
    """Points of the disk per day, over the window; ``None`` with too little data."""
    p_value: float | None
    full_at: datetime | None
    """When it will be full at this pace; ``None`` if not in sight."""
    since: datetime | None
    """Begin of the data that the pace comes from."""
    forecast: Forecast
    """Of the last day."""


NO_DISK = DiskCourse(None, None, None, None, None, Forecast("", None, None, (), "nothing was measured"))


def disk_course(window: Window, steps: Sequence[HostRollup], last_day: Sequence[HostRollup]) -> DiskCourse:
    """The course of the fullest disk.

    Args:
        window: The window.
        steps: One for every step of it.
        last_day: Of the 24 hours before its end, in shorter steps.
    """
    soon = disk_full(last_day, now=window.end)
    points = _since_clean_up([(r.start, used) for r in steps if (used := r.histogram.mean) is not None])
    recent = [used for r in last_day if (used := r.histogram.mean) is not None]
    used = recent[-1] if recent else points[-1][1] if points else None
    pace = None
    if points and points[-1][0] - points[0][0] >= LEAST_SPAN:
        first = points[0][0]
        pace = trend([(at - first).total_seconds() / 3600 for at, _ in points], [value for _, value in points])
    full_at, since = soon.full_at, None if soon.full_at is None else window.end - timedelta(hours=24)
    if full_at is None and pace is not None and used is not None:
        grows = pace.p_value < SIGNIFICANT_P and pace.change >= LEAST_GROWTH and used > LEAST_USED_PERCENT
        hours = (100 - used) / pace.slope_per_hour if grows and pace.slope_per_hour > 0 else None
        if hours is not None and timedelta(hours=hours) <= HORIZON:
            full_at, since = window.end + timedelta(hours=hours), points[0][0]
    return DiskCourse(
        used_percent=used,
        per_day=None if pace is None else 24 * pace.slope_per_hour,
        p_value=None if pace is None else pace.p_value,
        full_at=full_at,
        since=since,
        forecast=soon,
    )


def _since_clean_up(points: Sequence[tuple[datetime, float]]) -> Sequence[tuple[datetime, float]]:
    begin = 0
    for index in range(1, len(points)):
        if points[index - 1][1] - points[index][1] >= CLEAN_UP_PERCENT:
            begin = index
    return points[begin:]
