"""PostgreSQL: the same store on a server. The only place that knows its settings and error codes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import isinf
from typing import TYPE_CHECKING, Any, ClassVar, cast

from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    Executable,
    NullPool,
    QueuePool,
    Table,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import insert

from amt_console.store.engines import partitions
from amt_console.store.engines.changes import Changes
from amt_console.store.engines.dialect import BUSY_SECONDS, bulk_insert, upserting
from amt_console.store.engines.postgresql_changes import NotifiedChanges
from amt_console.store.errors import StoreBusy, StoreCorrupt, StoreError, StoreFull, StoreUnavailable

if TYPE_CHECKING:
    from psycopg import Connection as DriverConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from amt_console.store.engines.bounded_connection import BoundedConnection

ANSWER_SECONDS = 10.0
"""Longest wait for an answer of the server; a writing transaction ends within one and a half of it."""
CONTROL_SECONDS = 3.0
"""The same for leases and notifications: after a stall a lease is renewed before its time is over."""
_CONNECT_SECONDS = 5
_TCP = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 2,
    "tcp_user_timeout": 10_000,
}
_SERVER_TCP = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 3",
    "SET tcp_keepalives_count = 2",
    "SET tcp_user_timeout = 10000",
)
"""The server must notice a client that is gone as well: its open transaction holds up everybody who writes."""
_SCHEMA_LOCK = 0x414D5443
_BUSY = ("55P03", "40P01", "40001")
_FULL = ("53100", "53200")
_CORRUPT = ("XX001", "XX002")
_IDLE = "25P03"
_POOL = "pool"
"""In the notes of a connection: the pool that made it."""
_COUNT = text("UPDATE store_meta SET number = number + 1 WHERE key = 'commits' RETURNING number")
CHANNEL = "'amt_' || left(md5(current_schema()), 16)"
"""SQL of the name under which changes are announced: one for each schema, since names are known database-wide."""
_NOTIFY = text(f"SELECT pg_notify({CHANNEL}, number::text) FROM store_meta WHERE key = 'commits'")  # noqa: S608


class Postgresql:
    """A database on a server.

    Writers take turns: each transaction begins by adding one to the row ``commits``, whose lock it then holds. The
    number also tells whether anybody else has written.
    """

    is_server: ClassVar[bool] = True

    def __init__(self, url: URL, *, read_only: bool, patient: bool) -> None:
        try:
            from psycopg import Error, InterfaceError, OperationalError

            from amt_console.store.engines.bounded_connection import Patience
        except ImportError as error:
            raise StoreUnavailable(
                "PostgreSQL needs the driver psycopg. Install it with: pip install 'amt-console[postgres]'"
            ) from error
        self.driver_error: type[Exception] = Error
        self._gone = (InterfaceError, OperationalError)
        self.url = url
        self._read_only = read_only
        self._limit = float("inf") if patient else ANSWER_SECONDS
        self._patience = Patience()
        self._count = 0

    @property
    def place(self) -> str:
        """Host and database."""
        return f"{self.url.database} on {self.url.host or 'the local server'}"

    def writer(self) -> Engine:
        """One connection, kept by the caller."""
        idle = () if isinf(self._limit) else (f"SET idle_in_transaction_session_timeout = {_server_ms(self._limit)}",)
        return self._engine(
            self._limit, f"SET lock_timeout = '{BUSY_SECONDS}s'", "SET timezone = 'UTC'", *idle, poolclass=NullPool
        )

    def reader(self) -> Engine:
        """A small pool of connections that may only read, each transaction on one snapshot."""
        return self._engine(
            self._limit,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=16,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    def control(self) -> Engine:
        """At most two connections for short statements beside the data, which must answer soon: leases, claims."""
        # Half of it: with the same time the server would always report the statement's timeout, never the lock's.
        lock_timeout = f"SET lock_timeout = {_server_ms(CONTROL_SECONDS / 2)}"
        return self._engine(
            CONTROL_SECONDS, lock_timeout, poolclass=QueuePool, pool_size=2, max_overflow=0, pool_pre_ping=True
        )

    def changes(self) -> Changes:
        """By NOTIFY."""
        return NotifiedChanges(self.listener, self.control, self.notify)

    def notify(self, connection: Connection) -> None:
        """Wake everybody who waits for changes when the transaction commits."""
        connection.execute(_NOTIFY)

    def listener(self) -> DriverConnection[Any]:
        """A connection of the caller's own that is woken by ``notify``. Raises the driver's error."""
        engine = self._engine(self._limit, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        pooled = engine.raw_connection()
        driver = cast("DriverConnection[Any]", pooled.driver_connection)
        pooled.detach()
        with _closed_on_error(driver):
            row = driver.execute(f"SELECT {CHANNEL}").fetchone()
            assert row is not None
            driver.execute(f'LISTEN "{row[0]}"')
        return driver

    def make_room(self, connection: Connection, table: Table, days: Collection[int]) -> None:
        """Partitions."""
        partitions.make_room(connection, table.name, days)

    def oldest_day(self, connection: Connection, table: Table) -> datetime | None:
        """Of the partitions."""
        return partitions.oldest_day(connection, table.name)

    def drop_days(self, connection: Connection, table: Table, before: datetime) -> int:
        """Whole partitions."""
        return partitions.drop_expired(connection, table.name, before)

    def load(self, connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """COPY."""
        driver = cast("DriverConnection[Any]", connection.connection.driver_connection)
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)

    def finish_load(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Sequences behind the highest numbers, and figures for the planner."""
        for table in tables:
            if list(table.primary_key.columns.keys()) == ["id"] and isinstance(table.c.id.type, BigInteger):
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), greatest(max(id), 1), "  # noqa: S608
                    f"max(id) IS NOT NULL) FROM {table.name}"
                )
            connection.exec_driver_sql(f"ANALYZE {table.name}")

    def begin_write(self, connection: Connection, *, durable: bool) -> None:
        """Takes the writers' turn; without ``durable`` the server may answer before its log is on disk."""
        if not isinf(self._limit):
            _driver(connection).end_within(1.5 * self._limit)
        if not durable:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        self._count = connection.execute(_COUNT).scalar() or 0

    def begin_schema_change(self, connection: Connection) -> None:
        """An advisory lock for the time of the transaction: the tables may not exist yet."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _driver(connection).take_time()

    def foreign_writes(self, connection: Connection, own_commits: int) -> int:
        """All commits but our own."""
        return self._count - own_commits

    def data_version(self, connection: Connection) -> int:
        """The number of commits."""
        return int(connection.execute(text("SELECT number FROM store_meta WHERE key = 'commits'")).scalar() or 0)

    def upsert(self, table: Table) -> Executable:
        """``INSERT ... ON CONFLICT DO UPDATE``."""
        return upserting(insert(table), table)

    def bulk(self, table: Table, columns: Sequence[str], *, replace: bool = False) -> str:
        """With the driver's placeholders."""
        return bulk_insert(table, columns, "%s", replace=replace)

    def moment_value(self, moment: datetime) -> object:
        """As it is."""
        if moment.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {moment!r}")
        return moment

    def append_only(self, table: str, *, deletable: bool) -> Sequence[str]:
        """A trigger that raises."""
        kinds = "UPDATE" if deletable else "UPDATE OR DELETE"
        return (
            f"CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$",
            f"CREATE TRIGGER {table}_no_change BEFORE {kinds} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only()",
        )

    def deletable(self, table: str) -> tuple[Sequence[str], Sequence[str]]:
        """Without the trigger for the length of a transaction."""
        verbs = (f"ALTER TABLE {table} {verb} TRIGGER {table}_no_change" for verb in ("DISABLE", "ENABLE"))
        disable, enable = verbs
        return (disable,), (enable,)

    def checkpoint(self, connection: Connection, *, truncate: bool) -> int:
        """The server does this by itself."""
        return 0

    def free_bytes(self, connection: Connection) -> int:
        """The server uses it again by itself."""
        return 0

    def give_back(self, connection: Connection, pages: int) -> int:
        """The server's autovacuum does this."""
        return 0

    def faults(self, connection: Connection, *, full: bool) -> tuple[str, ...]:
        """The server checks its pages itself; ``full`` reads every row once."""
        if full:
            for (table,) in connection.exec_driver_sql(
                "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()"
            ).all():
                connection.exec_driver_sql(f"SELECT count(t.*::text) FROM {table} t")  # noqa: S608
        return ()

    def tune(self, connection: Connection) -> None:
        """The server does this by itself."""

    def log_bytes(self) -> int:
        """The server minds its log itself."""
        return 0

    def translate(self, error: Exception) -> StoreError:
        """By SQLSTATE."""
        original = getattr(error, "orig", None) or error
        state = str(getattr(original, "sqlstate", None) or "")
        cause = (str(original).strip().splitlines() or ["no reason given"])[0]
        if state in _BUSY:
            return StoreBusy(
                f"The database {self.place} was locked by another writer for more than {BUSY_SECONDS} s. Nothing "
                "was written; try again."
            )
        if state in _FULL:
            return StoreFull(f"The server of {self.place} has no room left: {cause}")
        if state in _CORRUPT:
            return StoreCorrupt(f"The database {self.place} is damaged: {cause}")
        if state == "25006" or state.startswith("28") or state == "42501":
            return StoreUnavailable(f"The database {self.place} does not permit this: {cause}")
        gone = state.startswith(("08", "57", "3D")) or state == _IDLE
        if gone or (not state and isinstance(original, self._gone)):
            return StoreUnavailable(
                f"The database {self.place} does not answer ({cause}). Check that the server runs and that the "
                "URL is right."
            )
        return StoreError(f"The database {self.place} refused: {cause}")

    def lost(self) -> str | None:
        """A server's database is named anew by each connection."""
        return None

    def hurry(self, seconds: float) -> None:
        """Let every call that waits for the server fail soon, on all connections."""
        self._patience.hurry(seconds)

    def _engine(self, limit: float, *settings: str, **options: object) -> Engine:
        """An engine whose connections wait so many seconds for an answer."""
        from amt_console.store.engines.bounded_connection import BoundedConnection

        connect_timeout = max(2, min(_CONNECT_SECONDS, int(limit))) if not isinf(limit) else _CONNECT_SECONDS
        usual: dict[str, object] = {"connect_timeout": connect_timeout, "application_name": "amt-console", **_TCP}
        arguments = {name: value for name, value in usual.items() if name not in self.url.query}
        engine = create_engine(self.url, connect_args=arguments, **options)
        if not isinf(limit):
            settings = (*settings, *_SERVER_TCP, f"SET statement_timeout = {_server_ms(limit)}")

        @event.listens_for(engine, "do_connect")
        def connect(_dialect: object, _record: object, found: Sequence[Any], named: dict[str, Any]) -> object:
            return BoundedConnection.open(self._patience, limit, *found, **named)

        @event.listens_for(engine, "connect")
        def prepare(driver: BoundedConnection, record: ConnectionPoolEntry) -> None:
            record.info[_POOL] = engine.pool
            if settings:
                with _closed_on_error(driver):
                    driver.execute("; ".join(settings))
                    driver.commit()

        @event.listens_for(engine, "checkin")
        def give_back(driver: BoundedConnection | None, record: ConnectionPoolEntry) -> None:
            # A pool that was disposed of meanwhile never closes what comes back to it.
            if driver is not None and record.info.get(_POOL) is not engine.pool:
                driver.close()

        return engine


@contextmanager
def _closed_on_error(driver: DriverConnection[Any]) -> Iterator[None]:
    """Close a connection that nobody else knows yet, if what it is prepared with fails."""
    try:
        yield
    except BaseException:
        driver.close()
        raise


def _driver(connection: Connection) -> BoundedConnection:
    return cast("BoundedConnection", connection.connection.driver_connection)


def _server_ms(seconds: float) -> int:
    """After how many milliseconds the server gives up by itself, so that a busy one still says so."""
    return int(seconds * 900)
