"""Time in the database: aware UTC outside, one sortable form inside, and whole microseconds for arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

SECOND = 1_000_000
"""Microseconds in a second."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970, exactly."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def moment(microseconds: int) -> datetime:
    """The aware UTC moment of ``micros``, exactly."""
    return _EPOCH + microseconds * _MICROSECOND


def sqlite_text(moment: datetime) -> str:
    """``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC, as ``UtcDateTime`` has it in SQLite. Raises ValueError for a naive one."""
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {moment!r}")
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:26]


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out.

    In SQLite it is ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC: the form that SQLite's own ``CURRENT_TIMESTAMP`` and
    ``datetime()`` use, with the fraction behind it, so that it sorts as text and ``WHERE timestamp > datetime('now',
    '-1 hour')`` works. In PostgreSQL it is ``timestamptz``.

    Raises:
        ValueError: A naive datetime is written.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Aware to what the driver takes."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        if dialect.name == "sqlite":
            return (value if value.tzinfo is UTC else value.astimezone(UTC)).replace(tzinfo=None)
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the driver gives to aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
