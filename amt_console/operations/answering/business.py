"""Revenue, chatbot and users over a window, beside the outages of the platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from amt_console.analysis.forecasts.daily import FigureName, projections
from amt_console.analysis.forecasts.forecast import Forecast
from amt_console.clock import MICROSECOND
from amt_console.model import MAX_LABEL_CHARS, Figure, FigureKind, FigureUnit, ServiceState, StateSpan
from amt_console.model.queries import BusinessQuery
from amt_console.model.queries.base import FEW_BUCKETS
from amt_console.model.queries.business import BusinessHistory, FigureCourse, ProjectedPoint, Projection
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.daily_figures import daily_figures, usable
from amt_console.operations.history.grid import BucketGrid, grids
from amt_console.operations.history.states import state_history
from amt_console.text import safe_text

_HOUR, _DAY = 3600, 86_400
_MOST_NAMES = 6
"""Services that an outage names."""
_Answers = Sequence[tuple[datetime, Mapping[str, Figure]]]


def business(query: BusinessQuery, asked: Asked) -> BusinessHistory:
    """Each bucket has the last value that was read in it."""
    end = asked.end(query)
    grid = _grid(end, query)
    found = {kind: _answers(asked, kind, grid) for kind in FigureKind}
    ahead = projections(daily_figures(asked.reads, end)) if query.projections else {}
    figures = {kind: _courses(kind, answers, grid, ahead) for kind, answers in found.items()}
    return BusinessHistory(
        start=grid.start,
        end=end,
        bucket_seconds=float(grid.seconds),
        figures={kind: courses for kind, courses in figures.items() if courses},
        outages=_outages(asked, grid.start, end),
    )


def _grid(end: datetime, query: BusinessQuery) -> BucketGrid:
    grid = next(iter(grids(end, query.hours, query.most_buckets)))
    if grid.seconds != _DAY:
        return grid
    # Counters that start again at midnight can be compared at the same time of day: days are counted back from the end.
    days = max(1, round(query.hours / 24))
    return BucketGrid(end - timedelta(days=days), end, _DAY)


def _answers(asked: Asked, kind: FigureKind, grid: BucketGrid) -> _Answers:
    """The newest answer in each bucket; in the last one also the newest of all."""
    reads, end = asked.reads.figures, grid.end
    if grid.seconds == _DAY:
        return reads.steps(kind, grid.start, end, step=timedelta(days=1), hourly=True)
    step = timedelta(seconds=grid.seconds)
    # Steps hold their end and buckets do not; what is later than the window's end does not count.
    first, whole = grid.start - MICROSECOND, grid.start + grid.count * step - MICROSECOND
    found: _Answers = reads.steps(kind, first, whole, step=step, hourly=grid.seconds >= _HOUR)
    known = [each for each in found if each[0] <= end]
    newest = reads.newest(end).get(kind)
    if newest is not None and newest.timestamp >= grid.start and (not known or newest.timestamp > known[-1][0]):
        known.append((newest.timestamp, newest.figures))
    return known


def _courses(
    kind: FigureKind, answers: _Answers, grid: BucketGrid, ahead: Mapping[FigureName, Forecast]
) -> dict[str, FigureCourse]:
    points: dict[str, list[tuple[datetime, float]]] = {}
    units: dict[str, str] = {}
    for at, figures in answers:
        for name, figure in figures.items():
            if isinstance(figure.value, (int, float)):
                points.setdefault(name, []).append((at, float(figure.value)))
                if figure.unit is not None:
                    units[name] = figure.unit
    courses = {}
    for name, found in points.items():
        if known := usable(found):
            unit, currency = _unit(units.get(name))
            courses[safe_text(name, MAX_LABEL_CHARS)] = FigureCourse(
                values=tuple(_on_grid(known, grid)),
                unit=unit,
                currency=currency,
                first=known[0][1],
                last=known[-1][1],
                projection=_projection(ahead.get((kind, name))),
            )
    return courses


def _on_grid(points: Sequence[tuple[datetime, float]], grid: BucketGrid) -> Iterable[float | None]:
    if grid.seconds != _DAY:
        return [None if each is None else each[1] for each in grid.series(points, lambda point: point[0])]
    count = round((grid.end - grid.start) / timedelta(days=1))
    known = {count - 1 - (grid.end - at) // timedelta(days=1): value for at, value in points}
    return [known.get(index) for index in range(count)]


def _unit(stored: str | None) -> tuple[FigureUnit | None, str | None]:
    """The unit, and of money the code of its currency."""
    if stored is None:
        return None, None
    try:
        return FigureUnit(stored), None
    except ValueError:
        return FigureUnit.MONEY, safe_text(stored, 8)


def _projection(found: Forecast | None) -> Projection | None:
    if found is None:
        return None
    points = tuple(ProjectedPoint(each.at, each.value, each.low, each.high) for each in found.points)
    return Projection(points, safe_text(found.reason), found.coverage_percent)


def _outages(asked: Asked, start: datetime, end: datetime) -> tuple[StateSpan, ...]:
    """When at least one service was down, merged."""
    names = [target.name for target in asked.targets]
    down = sorted(
        (span.start, span.end, name)
        for name, spans in state_history(asked.reads, names, start, end, most_buckets=FEW_BUCKETS).items()
        for span in spans
        if span.state is ServiceState.DOWN
    )
    merged: list[tuple[datetime, datetime, set[str]]] = []
    for begin, until, name in down:
        if merged and begin <= merged[-1][1]:
            first, last, known = merged[-1]
            merged[-1] = (first, max(last, until), known | {name})
        else:
            merged.append((begin, until, {name}))
    return tuple(StateSpan(begin, until, ServiceState.DOWN, _named(known)) for begin, until, known in merged)


def _named(names: Iterable[str]) -> str:
    known = [safe_text(name, MAX_LABEL_CHARS) for name in sorted(names)]
    more = len(known) - _MOST_NAMES
    return ", ".join(known if more <= 0 else [*known[:_MOST_NAMES], f"{more} more"])
