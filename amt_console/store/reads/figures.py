"""Reads of the platform's business figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from amt_console.model import BusinessFigures, FigureKind
from amt_console.store.sample_rows import figure_of, figures_of
from amt_console.store.schema import table
from amt_console.store.tables import BusinessFiguresRow
from amt_console.store.values import from_json

_FIGURES = table(BusinessFiguresRow)
_NEWEST_FIGURES = (
    select(_FIGURES)
    .where(_FIGURES.c.kind == bindparam("kind"))
    .order_by(_FIGURES.c.timestamp.desc(), _FIGURES.c.id.desc())
    .limit(1)
)
_FIGURES_UP_TO = _NEWEST_FIGURES.where(_FIGURES.c.timestamp <= bindparam("at"))
_LONG_CHART = timedelta(days=2)


class FigureReads:
    """Reads of figures."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def newest(self, at: datetime | None = None) -> dict[FigureKind, BusinessFigures]:
        """The newest figures of each kind, or the newest up to a moment."""
        found: dict[FigureKind, BusinessFigures] = {}
        query, values = (_NEWEST_FIGURES, {}) if at is None else (_FIGURES_UP_TO, {"at": at})
        for kind in FigureKind:
            row = self._connection.execute(query, {"kind": kind.value, **values}).mappings().first()
            if row is not None and (figures := figures_of(row)) is not None:
                found[kind] = figures
        return found

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
            for name, stored in figures.items():
                value = figure_of(stored).value
                if isinstance(value, (int, float)):
                    found.setdefault(name, []).append((at, float(value)))
        return found

    def _stored(self, kind: FigureKind, start: datetime, end: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
        query = select(_FIGURES.c.timestamp, _FIGURES.c.figures).where(
            _FIGURES.c.kind == kind.value, _FIGURES.c.timestamp >= start, _FIGURES.c.timestamp < end
        )
        if end - start > _LONG_CHART:
            query = query.where(_FIGURES.c.hourly.is_(True))
        for at, stored in self._connection.execute(query.order_by(_FIGURES.c.timestamp, _FIGURES.c.id)):
            yield at, from_json(stored) or {}
