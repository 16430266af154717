"""A series on a regular grid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amt_console.analysis.percentiles import mean, usable

MOST_STEPS = 4000
"""Older steps are left out: they say little about the coming ones."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Mean values of steps of equal length; ``None`` where nothing was measured."""

    start: datetime
    step: float
    """Seconds."""
    values: Sequence[float | None]

    def at(self, index: int) -> datetime:
        """Start of a step, also of one after the end."""
        return self.start + timedelta(seconds=self.step * index)


def grid_of(points: Iterable[tuple[datetime, float]], step: float, most: int = MOST_STEPS) -> Grid | None:
    """The points on steps of whole multiples of ``step`` since 1970; ``None`` without finite values.

    A value that is not finite, or absurdly large, is left out. So is the time more than ``most`` steps before the end.
    """
    if not step > 0:
        raise ValueError(f"a step needs a length above 0 seconds, not {step}")
    steps: dict[int, list[float]] = {}
    for at, value in points:
        if usable(value):
            steps.setdefault(math.floor(at.timestamp() / step), []).append(value)
    if not steps:
        return None
    last = max(steps)
    first = max(min(steps), last - most + 1)
    values = [mean(steps[index]) if index in steps else None for index in range(first, last + 1)]
    return Grid(datetime.fromtimestamp(first * step, UTC), step, values)
