"""Shifts of the response time that a report tells: confirmed by equal hours of the day, and no trend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from amt_console.analysis.change_points import ChangePoint, change_points
from amt_console.analysis.latency import SEASONAL_FROM_HOURS
from amt_console.analysis.percentiles import median
from amt_console.analysis.series import in_zone
from amt_console.analysis.trend import Trend

LEAST_SHIFT = 0.2
"""Least typical shift of equal hours of the day, relative to before."""
LEAST_SHIFT_OF_A_DAY = 0.3
"""The same in windows of less than three days: one day is not quite like the next."""
LEAST_SHIFT_OF_A_WEEK = 0.6
"""The same where the weekend begins or ends, in windows too short to show the rhythm of the week."""
WEEKEND_NEAR = timedelta(hours=12)
WEEKS = timedelta(days=21)
LEAST_HOURS = 6
"""Least hours of the day on both sides of a shift."""
METHOD = (
    "a change point is told if equal hours of the day typically differ by at least 20 % before and after it, and if a "
    "straight line does not describe the window better; in windows of less than three days equal hours of the window "
    "before take out the daily rhythm, and the shift must be at least 30 %"
)
Points = Sequence[tuple[datetime, float]]


def level_shifts(
    points: Points, *, trend: Trend | None, usual: Mapping[int, float], zone: tzinfo
) -> tuple[ChangePoint, ...]:
    """The shifts of a series of positive values, oldest first.

    Args:
        points: Ascending in time.
        trend: Of the same series.
        usual: Usual value by hour of the day, of the window before.
        zone: Of the hours of the day.
    """
    if len(points) < 2:
        return ()
    if (points[-1][0] - points[0][0]).total_seconds() / 3600 < SEASONAL_FROM_HOURS - 3:
        return _of_a_day(points, usual, zone)
    found = change_points(points, zone=zone)
    kept = _confirmed(points, found, zone)
    return () if kept and trend is not None and _is_trend(points, kept, trend, zone) else kept


def _of_a_day(points: Points, usual: Mapping[int, float], zone: tzinfo) -> tuple[ChangePoint, ...]:
    level = median(list(usual.values()))
    hours = [in_zone(at, zone).hour for at, _ in points]
    if not level or any(not usual.get(hour) for hour in hours):
        return ()
    found = change_points([(at, level * ms / usual[hour]) for (at, ms), hour in zip(points, hours, strict=True)])
    return tuple(
        each
        for each in found
        if abs(math.log(each.after / each.before))
        >= math.log1p(LEAST_SHIFT_OF_A_WEEK if _at_weekend(each.at, zone) else LEAST_SHIFT_OF_A_DAY)
    )


def _at_weekend(at: datetime, zone: tzinfo) -> bool:
    """Whether the weekend begins or ends about then."""
    earlier, later = (at - WEEKEND_NEAR).astimezone(zone), (at + WEEKEND_NEAR).astimezone(zone)
    return (earlier.weekday() >= 5) != (later.weekday() >= 5)


def _confirmed(points: Points, found: Sequence[ChangePoint], zone: tzinfo) -> tuple[ChangePoint, ...]:
    """Those that equal hours of the day show, too; a removed one joins its neighbours."""
    kept = list(found)
    short = points[-1][0] - points[0][0] < WEEKS
    while kept:
        edges = [points[0][0], *(each.at for each in kept)]
        strengths = []
        for index, each in enumerate(kept):
            end = kept[index + 1].at if index + 1 < len(kept) else None
            before = [(at, value) for at, value in points if edges[index] <= at < each.at]
            after = [(at, value) for at, value in points if at >= each.at and (end is None or at < end)]
            strengths.append(_typical(before, after, zone))
            strengths[-1] -= math.log1p(LEAST_SHIFT_OF_A_WEEK if short and _at_weekend(each.at, zone) else LEAST_SHIFT)
        weakest = min(range(len(kept)), key=strengths.__getitem__)
        if strengths[weakest] >= 0:
            break
        del kept[weakest]
    return tuple(kept)


def _typical(before: Points, after: Points, zone: tzinfo) -> float:
    """Typical absolute logarithm of the ratio of equal hours of the day; 0 with too few of them."""
    first, second = _hourly(before, zone), _hourly(after, zone)
    ratios = [math.log(second[hour] / first[hour]) for hour in first.keys() & second.keys() if first[hour] > 0]
    least = min(LEAST_HOURS, len(_hourly([*before, *after], zone)) // 2)
    return abs(median(ratios) or 0.0) if len(ratios) >= least else 0.0


def _hourly(points: Points, zone: tzinfo) -> dict[int, float]:
    groups: dict[int, list[float]] = {}
    for at, value in points:
        groups.setdefault(in_zone(at, zone).hour, []).append(value)
    return {hour: median(values) or 0.0 for hour, values in groups.items()}


def _is_trend(points: Points, shifts: Sequence[ChangePoint], trend: Trend, zone: tzinfo) -> bool:
    """Whether a straight line describes the values about as well as the levels."""
    if trend.direction == "steady":
        return False
    usual = _hourly(points, zone)
    values = [value - usual[in_zone(at, zone).hour] for at, value in points]
    hours = [(at - points[0][0]).total_seconds() / 3600 for at, _ in points]
    beside = [value - trend.slope_per_hour * hour for value, hour in zip(values, hours, strict=True)]
    line = _spread(beside)
    edges = [*(each.at for each in shifts), None]
    parts, begin = 0.0, 0
    for edge in edges:
        end = next((n for n, (at, _) in enumerate(points) if edge is not None and at >= edge), len(points))
        parts += _spread(values[begin:end])
        begin = end
    return line <= parts * (1 + 0.5 * (len(shifts) - 1))


def _spread(values: Sequence[float]) -> float:
    """Sum of the distances from the median."""
    centre = median(values) or 0.0
    return sum(abs(value - centre) for value in values)
