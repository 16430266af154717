"""Robust EWMA z-score: the deviation from an exponentially weighted level that outliers cannot drag away."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from amt_console.analysis.anomalies.detectors import NOTHING, DetectorReading

WARM_UP = 30
"""Values whose median and MAD begin the level and its scale; they get no score."""
LEVEL_WEIGHT = 0.05
SCALE_WEIGHT = 0.02
WINSOR = 3.0
"""Deviations count as at most so many scales when level and scale are updated."""
MEAN_DEVIATION_FACTOR = 1.2533
"""Standard deviation over mean absolute deviation of a normal distribution."""
MAD_FACTOR = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""
FLOOR = 0.001
"""The scale is at least this part of the level: a smaller change is none."""
LEAST_SCALE = 1e-9
BAND = 3.5
"""Half width of the expected band, and the alarm level, in scales."""


def ewma_readings(values: Sequence[float]) -> list[DetectorReading]:
    """One reading per value, in order of time."""
    readings = [NOTHING] * min(WARM_UP, len(values))
    if len(values) <= WARM_UP:
        return readings
    level = median(values[:WARM_UP])
    spread = MAD_FACTOR * median(abs(value - level) for value in values[:WARM_UP])
    for value in values[WARM_UP:]:
        scale = max(spread, FLOOR * abs(level), LEAST_SCALE)
        deviation = value - level
        readings.append(DetectorReading(abs(deviation) / scale, level - BAND * scale, level + BAND * scale))
        held = max(-WINSOR * scale, min(WINSOR * scale, deviation))
        level += LEVEL_WEIGHT * held
        spread = scale + SCALE_WEIGHT * (MEAN_DEVIATION_FACTOR * abs(held) - scale)
    return readings
