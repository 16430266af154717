"""Reads of the platform's business figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, bindparam, select, union_all

from amt_console.model import BusinessFigures, Figure, FigureKind
from amt_console.store.sample_rows import figure_of, figures_of
from amt_console.store.schema import table
from amt_console.store.tables import BusinessFiguresRow
from amt_console.store.values import from_json

_FIGURES = table(BusinessFiguresRow)
_WITHIN = (
    select(_FIGURES.c.timestamp, _FIGURES.c.figures)
    .where(
        _FIGURES.c.kind == bindparam("kind"),
        _FIGURES.c.timestamp >= bindparam("start"),
        _FIGURES.c.timestamp < bindparam("end"),
    )
    .order_by(_FIGURES.c.timestamp, _FIGURES.c.id)
)
_WITHIN_HOURLY = _WITHIN.where(_FIGURES.c.hourly.is_(True))
_STEPS = (
    select(_FIGURES.c.timestamp, _FIGURES.c.id)
    .where(
        _FIGURES.c.kind == bindparam("kind"),
        _FIGURES.c.timestamp > bindparam("start"),
        _FIGURES.c.timestamp <= bindparam("end"),
    )
    .order_by(_FIGURES.c.timestamp, _FIGURES.c.id)
)
_HOURLY_STEPS = _STEPS.where(_FIGURES.c.hourly.is_(True))
"""Built once: that takes as long as a small answer."""
_LONG_CHART = timedelta(days=2)
_DAY = timedelta(days=1)
_ROWS_AT_ONCE = 200
"""Fewer than the bound values that any database takes in one statement."""


class FigureReads:
    """Reads of figures."""

    def __init__(self, connection: Connection, newest_id: int | None = None) -> None:
        """Args:
        connection: A read transaction.
        newest_id: The highest id of a row that counts; by default all rows do.
        """
        self._connection = connection
        self._newest_id = newest_id

    def _known(self, query: Select[Any]) -> Select[Any]:
        return query if self._newest_id is None else query.where(_FIGURES.c.id <= self._newest_id)

    def newest(self, at: datetime | None = None) -> dict[FigureKind, BusinessFigures]:
        """The newest figures of each kind, or the newest up to a moment."""
        query = _newest_of_each(up_to=at is not None, known=self._newest_id is not None)
        values = {"at": at, "newest_id": self._newest_id}
        rows = self._connection.execute(query, {name: each for name, each in values.items() if each is not None})
        found = [figures for row in rows.mappings() if (figures := figures_of(row)) is not None]
        return {figures.kind: figures for figures in found}

    def history(self, kind: FigureKind, name: str, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
        """A single-number figure over ``[start, end)``, oldest first.

        Hourly values where the window is longer than two days.
        """
        points: list[tuple[datetime, float]] = []
        for at, figures in self._stored(kind, start, end):
            value = figure_of(figures.get(name)).value
            if isinstance(value, (int, float)):
                points.append((at, float(value)))
        return points

    def histories(self, kind: FigureKind, start: datetime, end: datetime) -> dict[str, list[tuple[datetime, float]]]:
        """``history`` of every single-number figure of a kind."""
        found: dict[str, list[tuple[datetime, float]]] = {}
        for at, figures in self._stored(kind, start, end):
            for name, value in _numbers(figures):
                found.setdefault(name, []).append((at, value))
        return found

    def daily(self, kind: FigureKind, end: datetime, days: int) -> dict[str, list[tuple[datetime, float]]]:
        """Single-number figures, oldest first: the newest hourly value in each of the last ``days`` days up to ``end``.

        A day is a stretch of 24 hours that ends at the time of ``end``: values of counters that start again at midnight
        are of the same time of day, so they can be compared. The figures of at most one row per day are decoded.
        """
        found: dict[str, list[tuple[datetime, float]]] = {}
        for at, figures in self.steps(kind, end - days * _DAY, end, step=_DAY, hourly=True):
            for name, figure in figures.items():
                if isinstance(figure.value, (int, float)):
                    found.setdefault(name, []).append((at, float(figure.value)))
        return found

    def steps(
        self, kind: FigureKind, start: datetime, end: datetime, *, step: timedelta, hourly: bool
    ) -> list[tuple[datetime, dict[str, Figure]]]:
        """The newest answer in each step of ``(start, end]``, oldest first; steps are counted back from ``end``.

        Only one row of each step is decoded. With ``hourly`` only the first answers of each hour are looked at.
        """
        moments, values = _HOURLY_STEPS if hourly else _STEPS, {"kind": kind.value, "start": start, "end": end}
        newest: dict[int, int] = {}
        for at, row in self._connection.execute(self._known(moments), values).all():
            newest[(end - at) // step] = row
        found: list[tuple[datetime, dict[str, Figure]]] = []
        rows = list(newest.values())
        for first in range(0, len(rows), _ROWS_AT_ONCE):
            chosen = _FIGURES.c.id.in_(rows[first : first + _ROWS_AT_ONCE])
            query = select(_FIGURES.c.timestamp, _FIGURES.c.figures).where(chosen).order_by(_FIGURES.c.timestamp)
            for at, stored in self._connection.execute(query):
                figures = from_json(stored) or {}
                found.append((at, {name: figure_of(figure) for name, figure in figures.items()}))
        return found

    def _stored(self, kind: FigureKind, start: datetime, end: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
        query = _WITHIN_HOURLY if end - start > _LONG_CHART else _WITHIN
        values = {"kind": kind.value, "start": start, "end": end}
        for at, stored in self._connection.execute(self._known(query), values).all():
            yield at, from_json(stored) or {}


@cache
def _newest_of_each(*, up_to: bool, known: bool) -> CompoundSelect[Any]:
    """The newest row of each kind, in one statement: the live snapshot asks with each commit."""
    newest = select(_FIGURES).order_by(_FIGURES.c.timestamp.desc(), _FIGURES.c.id.desc()).limit(1)
    if up_to:
        newest = newest.where(_FIGURES.c.timestamp <= bindparam("at", type_=_FIGURES.c.timestamp.type))
    if known:
        newest = newest.where(_FIGURES.c.id <= bindparam("newest_id", type_=_FIGURES.c.id.type))
    return union_all(*(select(newest.where(_FIGURES.c.kind == kind.value).subquery()) for kind in FigureKind))


def _numbers(figures: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Names and values of the single-number figures in a stored answer."""
    for name, stored in figures.items():
        value = figure_of(stored).value
        if isinstance(value, (int, float)):
            yield name, float(value)
