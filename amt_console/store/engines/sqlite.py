"""SQLite: one writing connection, short readers, write-ahead log. The only place that knows its pragmas."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Executable, NullPool, QueuePool, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert

from amt_console.store.engines import sqlite_file
from amt_console.store.engines.changes import Changes
from amt_console.store.engines.dialect import BUSY_SECONDS, bulk_insert, upserting
from amt_console.store.engines.network_disk import refuse_network_disk
from amt_console.store.errors import DatabaseLost, StoreError, StoreUnavailable
from amt_console.store.utc import sqlite_text

APPLICATION_ID = 0x414D5443
"""``AMTC``: identifies the database to ``file`` and other programs."""
JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024
_WRITER_CACHE_KIB = 16 * 1024
_TRUNCATE_MILLISECONDS = 100
"""How long a checkpoint waits for readers: about the length of a short one."""
_COMMON = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA wal_autocheckpoint=0",
)


class Sqlite:
    """A database file.

    Args:
        url: ``sqlite:///path``.
        read_only: Open the file read-only and never create it.
    """

    is_server: ClassVar[bool] = False
    driver_error: type[Exception] = sqlite3.Error

    def __init__(self, url: URL, *, read_only: bool) -> None:
        if not url.database or url.database == ":memory:":
            raise StoreUnavailable("The database URL names no file. Write sqlite:////path/to/monitoring.db.")
        self.url = url
        self.path = Path(url.database).expanduser().absolute()
        self._read_only = read_only
        self._opened: tuple[int, int] | None = None
        # What the URL says beside the path is for us.
        self._plain = url.set(query={})

    @property
    def place(self) -> str:
        """The path."""
        return str(self.path)

    def writer(self) -> Engine:
        """Creates the folder (0700) and the file (0600) if missing, whatever the umask; not on a network disk."""
        refuse_network_disk(self.url, self.path)
        sqlite_file.make_writable(self.path)
        engine = create_engine(self._plain, creator=lambda: self._connect("rw"), poolclass=NullPool)
        event.listen(engine, "connect", self._prepare_writer)
        return engine

    def reader(self) -> Engine:
        """Needs an existing file."""
        sqlite_file.check_readable(self.path)
        mode = "ro" if self._read_only else "rw"
        engine = create_engine(
            self._plain, creator=lambda: self._connect(mode), poolclass=QueuePool, pool_size=4, max_overflow=16
        )
        event.listen(engine, "connect", _prepare_reader)
        event.listen(engine, "begin", _begin_deferred)
        return engine

    def begin_write(self, connection: Connection, *, durable: bool) -> None:
        """BEGIN IMMEDIATE.

        A transaction that begins by reading could fail on its first write, whatever the waiting time.
        """
        connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def begin_schema_change(self, connection: Connection) -> None:
        """The same lock as any writer's."""
        self.begin_write(connection, durable=True)

    def foreign_writes(self, connection: Connection, own_commits: int) -> int:
        """``data_version`` of the writing connection does not change by its own commits."""
        return self.data_version(connection)

    def data_version(self, connection: Connection) -> int:
        """``PRAGMA data_version``."""
        return int(_driver(connection).execute("PRAGMA data_version").fetchone()[0])

    def changes(self) -> Changes:
        """By polling: it costs microseconds."""
        return Changes()

    def make_room(self, connection: Connection, table: Table, days: Collection[int]) -> None:
        """Nothing is kept by day in a file."""

    def oldest_day(self, connection: Connection, table: Table) -> datetime | None:
        """Nothing is kept by day in a file."""
        return None

    def drop_days(self, connection: Connection, table: Table, before: datetime) -> int:
        """Nothing is kept by day in a file."""
        return 0

    def load(self, connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """The driver's own bulk statement."""
        statement = self.bulk(table, [column.name for column in table.columns])
        values = [tuple(sqlite_text(each) if isinstance(each, datetime) else each for each in row) for row in rows]
        connection.exec_driver_sql(statement, values)

    def finish_load(self, connection: Connection, tables: Sequence[Table]) -> None:
        """The file does this by itself."""

    def upsert(self, table: Table) -> Executable:
        """``INSERT ... ON CONFLICT DO UPDATE``."""
        return upserting(insert(table), table)

    def bulk(self, table: Table, columns: Sequence[str], *, replace: bool = False) -> str:
        """With question marks."""
        return bulk_insert(table, columns, "?", replace=replace)

    def moment_value(self, moment: datetime) -> object:
        """The text that ``UtcDateTime`` writes."""
        return sqlite_text(moment)

    def append_only(self, table: str, *, deletable: bool) -> Sequence[str]:
        """Triggers that abort."""
        kinds = ("UPDATE",) if deletable else ("UPDATE", "DELETE")
        return tuple(
            f"CREATE TRIGGER {table}_no_{kind.lower()} BEFORE {kind} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for kind in kinds
        )

    def deletable(self, table: str) -> tuple[Sequence[str], Sequence[str]]:
        """Without the trigger for the length of a transaction."""
        return (f"DROP TRIGGER {table}_no_delete",), self.append_only(table, deletable=False)[1:]

    def checkpoint(self, connection: Connection, *, truncate: bool) -> int:
        """Never waits. The log is truncated only without readers: SQLite would wait for them with writers blocked."""
        return _checkpoint(_driver(connection), truncate=truncate)

    def free_bytes(self, connection: Connection) -> int:
        """The pages of the free list."""
        return _free_bytes(_driver(connection))

    def give_back(self, connection: Connection, pages: int) -> int:
        """Nothing happens in a file that was made without ``auto_vacuum``."""
        return _give_back(_driver(connection), pages)

    def faults(self, connection: Connection, *, full: bool) -> tuple[str, ...]:
        """By SQLite's own checks."""
        return _faults(_driver(connection), full=full)

    def tune(self, connection: Connection) -> None:
        """``PRAGMA optimize`` with bounded work."""
        _driver(connection).execute("PRAGMA analysis_limit=400")
        _driver(connection).execute("PRAGMA optimize")

    def log_bytes(self) -> int:
        """Size of the write-ahead log."""
        try:
            return os.stat(f"{self.path}-wal").st_size
        except OSError:
            return 0

    def lost(self) -> str | None:
        """By device and inode: as long as the file is open its inode is not given to another one."""
        if self._opened is None:
            return None
        try:
            found = _identity(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return f"The database file {self.path} was deleted"
        except OSError:
            return None
        return None if found == self._opened else f"The database file {self.path} was replaced by another file"

    def hurry(self, seconds: float) -> None:
        """A file answers, or waits ``BUSY_SECONDS`` for another writer."""

    def translate(self, error: Exception) -> StoreError:
        """By SQLite's primary result code."""
        return sqlite_file.translated(error, self.path)

    def _connect(self, mode: str) -> sqlite3.Connection:
        """Only ever to the file that was opened first. Raises DatabaseLost."""
        if (lost := self.lost()) is not None:
            raise DatabaseLost(f"{lost}.")
        named = _identity(self.path) if self.path.exists() else None
        connection = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode={mode}",
            uri=True,
            check_same_thread=False,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            cached_statements=256,
        )
        self._opened = named
        if (lost := self.lost()) is not None:
            connection.close()
            raise DatabaseLost(f"{lost}.")
        return connection

    def _prepare_writer(self, driver: sqlite3.Connection, _: Any) -> None:
        for pragma in _COMMON:
            driver.execute(pragma)
        if driver.execute("PRAGMA page_count").fetchone()[0] == 0:
            driver.execute("PRAGMA auto_vacuum=INCREMENTAL")
            driver.execute(f"PRAGMA application_id={APPLICATION_ID}")
        driver.execute("PRAGMA journal_mode=WAL")
        driver.execute(f"PRAGMA cache_size=-{_WRITER_CACHE_KIB}")
        driver.execute(f"PRAGMA journal_size_limit={JOURNAL_SIZE_LIMIT}")


def _identity(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _prepare_reader(driver: sqlite3.Connection, _: Any) -> None:
    for pragma in _COMMON:
        driver.execute(pragma)
    driver.execute("PRAGMA query_only=ON")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _checkpoint(driver: sqlite3.Connection, *, truncate: bool) -> int:
    """Move committed pages into the file; returns how many are left to move.

    ``truncate`` waits for readers while it keeps every writer out, so it is done only when nothing is left to move, and
    is given up soon: the next one will do as well.
    """
    waiting = _moved(driver, "PASSIVE")
    if waiting or not truncate:
        return waiting
    driver.execute(f"PRAGMA busy_timeout={_TRUNCATE_MILLISECONDS}")
    try:
        return _moved(driver, "TRUNCATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _moved(driver: sqlite3.Connection, kind: str) -> int:
    _, logged, moved = driver.execute(f"PRAGMA wal_checkpoint({kind})").fetchone()
    return max(0, int(logged) - int(moved))


def _free_bytes(driver: sqlite3.Connection) -> int:
    """The pages of the free list."""
    pages, size = (driver.execute(f"PRAGMA {each}").fetchone()[0] for each in ("freelist_count", "page_size"))
    return int(pages) * int(size)


def _give_back(driver: sqlite3.Connection, pages: int) -> int:
    """Return at most so many unused pages to the disk; returns the bytes still unused.

    Nothing happens in a file that was made without ``auto_vacuum``.
    """
    # Through executescript, because execute steps the statement once, and that frees a single page.
    driver.executescript(f"PRAGMA incremental_vacuum({int(pages)})")
    return _free_bytes(driver)


def _faults(driver: sqlite3.Connection, *, full: bool) -> tuple[str, ...]:
    """``quick_check`` or ``integrity_check``, and rows that refer to rows that are not there."""
    found = [str(row[0]) for row in driver.execute(f"PRAGMA {'integrity_check' if full else 'quick_check'}(20)")]
    if found == ["ok"]:
        orphans = driver.execute("PRAGMA foreign_key_check").fetchmany(20)
        found = [f"row {row[1]} of {row[0]} belongs to no {row[2]}" for row in orphans]
    return tuple(found)
