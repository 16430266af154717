"""The chart of a figure with outages and projection, and what it says in words. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.model import FigureUnit, StateSpan
from amt_console.model.queries.business import BusinessHistory, FigureCourse, ProjectedPoint, Projection
from amt_console.text import ONGOING, duration, figure_text, percent, short_moment
from widgets.cells import Run, Runs, clean, crop
from widgets.chart import ChartLine, Plot
from widgets.look import Look
from widgets.tables.figure_table import FigureRow, change_percent, change_words

_AHEAD = 0.5
"""A projection takes at most this part of the window, so that the past stays readable."""
_MOST_AHEAD = 2000
_MOST_NAMES = 3
_NAME_CELLS = 32
_UNITS = {FigureUnit.PERCENT: "%", FigureUnit.SECONDS: "s"}


@dataclass(frozen=True, slots=True)
class Beside:
    """An outage, and what a figure did at the same time."""

    span: StateSpan
    change_percent: float | None = None
    """``None`` where the figure is not known before it, or neither during it nor after it."""


def unit_of(course: FigureCourse) -> str:
    """The unit on the axis."""
    if course.unit is FigureUnit.MONEY:
        return course.currency or ""
    return _UNITS.get(course.unit, "") if course.unit is not None else ""


def figure_plot(label: str, course: FigureCourse, history: BusinessHistory) -> Plot:
    """The course of a figure with the outages shaded; behind it the projection with its band, where there is one."""
    shaded = tuple((span.start, span.end) for span in history.outages)
    plot = Plot(
        (ChartLine(label, course.values),),
        history.start,
        history.end,
        unit=unit_of(course),
        outages=shaded,
        from_zero=False,
    )
    points = _shown_points(course, history)
    if not points or not course.values:
        return plot
    step = (history.end - history.start) / len(course.values)
    count = min(_MOST_AHEAD, int((points[-1].at - history.end) / step) + 1)
    moments = [history.end + step * (at + 0.5) for at in range(count)]
    nothing = (None,) * len(course.values)
    last = course.last if course.last is not None and math.isfinite(course.last) else points[0].value
    known = [ProjectedPoint(history.end, last, last, last), *points]
    ahead = [_between(known, moment) for moment in moments]
    return Plot(
        (
            ChartLine(label, (*course.values, *(None,) * count)),
            ChartLine("projection", (*nothing, *(each.value for each in ahead))),
            ChartLine("low", (*nothing, *(each.low for each in ahead))),
            ChartLine("high", (*nothing, *(each.high for each in ahead))),
        ),
        history.start,
        history.end + step * count,
        unit=plot.unit,
        outages=shaded,
        from_zero=False,
    )


def _shown_points(course: FigureCourse, history: BusinessHistory) -> list[ProjectedPoint]:
    """The projected points that the chart has room for; a single one is no course."""
    until = history.end + (history.end - history.start) * _AHEAD
    found = [each for each in _known_points(course.projection) if history.end < each.at <= until]
    return found if len(found) > 1 else []


def _known_points(found: Projection | None) -> list[ProjectedPoint]:
    points = found.points if found is not None else ()
    return [each for each in points if all(map(math.isfinite, (each.value, each.low, each.high)))]


def _between(points: Sequence[ProjectedPoint], moment: datetime) -> ProjectedPoint:
    """The value at a moment, on the straight line between its neighbours."""
    after = next((at for at, each in enumerate(points) if each.at >= moment), len(points) - 1)
    one, other = points[max(0, after - 1)], points[after]
    whole = (other.at - one.at).total_seconds()
    part = min(1.0, max(0.0, (moment - one.at).total_seconds() / whole)) if whole > 0 else 1.0

    def mixed(first: float, second: float) -> float:
        return first * (1 - part) + second * part

    return ProjectedPoint(moment, mixed(one.value, other.value), mixed(one.low, other.low), mixed(one.high, other.high))


def beside(course: FigureCourse | None, history: BusinessHistory) -> tuple[Beside, ...]:
    """The outages of the window, newest first, each with the change of the figure from before it to its end."""
    return tuple(Beside(span, _change_over(course, history, span)) for span in reversed(history.outages))


def _change_over(course: FigureCourse | None, history: BusinessHistory, span: StateSpan) -> float | None:
    """From the last value before an outage to the last one during it, or the first one after it."""
    if course is None or not course.values or history.end <= history.start:
        return None
    step = (history.end - history.start) / len(course.values)
    first = max(0, min(len(course.values), int((span.start - history.start) / step)))
    last = max(first, min(len(course.values) - 1, int((span.end - history.start - timedelta(microseconds=1)) / step)))
    before = next((value for value in reversed(course.values[:first]) if value is not None), None)
    during = next((value for value in reversed(course.values[first : last + 1]) if value is not None), None)
    after = next((value for value in course.values[last + 1 :] if value is not None), None)
    return change_percent(before, during if during is not None else after)


def cause_lines(found: Sequence[Beside], now: datetime, look: Look) -> list[Runs]:
    """A line for each outage: when, how long, which services, and what the figure did at the same time."""
    palette = look.palette
    if not found:
        return [[("no outage in this range", palette.muted)]]
    lines: list[Runs] = []
    for each in found:
        span = each.span
        still = ONGOING if span.end >= now else ""
        runs: list[Run] = [
            (look.glyph("░", ":"), palette.outage),
            (f" {short_moment(span.start, now, look.zone)}, {duration(span.seconds)}{still}: ", palette.muted),
        ]
        down = f"{named(span.error, look)} down"
        if each.change_percent is None:
            runs.append((down, palette.critical))
        else:
            runs.append((change_words(each.change_percent, look), palette.strong))
            runs += [(", at the same time ", palette.muted), (down, palette.critical)]
        lines.append(runs)
    return lines


def named(services: str | None, look: Look) -> str:
    """The first services of a list, and how many there are more."""
    names = [name for name in clean(services or "").split(", ") if name] or ["a service"]
    shown = ", ".join(crop(name, _NAME_CELLS, look.ellipsis) for name in names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES} more"


def projection_words(row: FigureRow, found: Projection | None, now: datetime, look: Look) -> Runs:
    """What a figure will probably be at the end of its projection, or why that is not told."""
    palette = look.palette
    if found is None:
        return ()
    points = _known_points(found)
    if not points:
        return [("no projection: ", palette.muted), (found.reason or "not enough data", palette.text)]
    last, unit = points[-1], row.shown.unit
    band = f"{figure_text(last.low, unit)} to {figure_text(last.high, unit)}"
    days = round((last.at - now) / timedelta(days=1))
    when = f"in {days} d" if days >= 0 else f"on {look.local(last.at):%d %b %Y}"
    told = f"{when} {figure_text(last.value, unit)} ({band})"
    covered = found.coverage_percent
    why = [part for part in (found.reason, "" if covered is None else f"band held {percent(covered, 0)}") if part]
    return [("projection: ", palette.muted), (told, palette.text), (f"{look.dot}{'; '.join(why)}", palette.muted)]
