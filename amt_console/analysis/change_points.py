"""Lasting shifts of the level of a series: binary segmentation with Pettitt's rank test, without the daily rhythm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from amt_console.analysis.percentiles import median, usable
from amt_console.analysis.ranks import ranks
from amt_console.analysis.series import in_zone

METHOD = (
    "binary segmentation by Pettitt's rank test (1979), corrected for autocorrelation, on values without their rhythm "
    "by hour of the day and day of the week; a shift is told from p < 0.001 and 10 % of the level on"
)
LEAST_POINTS = 16
LEAST_SEGMENT = 8
"""Least values on each side of a change point."""
SIGNIFICANT_P = 0.001
SIGNIFICANT_CHANGE = 0.10
"""Least shift, relative to the level before."""
RHYTHM_DAYS = 3
"""Days from which on the daily rhythm is removed."""
WEEKLY_DAYS = 21
"""Days from which on the weekly rhythm is removed too."""
MOST_BLOCKS = 750
"""More values are judged as medians of as many neighbours as it takes."""
LINE_POINTS = 60
"""Most points of the line that a shift is compared with."""

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The level of a series shifted."""

    at: datetime
    """First value of the new level."""
    before: float
    """Median of the values up to the change point before, or the begin."""
    after: float
    p_value: float
    """Two-sided, of Pettitt's test."""


def change_points(points: Sequence[Point], *, zone: tzinfo | None = None) -> tuple[ChangePoint, ...]:
    """The shifts of a series, oldest first; a trend, an outlier and a daily rhythm are none.

    Args:
        points: In any order; values that are not finite are left out.
        zone: The zone of the hours of the day; that of the points by default.
    """
    known = sorted((at, value) for at, value in points if usable(value))
    if len(known) < LEAST_POINTS:
        return ()
    levels = _without_rhythm([in_zone(at, zone) if zone else at for at, _ in known], _comparable(known))
    width = math.ceil(len(known) / MOST_BLOCKS)
    blocks = [median(levels[n : n + width]) or 0.0 for n in range(0, len(levels), width)]
    cuts = _kept(blocks, _segments(blocks, 0, len(blocks)))
    found: list[ChangePoint] = []
    edges = [0, *cuts, len(blocks)]
    for begin, cut, end in zip(edges, edges[1:], edges[2:], strict=False):
        before = median([value for _, value in known[begin * width : cut * width]])
        after = median([value for _, value in known[cut * width : end * width]])
        assert before is not None
        assert after is not None
        if abs(after - before) >= SIGNIFICANT_CHANGE * abs(before):
            share = _independent(_residuals(blocks, edges))
            found.append(ChangePoint(known[cut * width][0], before, after, _p_at(blocks, begin, cut, end, share)))
    return tuple(found)


def _comparable(points: Sequence[Point]) -> list[float]:
    """Logarithms of positive values: a rhythm and a shift multiply rather than add."""
    values = [value for _, value in points]
    return [math.log(value) for value in values] if min(values) > 0 else values


def _without_rhythm(times: Sequence[datetime], values: Sequence[float]) -> list[float]:
    """Values minus the usual deviation of their hour from their day, and of their weekday from its week."""
    span = times[-1] - times[0]
    if span < timedelta(days=RHYTHM_DAYS):
        return list(values)
    values = _minus_pattern(values, [at.date() for at in times], [at.hour for at in times])
    if span >= timedelta(days=WEEKLY_DAYS):
        weeks = [date.fromordinal(at.toordinal() - at.weekday()) for at in times]
        values = _minus_pattern(values, weeks, [at.weekday() for at in times])
    return list(values)


def _minus_pattern(values: Sequence[float], periods: Sequence[date], seasons: Sequence[int]) -> list[float]:
    """Values minus the median deviation of their season from the median of their period."""
    parts: dict[date, list[float]] = {}
    for period, value in zip(periods, values, strict=True):
        parts.setdefault(period, []).append(value)
    centres = {period: median(part) or 0.0 for period, part in parts.items()}
    deviations: dict[int, list[float]] = {}
    for period, season, value in zip(periods, seasons, values, strict=True):
        deviations.setdefault(season, []).append(value - centres[period])
    pattern = {season: median(part) or 0.0 for season, part in deviations.items()}
    return [value - pattern[season] for season, value in zip(seasons, values, strict=True)]


