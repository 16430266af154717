"""Unusual stretches of a series: anomalies that are rare enough and large enough to tell a person about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.anomalies.judgement import judge_series
from amt_console.analysis.percentiles import median

LEAST_SCORE = 6.0
"""-log10 of the frequency on quiet series: a report judges thousands of values, and a quiet one names none."""
LEAST_DEVIATION = 0.5
"""Least distance from the series' median, relative to it."""
LEAST_SPREADS = 8.0
"""Least distance from the median in medians of all distances."""
LEAST_POINTS = 30
METHOD = (
    "the anomaly detectors' score of at least 6 (one value in a million on quiet series), at least 50 % and 8 median "
    "absolute deviations away from the median; neighbours are one stretch"
)


@dataclass(frozen=True, slots=True)
class Unusual:
    """A stretch of unusual values."""

    since: datetime
    until: datetime
    """Time of its last value."""
    value: float
    """Its most distant value, in the unit of the series."""
    usual: float
    """Median of the series."""
    why: str
    """The detector's reason for its first value."""


def unusual(points: Sequence[tuple[datetime, float]], *, upwards_only: bool = False) -> tuple[Unusual, ...]:
    """The unusual stretches of a series in ascending order.

    Args:
        points: Ascending in time.
        upwards_only: Whether low values are good news, as of response times.
    """
    values = [value for _, value in points]
    usual = median(values)
    if usual is None or len(values) < LEAST_POINTS:
        return ()
    spread = median([abs(value - usual) for value in values]) or 0.0
    least = max(LEAST_DEVIATION * abs(usual), LEAST_SPREADS * spread, 1e-9)
    far = [value - usual >= least or (not upwards_only and usual - value >= least) for value in values]
    if not any(far):
        return ()
    judged = judge_series(points)
    why = dict(zip(judged.flagged, judged.why, strict=True))
    found: list[Unusual] = []
    index = 0
    while index < len(values):
        if not far[index]:
            index += 1
            continue
        end = index
        while end + 1 < len(values) and far[end + 1]:
            end += 1
        told = [n for n in range(index, end + 1) if judged.scores[n] >= LEAST_SCORE and n in why]
        if told:
            worst = max(values[index : end + 1], key=lambda value: abs(value - usual))
            found.append(Unusual(points[index][0], points[end][0], worst, usual, why[told[0]]))
        index = end + 1
    return tuple(found)
