"""The interface of a database engine. Only ``sqlite.py`` and ``postgresql.py`` know more."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol

from sqlalchemy import URL, Connection, Engine, Executable, Table

from amt_console.store.engines.changes import Changes
from amt_console.store.errors import StoreError

BUSY_SECONDS = 5
"""How long a writer waits for another writer."""


class Dialect(Protocol):
    """One database: its place, its connections, and the few statements that differ between engines."""

    is_server: ClassVar[bool]
    """Whether it is a server, for several processes on several hosts; otherwise it is a file."""
    url: URL
    driver_error: type[Exception]
    """Base class of the driver's errors, for calls that bypass SQLAlchemy."""

    @property
    def place(self) -> str:
        """The database in words for people, without secrets."""
        ...

    def writer(self) -> Engine:
        """An engine for the one writing connection; creates the database if it does not exist. Raises StoreError."""
        ...

    def reader(self) -> Engine:
        """An engine for short reading transactions. Raises StoreError."""
        ...

    def begin_write(self, connection: Connection, *, durable: bool) -> None:
        """Begin a transaction that already holds the write lock."""
        ...

    def begin_schema_change(self, connection: Connection) -> None:
        """Begin a transaction in which nobody else can change the schema."""
        ...

    def foreign_writes(self, connection: Connection, own_commits: int) -> int:
        """A number, read inside a writing transaction, that stays the same while only this connection commits.

        Args:
            connection: The writing connection.
            own_commits: How often it has committed.
        """
        ...

    def data_version(self, connection: Connection) -> int:
        """A number that changes with every commit of anybody, asked on one and the same connection."""
        ...

    def changes(self) -> Changes:
        """A new object that announces commits and waits for those of others."""
        ...

    def make_room(self, connection: Connection, table: Table, days: Collection[int]) -> None:
        """Create the partitions of these days (counted from 1970, UTC), if the table has partitions."""
        ...

    def oldest_day(self, connection: Connection, table: Table) -> datetime | None:
        """The start of the oldest day with rows; ``None`` without any, or where the table is not kept by day."""
        ...

    def drop_days(self, connection: Connection, table: Table, before: datetime) -> int:
        """Drop the partitions wholly before a moment; returns the number of deleted rows. May drop none for now."""
        ...

    def load(self, connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert many whole rows, values as SQLAlchemy reads them, in the order of the table's columns."""
        ...

    def finish_load(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Advance the sequences behind the loaded rows."""
        ...

    def upsert(self, table: Table) -> Executable:
        """Insert whole rows, replacing those with the same primary key."""
        ...

    def bulk(self, table: Table, columns: Sequence[str], *, replace: bool = False) -> str:
        """The driver's own statement for many rows as tuples: half of SQLAlchemy's time for a row.

        Args:
            table: Where to.
            columns: The order of the values.
            replace: Overwrite rows with the same primary key.
        """
        ...

    def moment_value(self, moment: datetime) -> object:
        """An aware moment as the driver stores it. Raises ValueError for a naive one."""
        ...

    def append_only(self, table: str, *, deletable: bool) -> Sequence[str]:
        """Statements that make a table refuse updates, and deletes as well unless ``deletable``."""
        ...

    def deletable(self, table: str) -> tuple[Sequence[str], Sequence[str]]:
        """Statements that let expired rows of an append-only table be deleted, and those that make it whole again."""
        ...

    def checkpoint(self, connection: Connection, *, truncate: bool) -> int:
        """Checkpoint; returns the number of pages that still wait."""
        ...

    def log_bytes(self) -> int:
        """Bytes that wait for a checkpoint."""
        ...

    def free_bytes(self, connection: Connection) -> int:
        """Free bytes inside the database."""
        ...

    def give_back(self, connection: Connection, pages: int) -> int:
        """Return at most so many unused pages to the disk; returns the bytes still unused."""
        ...

    def faults(self, connection: Connection, *, full: bool) -> tuple[str, ...]:
        """The damage found, empty if none; ``full`` also compares indexes with their tables."""
        ...

    def tune(self, connection: Connection) -> None:
        """Refresh the planner's statistics; quick."""
        ...

    def lost(self) -> str | None:
        """Why the open database is not the one that its URL names any more, as a sentence without its full stop."""
        ...

    def hurry(self, seconds: float) -> None:
        """Wait no longer than so many seconds for anything from now on; calls that wait already fail after that."""
        ...

    def translate(self, error: Exception) -> StoreError:
        """The error for people behind a driver's error."""
        ...


def upserting(statement: Any, table: Table) -> Executable:
    """An insert of either dialect that overwrites all other columns on a clash of the primary key."""
    key = [column.name for column in table.primary_key]
    rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
    upsert: Executable = statement.on_conflict_do_update(index_elements=key, set_=rest)
    return upsert


def bulk_insert(table: Table, columns: Sequence[str], placeholder: str, *, replace: bool) -> str:
    """``Dialect.bulk`` in the SQL that both databases share."""
    names, values = ", ".join(columns), ", ".join([placeholder] * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({values})"  # noqa: S608
    if not replace:
        return statement
    key = [column.name for column in table.primary_key]
    rest = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f"{statement} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {rest}"
