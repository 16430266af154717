"""Rows with a readable time. Other programs may write anything into the original's tables of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, RowMapping, Select, and_, bindparam

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


Bound = ColumnElement[bool] | None
"""A condition on a time from one side."""


def sortable(time: ColumnElement[Any], *, low: Bound = None, high: Bound = None) -> ColumnElement[bool]:
    """Excludes values that sort before or after every time: NULL, numbers, most words.

    A query with bounds of its own passes them here: of two bounds on one side SQLite seeks by one, perhaps the wider.
    """
    return and_(time >= EARLIEST if low is None else low, time <= LATEST if high is None else high)


def readable(rows: Iterable[RowMapping]) -> Iterator[RowMapping]:
    """The rows with a time that can be read."""
    return (row for row in rows if row["timestamp"] is not None)


def in_order(
    query: Select[Any], time: ColumnElement[Any], *order: Any, low: Bound = None, high: Bound = None
) -> Select[Any]:
    """A query for ``first_of``, in an order that begins with ``time``. It must select ``time`` as ``timestamp``."""
    return (
        query.where(sortable(time, low=low, high=high))
        .order_by(*order)
        .limit(1)
        .offset(bindparam("skipped", type_=Integer))
    )


def first(
    connection: Connection,
    query: Select[Any],
    time: ColumnElement[Any],
    *order: Any,
    low: Bound = None,
    high: Bound = None,
) -> RowMapping | None:
    """The first row, in an order that begins with ``time``, whose time can be read; see ``sortable`` for the bounds."""
    return first_of(connection, in_order(query, time, *order, low=low, high=high))


def first_of(connection: Connection, ordered: Select[Any], **values: Any) -> RowMapping | None:
    """The first row whose time can be read, of a query made with ``in_order``; ``values`` are its parameters'."""
    for skipped in count():
        row = connection.execute(ordered, {"skipped": skipped, **values}).mappings().first()
        if row is None or row["timestamp"] is not None:
            return row
    return None