def _segments(values: Sequence[float], begin: int, end: int) -> list[int]:
    """Candidates for cuts of a segment, ascending, as if all values were independent."""
    n = end - begin
    if n < 2 * LEAST_SEGMENT:
        return []
    statistics = _pettitt(values[begin:end])
    best = max(range(LEAST_SEGMENT, n - LEAST_SEGMENT + 1), key=lambda cut: abs(statistics[cut]))
    if _p_value(statistics[best], n, 1.0) >= SIGNIFICANT_P:
        return []
    cut = begin + best
    return [*_segments(values, begin, cut), cut, *_segments(values, cut, end)]


def _kept(values: Sequence[float], cuts: Sequence[int]) -> list[int]:
    """The cuts that are significant between their neighbours and no part of a slope; the weakest goes first."""
    kept = list(cuts)
    while kept:
        edges = [0, *kept, len(values)]
        triples = list(zip(edges, edges[1:], edges[2:], strict=False))
        share = _independent(_residuals(values, edges))
        p_values = [_p_at(values, begin, cut, end, share) for begin, cut, end in triples]
        worst = max(range(len(kept)), key=p_values.__getitem__)
        if p_values[worst] < SIGNIFICANT_P:
            slopes = [_line_error(values, begin, cut, end) for begin, cut, end in triples]
            worst = min(range(len(kept)), key=slopes.__getitem__)
            if slopes[worst] >= 1:
                break
        del kept[worst]
    return kept


def _p_at(values: Sequence[float], begin: int, cut: int, end: int, share: float) -> float:
    return _p_value(_pettitt(values[begin:end])[cut - begin], end - begin, share)


def _p_value(statistic: float, n: int, share: float) -> float:
    """Pettitt's approximation, with the number of independent values instead of their number."""
    return min(1.0, 2 * math.exp(-6 * statistic**2 * share / (n**3 + n**2)))


def _pettitt(values: Sequence[float]) -> list[float]:
    """The statistic for each length of the first part: twice the rank sum minus what chance would give."""
    found = ranks(values)
    n = len(values)
    total = 0.0
    statistics = [0.0]
    for count, rank in enumerate(found, start=1):
        total += rank
        statistics.append(2 * total - count * (n + 1))
    return statistics


def _independent(residuals: Sequence[float]) -> float:
    """Part of the values that is independent: (1 - r) / (1 + r) with the autocorrelation r of their ranks."""
    found = ranks(residuals)
    centre = (len(found) + 1) / 2
    total = sum((rank - centre) ** 2 for rank in found)
    if not total:
        return 1.0
    r = sum((one - centre) * (other - centre) for one, other in pairwise(found)) / total
    return (1 - r) / (1 + r) if r > 0 else 1.0


def _residuals(values: Sequence[float], edges: Sequence[int]) -> list[float]:
    """Values minus the median of their segment."""
    found: list[float] = []
    for begin, end in pairwise(edges):
        centre = median(values[begin:end]) or 0.0
        found += [value - centre for value in values[begin:end]]
    return found


def _line_error(values: Sequence[float], begin: int, cut: int, end: int) -> float:
    """Error of one straight line over that of a step at ``cut``; below 1 it is a slope, no shift."""
    part = list(enumerate(values[begin:end]))
    thinned = part[:: math.ceil(len(part) / LINE_POINTS)]
    slope = median([(y2 - y1) / (x2 - x1) for n, (x1, y1) in enumerate(thinned) for x2, y2 in thinned[n + 1 :]]) or 0.0
    line = sum(map(abs, _residuals([value - slope * place for place, value in part], [0, len(part)])))
    step = sum(map(abs, _residuals(values, [begin, cut, end])))
    return line / step if step else math.inf
