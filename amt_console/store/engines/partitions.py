"""Tables partitioned by day (UTC) on PostgreSQL, so that an expired day is dropped as a whole.

Partitions are created with the first row of a day, some days ahead. There is no default partition: attaching a day
beside one would block every reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

DAY_TABLES = ("monitoring_logs",)
"""The tables that grow with every probe."""
AHEAD = 3
"""Days to create ahead of the newest row."""
LOCK_PATIENCE_MS = 200
"""How long dropping a day may block others."""
_EPOCH = date(1970, 1, 1)
_LOCK_NOT_AVAILABLE = "55P03"
_PRESENT = text(
    "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid "
    "WHERE inhparent = to_regclass(:table)"
)


def day_number(moment: datetime) -> int:
    """The day of a moment, counted from 1970 in UTC."""
    return (moment.astimezone(UTC).date() - _EPOCH).days


def partition_name(table: str, day: int) -> str:
    """The name of the partition of a day."""
    return f"{table}_p{_EPOCH + timedelta(days=day):%Y%m%d}"


def days_present(connection: Connection, table: str) -> dict[int, str]:
    """The days with a partition, and the partitions' names."""
    found = {}
    for name in connection.execute(_PRESENT, {"table": table}).scalars():
        day = _day_of(table, name)
        if day is not None:
            found[day] = str(name)
    return dict(sorted(found.items()))


def make_room(connection: Connection, table: str, days: Collection[int]) -> None:
    """Make the partitions of these days and of the next ones, if they are not there; nothing for an ordinary table.

    Readers and writers of other days are not blocked.
    """
    if not days or table not in DAY_TABLES:
        return
    newest = max(days)
    wanted = {*days, *range(newest, newest + AHEAD + 1)}
    for day in sorted(wanted - days_present(connection, table).keys()):
        name = partition_name(table, day)
        low, high = (_EPOCH + timedelta(days=each) for each in (day, day + 1))
        connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)")
        connection.exec_driver_sql(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{low} 00:00+00') TO ('{high} 00:00+00')"
        )


def oldest_day(connection: Connection, table: str) -> datetime | None:
    """The start of the oldest day that has rows."""
    if table not in DAY_TABLES:
        return None
    for day, name in days_present(connection, table).items():
        if connection.exec_driver_sql(f"SELECT 1 FROM {name} LIMIT 1").first() is not None:  # noqa: S608
            return datetime.combine(_EPOCH + timedelta(days=day), time.min, UTC)
    return None


def drop_expired(connection: Connection, table: str, before: datetime) -> int:
    """Drop the partitions whose whole day lies before a moment, in the transaction that ``connection`` is in.

    Dropping waits for readers of the table, and others wait behind it: after ``LOCK_PATIENCE_MS`` it gives up until the
    next call.

    Returns:
        How many rows went.
    """
    last = day_number(before)
    rows = 0
    expired = [name for day, name in days_present(connection, table).items() if day < last]
    with _impatient(connection):
        for name in expired:
            try:
                with connection.begin_nested():
                    counted = connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608
                    connection.exec_driver_sql(f"DROP TABLE {name}")
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                    raise
                break
            rows += int(counted)
    return rows


@contextmanager
def _impatient(connection: Connection) -> Iterator[None]:
    before = connection.exec_driver_sql("SHOW lock_timeout").scalar()
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_PATIENCE_MS}ms'")
    yield
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{before}'")


def _day_of(table: str, name: str) -> int | None:
    prefix, digits = f"{table}_p", name.rpartition("_p")[2]
    if name != f"{prefix}{digits}" or len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return (date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) - _EPOCH).days
    except ValueError:
        return None
