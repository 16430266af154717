"""Time in the database: aware UTC outside, one sortable form inside, and whole microseconds for arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from amt_console.clock import SECOND, micros, moment

__all__ = ["SECOND", "UtcDateTime", "micros", "moment", "read_moment", "sqlite_text"]

_FIRST_SECOND, _END_SECOND = 946_684_800, 4_102_444_800
"""2000 and 2100: a number between is the seconds since 1970, one between their thousandfold the milliseconds."""


def sqlite_text(moment: datetime) -> str:
    """``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC, as ``UtcDateTime`` has it in SQLite. Raises ValueError for a naive one."""
    if moment.tzinfo is not UTC:
        if moment.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {moment!r}")
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:26]


def read_moment(stored: object) -> datetime | None:
    """The moment in a value of a file, in whatever form another program wrote it; ``None`` if there is none to be read.

    ISO 8601 with or without an offset (without one it is UTC), or the seconds or milliseconds since 1970.
    """
    try:
        if isinstance(stored, str):
            found = datetime.fromisoformat(stored.strip())
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        if isinstance(stored, int | float):
            for seconds in (stored, stored / 1000):
                if _FIRST_SECOND <= seconds < _END_SECOND:
                    return moment(round(seconds * SECOND))
    except (ValueError, OverflowError):
        pass
    return None


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out.

    In SQLite it is ``YYYY-MM-DD HH:MM:SS.ffffff`` in UTC: the form that SQLite's own ``CURRENT_TIMESTAMP`` and
    ``datetime()`` use, with the fraction behind it, so that it sorts as text and ``WHERE timestamp > datetime('now',
    '-1 hour')`` works. In PostgreSQL it is ``timestamptz``. What another program has put into a file and cannot be read
    is ``None``.

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

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """What a file holds is read here; the driver of a server has read it already."""
        return _of_file if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What the driver gives to aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _of_file(stored: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(stored)
    except (TypeError, ValueError):
        return None if stored is None else read_moment(stored)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else read_moment(stored)
