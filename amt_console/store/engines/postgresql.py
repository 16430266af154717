"""PostgreSQL: the same store on a server. The only place that knows its settings and error codes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
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

_CONTROL_SECONDS = 3
_SCHEMA_LOCK = 0x414D5443
_BUSY = ("55P03", "40P01", "40001")
_FULL = ("53100", "53200")
_CORRUPT = ("XX001", "XX002")
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

    def __init__(self, url: URL, *, read_only: bool) -> None:
        try:
            from psycopg import Error, InterfaceError, OperationalError
        except ImportError as error:
            raise StoreUnavailable(
                "PostgreSQL needs the driver psycopg. Install it with: pip install 'amt-console[postgres]'"
            ) from error
        self.driver_error: type[Exception] = Error
        self._gone = (InterfaceError, OperationalError)
        self.url = url
        self._read_only = read_only
        self._count = 0

    @property
    def place(self) -> str:
        """Host and database."""
        return f"{self.url.database} on {self.url.host or 'the local server'}"

    def writer(self) -> Engine:
        """One connection, kept by the caller."""
        engine = self._engine(poolclass=NullPool)
        event.listen(engine, "connect", _prepare_writer)
        return engine

    def reader(self) -> Engine:
        """A small pool of connections that may only read, each transaction on one snapshot."""
        return self._engine(
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=16,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    def control(self) -> Engine:
        """One connection for short statements beside the data, which must answer soon: leases and notifications."""
        engine = self._engine(poolclass=QueuePool, pool_size=1, max_overflow=1, pool_pre_ping=True)
        event.listen(engine, "connect", _prepare_control)
        return engine

    def changes(self) -> Changes:
        """By NOTIFY."""
        return NotifiedChanges(self.listener, self.control, self.notify)

    def notify(self, connection: Connection) -> None:
        """Wake everybody who waits for changes when the transaction commits."""
        connection.execute(_NOTIFY)

    def listener(self) -> DriverConnection[Any]:
        """A connection of the caller's own that is woken by ``notify``. Raises the driver's error."""
        engine = self._engine(poolclass=NullPool, isolation_level="AUTOCOMMIT")
        pooled = engine.raw_connection()
        driver = cast("DriverConnection[Any]", pooled.driver_connection)
        pooled.detach()
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
        if not durable:
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        self._count = connection.execute(_COUNT).scalar() or 0

    def begin_schema_change(self, connection: Connection) -> None:
        """An advisory lock for the time of the transaction: the tables may not exist yet."""
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")

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
        if (not state and isinstance(original, self._gone)) or state.startswith(("08", "57", "3D")):
            return StoreUnavailable(
                f"The database {self.place} does not answer ({cause}). Check that the server runs and that the "
                "URL is right."
            )
        return StoreError(f"The database {self.place} refused: {cause}")

    def _engine(self, **options: object) -> Engine:
        connect = {"connect_timeout": 10, "application_name": "amt-console"}
        return create_engine(self.url, connect_args=connect, **options)


def _prepare_writer(driver: object, _: object) -> None:
    _set(driver, f"SET lock_timeout = '{BUSY_SECONDS}s'", "SET timezone = 'UTC'")


def _prepare_control(driver: object, _: object) -> None:
    _set(driver, f"SET lock_timeout = '{_CONTROL_SECONDS}s'", f"SET statement_timeout = '{_CONTROL_SECONDS}s'")


def _set(driver: object, *statements: str) -> None:
    cursor = driver.cursor()  # type: ignore[attr-defined]
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    driver.commit()  # type: ignore[attr-defined]
