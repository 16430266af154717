"""What a chart shows, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.model import Series
from widgets.plot.scale import known

Period = tuple[datetime, datetime]
"""Begin and end."""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line or phase of a chart; gaps where nothing was measured."""

    name: str
    values: Series
    """In equal parts of the time axis, oldest first. ``None``, NaN and infinite values are unknown."""


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A vertical line at a moment: when an alert began, the moment that is shown."""

    at: datetime
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """What a chart shows. Two plots are equal when they look equal."""

    lines: tuple[ChartLine, ...] = ()
    """At most four; the first one is the most important and lies on top."""
    start: datetime | None = None
    """Begin of the time axis. Without begin and end there are no outages and marks."""
    end: datetime | None = None
    labels: tuple[str, ...] = ()
    """Labels of the time axis instead of round times: one for each value, or spread from the start to the end."""
    unit: str = "ms"
    """``ms`` (seconds from 1000 on), ``B`` (powers of two), ``%``, any other unit, or none."""
    phases: tuple[ChartLine, ...] = ()
    """Parts of a whole as stacked areas, the lowest first; at most six."""
    failed: tuple[bool, ...] = ()
    """For equal parts of the time axis: most checks failed."""
    outages: tuple[Period, ...] = ()
    """Shaded periods."""
    shade: str = "outage"
    """What the shade means."""
    marks: tuple[ChartMark, ...] = ()
    limit: float | None = None
    """A threshold."""
    from_zero: bool = True
    """Whether the scale begins at zero; otherwise it shows the range of the values."""
    high: float | None = None
    """A fixed upper end of the scale, for example 100 for percent."""


def stacked(phases: Sequence[ChartLine]) -> list[tuple[float, ...] | None]:
    """For each part of the time axis the upper ends of the phases; ``None`` where no phase is known."""
    stacks: list[tuple[float, ...] | None] = []
    for at in range(max((len(each.values) for each in phases), default=0)):
        found = [each.values[at] if at < len(each.values) else None for each in phases]
        if all(value is None for value in found):
            stacks.append(None)
            continue
        tops, reached = [], 0.0
        for value in found:
            reached = known(reached + max(0.0, value or 0.0)) or 0.0
            tops.append(reached)
        stacks.append(tuple(tops))
    return stacks
