"""Unusual stretches of a series: anomalies that are rare enough and large enough to tell a person about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from amt_console.analysis.anomalies.judgement import judge_series
from amt_console.analysis.percentiles import median
from amt_console.analysis.series import in_zone

LEAST_SCORE = 6.0
"""-log10 of the frequency on quiet series: a report judges thousands of values, and a quiet one names none."""
LEAST_DEVIATION = 0.5
"""Least distance from the series' median, relative to it, without the rhythm of the day."""
LEAST_SPREADS = 6.0
"""Least distance from the median in medians of all distances."""
LEAST_POINTS = 30
RHYTHM_DAYS = 3
"""Series of at least this length are judged without the rhythm of the day."""
METHOD = (
    "the anomaly detectors' score of at least 6 (one value in a million on quiet series), at least 50 % and 6 median "
    "absolute deviations away from the usual value of the hour of the day; neighbours are one stretch"
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
    """Median of its hour of the day, in short series of all values."""
    why: str
    """The detector's reason for its first value, without numbers of the series."""


def unusual(
    points: Sequence[tuple[datetime, float]], *, zone: tzinfo, upwards_only: bool = False
) -> tuple[Unusual, ...]:
    """The unusual stretches of a series in ascending order.

    Args:
        points: Ascending in time.
        zone: Of the hours of the day.
        upwards_only: Whether low values are good news, as of response times.
    """
    if len(points) < LEAST_POINTS:
        return ()
    usual = _usual(points, zone)
    level = median([value for _, value in points]) or 0.0
    plain = [
        value * level / at_hour if at_hour > 0 else value for (_, value), at_hour in zip(points, usual, strict=True)
    ]
    centre = median(plain) or 0.0
    spread = median([abs(value - centre) for value in plain]) or 0.0
    least = max(LEAST_DEVIATION * abs(centre), LEAST_SPREADS * spread, 1e-9)
    far = [value - centre >= least or (not upwards_only and centre - value >= least) for value in plain]
    if not any(far):
        return ()
    judged = judge_series([(at, value) for (at, _), value in zip(points, plain, strict=True)])
    why = dict(zip(judged.flagged, judged.why, strict=True))
    found: list[Unusual] = []
    index = 0
    while index < len(plain):
        if not far[index]:
            index += 1
            continue
        end = index
        while end + 1 < len(plain) and far[end + 1]:
            end += 1
        told = [n for n in range(index, end + 1) if judged.scores[n] >= LEAST_SCORE and n in why]
        if told:
            worst = max(range(index, end + 1), key=lambda n: abs(plain[n] - centre))
            # The numbers of the reason are of the series without its rhythm: beside the value they would contradict it.
            reason = why[told[0]].partition(": ")[2]
            found.append(Unusual(points[index][0], points[end][0], points[worst][1], usual[worst], reason))
        index = end + 1
    return tuple(found)


def _usual(points: Sequence[tuple[datetime, float]], zone: tzinfo) -> list[float]:
    """The usual value at each point: the median of its hour of the day, in short series that of all."""
    level = median([value for _, value in points]) or 0.0
    if points[-1][0] - points[0][0] < timedelta(days=RHYTHM_DAYS):
        return [level] * len(points)
    groups: dict[int, list[float]] = {}
    hours = [in_zone(at, zone).hour for at, _ in points]
    for hour, (_, value) in zip(hours, points, strict=True):
        groups.setdefault(hour, []).append(value)
    usual = {hour: median(values) or 0.0 for hour, values in groups.items()}
    return [usual[hour] for hour in hours]
