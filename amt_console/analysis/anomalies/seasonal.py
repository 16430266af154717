"""Seasonal residual: the deviation from the same hour of earlier weeks, by median and MAD.

Iglewicz and Hoaglin, "How to detect and handle outliers", 1993: modified z = 0.6745 (x - median) / MAD, alarm at 3.5.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from statistics import fmean, median

from amt_console.analysis.anomalies.detectors import NOTHING, DetectorReading

ALARM = 3.5
LEAST_WEEKS = 3
MOST_WEEKS = 8
"""Older weeks are forgotten."""
MAD_FACTOR = 1 / 0.6745
MEAN_DEVIATION_FACTOR = 1.2533
FLOOR = 0.001
LEAST_SCALE = 1e-9
RESIDUAL_WEIGHT = 0.005
"""Weight of a new residual in the usual one."""
WINSOR = 3.0
LEARN = 50
"""So many first residuals are counted as they are: there is no scale yet."""
HOURS_OF_WEEK = 168


class _Hour:
    """One hour of the week: its values by week, and the median and scale of those before the current week."""

    __slots__ = ("centre", "current", "scale", "week", "weeks")

    def __init__(self) -> None:
        self.weeks: deque[list[float]] = deque(maxlen=MOST_WEEKS)
        self.week: int | None = None
        self.current: list[float] = []
        self.centre = 0.0
        self.scale = 0.0

    def begin(self, week: int) -> None:
        """Close the week before, and take the median and MAD of all."""
        if self.current:
            self.weeks.append(self.current)
        self.week, self.current = week, []
        values = [value for each in self.weeks for value in each]
        if values:
            self.centre = median(values)
            deviations = [abs(value - self.centre) for value in values]
            self.scale = MAD_FACTOR * median(deviations) or MEAN_DEVIATION_FACTOR * fmean(deviations)


def seasonal_readings(points: Sequence[tuple[datetime, float]]) -> list[DetectorReading]:
    """One reading per point, in order of time; without one until an hour was seen in three weeks before."""
    readings: list[DetectorReading] = []
    hours: dict[int, _Hour] = {}
    usual, residuals = 0.0, 0
    for at, value in points:
        week, number = divmod(math.floor(at.timestamp() / 3600), HOURS_OF_WEEK)
        hour = hours.setdefault(number, _Hour())
        if hour.week != week:
            hour.begin(week)
        reading = NOTHING
        if hour.weeks:
            # Three values have a MAD of nearly 0 by chance: the usual residual of all hours is the least scale.
            scale = max(hour.scale, usual, FLOOR * abs(hour.centre), LEAST_SCALE)
            residual = abs(value - hour.centre)
            if len(hour.weeks) >= LEAST_WEEKS:
                reading = DetectorReading(residual / scale, hour.centre - ALARM * scale, hour.centre + ALARM * scale)
            residuals += 1
            held = MEAN_DEVIATION_FACTOR * (min(residual, WINSOR * scale) if residuals > LEARN else residual)
            usual += max(RESIDUAL_WEIGHT, 1 / residuals) * (held - usual)
        readings.append(reading)
        hour.current.append(value)
    return readings
