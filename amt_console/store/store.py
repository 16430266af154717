"""The store: one writing connection and a pool of reading ones."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from amt_console.clock import Clock
from amt_console.store import migrate
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.engines.dialect import Dialect
from amt_console.store.engines.opening import dialect_of
from amt_console.store.engines.queues import Queue, QueueCounts
from amt_console.store.errors import DatabaseLost, StoreCorrupt, StoreError, StoreUnavailable
from amt_console.store.reads import Reads
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.store.writes import Ingesters, Writes

logger = logging.getLogger("amt_console.store")
CLOSE_SECONDS = 1.0
"""How long a call may wait for a server after the store was told to close."""
_LOG_BACKSTOP = 64 * 1024 * 1024


class Store:
    """An open database. All methods may be called from any thread; writers take turns.

    Open it with ``Store.open`` and close it, or use it as a context manager. Never carry an open store through
    ``fork``.
    """

    def __init__(self, dialect: Dialect, writer: Engine | None, reader: Engine, clock: Clock, keys: Keyring) -> None:
        self._dialect = dialect
        self._clock = clock
        self.keys = keys
        """The keys of encrypted columns and audit seals."""
        self._writer_engine = writer
        self._reader_engine = reader
        self._writer: Connection | None = None
        self._version_connection: Connection | None = None
        self._write_lock = threading.Lock()
        self._writing_thread: int | None = None
        self._version_lock = threading.Lock()
        self._ingesters = None if writer is None else _ingesters(dialect, clock)
        self._commits = 0
        self._writers = 0
        """How many writing connections there were."""
        self._queues = QueueCounts()
        self._seen_writes: int | None = None
        self._fence: Callable[[Connection], None] | None = None
        self._changes = dialect.changes()
        self.upgraded_from: Path | None = None
        """The backup that was made because opening upgraded an older database."""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        clock: Clock,
        read_only: bool = False,
        patient: bool = False,
        keys: Keyring | None = None,
    ) -> Store:
        """Open a database; unless ``read_only``, create it or bring it up to date (an older one is backed up first).

        Args:
            url: Which one.
            clock: The time.
            read_only: Never write, and never create anything.
            patient: Wait for a server as long as it takes: for commands that a person can stop. Otherwise a server that
                does not answer for ten seconds is given up, and connected to anew by the next call.
            keys: Without them what must be encrypted is not stored, and not read.

        Raises:
            StoreUnavailable: It cannot be reached, read or written; read-only also if it does not exist or has no
            tables.
            SchemaTooNew: A newer version of the program has written it.
            StoreCorrupt: It is damaged or is no database.
            StoreBusy: Somebody else held it for more than five seconds.
            StoreFull: No room.
        """
        dialect = dialect_of(url, read_only=read_only, patient=patient)
        writer = None if read_only else dialect.writer()
        store = cls(dialect, writer, dialect.reader(), clock, keys or Keyring())
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    @property
    def place(self) -> str:
        """The database in words for people, without secrets."""
        return self._dialect.place

    @property
    def is_server(self) -> bool:
        """Whether the database is on a server, for several processes on several hosts; otherwise it is a file."""
        return self._dialect.is_server

    @property
    def url(self) -> str:
        """Its URL, password included."""
        return self._dialect.url.render_as_string(hide_password=False)

    def transaction(self, *, durable: bool = False, simulated: bool = False) -> AbstractContextManager[Writes]:
        """A writing transaction: committed at the end of the block, rolled back when an exception leaves it.

        Args:
            durable: On disk before the block ends, even if the power fails then. Without it the newest commits may be
            lost with the power,
                but not with the process.
            simulated: Mark everything as simulated.

        Raises:
            StoreError: ``StoreBusy``, ``StoreFull``, ...; nothing was written.
            RuntimeError: This thread is in a transaction already.
        """
        return self._transaction(durable=durable, simulated=simulated)

    @contextmanager
    def _transaction(self, *, durable: bool, simulated: bool) -> Iterator[Writes]:
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("this thread is in a writing transaction already")
        with self._write_lock, self._translated():
            self._refuse_lost()
            self._writing_thread = threading.get_ident()
            try:
                connection = self._writing_connection()
                if connection.in_transaction():
                    connection.rollback()
                with connection.begin():
                    self._dialect.begin_write(connection, durable=durable)
                    if self._fence is not None:
                        self._fence(connection)
                    self._notice_foreign_writes(connection)
                    writes = self._writes(connection, durable=durable, simulated=simulated)
                    yield writes
                    writes.finish()
            except BaseException:
                self._forget()
                self._drop_broken_writer()
                raise
            finally:
                self._writing_thread = None
            self._commits += 1
            self._queues.add(writes.touched)
            self._after_commit(connection)

    def read(self) -> AbstractContextManager[Reads]:
        """A read transaction: all reads in the block show one moment. Keep it short. Raises StoreError."""
        return self._read()

    @contextmanager
    def _read(self) -> Iterator[Reads]:
        with self._translated(), self._reader_engine.connect() as connection, connection.begin():
            yield Reads(connection, self._clock, self.keys)

    def data_version(self) -> int:
        """A number that changes with every commit of any process. Cheap. Raises StoreError."""
        with self._version_lock, self._translated():
            if self._version_connection is None:
                self._version_connection = self._reader_engine.connect()
            try:
                version = self._dialect.data_version(self._version_connection)
                self._version_connection.rollback()
            except BaseException:
                self._version_connection.close()
                self._version_connection = None
                raise
            return version

    def queue_count(self, queue: Queue) -> int:
        """How many transactions of this store have changed a queue. Never blocks."""
        return self._queues.of(queue)

    def queue_version(self, queue: Queue) -> object:
        """A value that differs after each change of a queue; of a file, after nothing else that this store writes.

        Others may have changed it with any of their commits. Raises StoreError.
        """
        count = self._queues.of(queue)
        return self.others_version(), count

    def others_version(self) -> object:
        """A value that differs after each commit of others; on a server after each of this store as well.

        Raises StoreError.
        """
        if self.is_server or self._writer_engine is None:
            return self.data_version()
        if not self._write_lock.acquire(blocking=False):
            return object()  # a writer may take long, and whoever asks has something better to do than to wait
        try:
            with self._translated():
                # The writing connection does not count its own commits.
                return self._writers, self._dialect.data_version(self._writing_connection())
        finally:
            self._write_lock.release()

    def wait_for_change(self, seen: int, timeout: float) -> int:
        """Wait until ``data_version`` is another number than ``seen``, at most so many seconds; returns it.

        On a server the wait ends as soon as somebody has committed, whichever host they are on. Raises StoreError.
        """
        with self._translated():
            self._changes.wait(lambda: self.data_version() != seen, timeout)
        return seen if self._changes.closed else self.data_version()

    def fence(self, check: Callable[[Connection], None]) -> None:
        """Call ``check`` at the beginning of each writing transaction from now on; what it raises forbids the write."""
        self._fence = check

    def checkpoint(self, *, truncate: bool = False) -> int:
        """Checkpoint the write-ahead log; only in the process that holds the lease.

        Args:
            truncate: Also truncate the log if nobody is reading.

        Returns:
            How many pages still wait because of a long reader.
        """
        with self._maintained() as connection:
            return self._dialect.checkpoint(connection, truncate=truncate)

    def log_bytes(self) -> int:
        """Size of the write-ahead log; grows while a long reader holds a transaction."""
        return self._dialect.log_bytes()

    def free_bytes(self) -> int:
        """Free bytes inside the database; new rows fill them first. Raises StoreError."""
        with self._translated(), self._reader_engine.connect() as connection:
            return self._dialect.free_bytes(connection)

    def give_back(self, pages: int) -> int:
        """Return at most so many unused pages to the disk; returns the bytes still unused. Raises StoreError."""
        with self._maintained() as connection:
            return self._dialect.give_back(connection, pages)

    def optimize(self) -> None:
        """Refresh the planner's statistics; quick. Raises StoreError."""
        with self._maintained() as connection:
            self._dialect.tune(connection)

    def check(self, *, full: bool = False) -> tuple[str, ...]:
        """The damage in the database, in words; empty if none. Raises StoreError if it cannot be read.

        Args:
            full: Also compare every index with its table; reads everything, and takes its time.
        """
        try:
            with self._translated(), self._reader_engine.connect() as connection:
                return self._dialect.faults(connection, full=full)
        except StoreCorrupt as error:
            return (str(error),)

    def hurry(self, seconds: float = 0.0) -> None:
        """Let calls that wait for a server fail within so many seconds from now on, because the process is to end."""
        self._dialect.hurry(seconds)

    def lost(self) -> str | None:
        """Why the open database file is not the one at its path any more; ``None`` while all is well. Cheap."""
        return self._dialect.lost()

    def close(self) -> None:
        """Close all connections. Idempotent."""
        self._changes.close()
        self.hurry(CLOSE_SECONDS)
        with self._write_lock, self._version_lock:
            for connection in (self._writer, self._version_connection):
                if connection is not None:
                    # The server may be gone; then there is nothing left to close.
                    with suppress(DBAPIError, self._dialect.driver_error):
                        connection.close()
            self._writer = self._version_connection = None
            self._reader_engine.dispose()
            if self._writer_engine is not None:
                self._writer_engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        with self._translated():
            if self._writer_engine is not None:
                connection = self._writing_connection()
                with connection.begin():
                    current = migrate.is_current(connection)
                if not current:
                    self._upgrade(connection)
                    # So that a lost log can never make the file look like an empty one.
                    self._dialect.checkpoint(connection, truncate=True)
                self._dialect.tune(connection)
                connection.rollback()
            with self._reader_engine.connect() as connection, connection.begin():
                migrate.check(connection, self._dialect)

    def _upgrade(self, connection: Connection) -> None:
        with connection.begin():
            self._dialect.begin_schema_change(connection)
            self.upgraded_from = migrate.upgrade(connection, self._dialect, now=self._clock.now())
            if self.upgraded_from is not None:
                writes = self._writes(connection, durable=True, simulated=False)
                from amt_console.store import foreign_times

                foreign_times.mend_all(writes)
                writes.derive_missing()
                writes.finish()

    def _writes(self, connection: Connection, *, durable: bool, simulated: bool) -> Writes:
        from amt_console.store.writes import Writes

        assert self._ingesters is not None
        return Writes(connection, self._clock, self.keys, self._ingesters, durable=durable, simulated=simulated)

    def _forget(self) -> None:
        if self._ingesters is not None:
            self._ingesters.forget()

    def _writing_connection(self) -> Connection:
        if self._writer_engine is None:
            raise StoreUnavailable(f"The database {self.place} was opened read-only: nothing can be written here.")
        if self._writer is None:
            self._writer = self._writer_engine.connect()
            self._writers += 1
            self._seen_writes = None
        return self._writer

    def _refuse_lost(self) -> None:
        if (lost := self._dialect.lost()) is not None:
            raise DatabaseLost(f"{lost}. Nothing is written until it is back.")

    @contextmanager
    def _maintained(self) -> Iterator[Connection]:
        """The writing connection outside of a transaction, for as long as it takes to mind the file."""
        with self._write_lock, self._translated():
            self._refuse_lost()
            connection = self._writing_connection()
            try:
                yield connection
            finally:
                connection.rollback()

    def _after_commit(self, connection: Connection) -> None:
        """Ignore failures: the transaction is committed, and its writer must not be told otherwise."""
        try:
            self._changes.announce()
            if self._dialect.log_bytes() > _LOG_BACKSTOP:
                self._dialect.checkpoint(connection, truncate=False)
        except Exception as error:
            logger.warning("The write-ahead log of %s stays long for now: %s", self.place, safe_text(str(error)))
            self._drop_broken_writer()

    def _drop_broken_writer(self) -> None:
        if self._writer is not None and (self._writer.invalidated or self._writer.closed):
            self._writer.close()
            self._writer = None

    def _notice_foreign_writes(self, connection: Connection) -> None:
        seen = self._dialect.foreign_writes(connection, self._commits)
        if seen != self._seen_writes:
            self._forget()
            self._seen_writes = seen

    @contextmanager
    def _translated(self) -> Iterator[None]:
        handled = sys.exception()
        try:
            yield
        except StoreError:
            raise
        except (DBAPIError, self._dialect.driver_error) as error:
            interrupt = _interrupt_behind(error, handled)
            if interrupt is not None:
                raise interrupt from None
            raise self._dialect.translate(error) from error


def _ingesters(dialect: Dialect, clock: Clock) -> Ingesters:
    """Of a store that writes: what only reads loads none of it."""
    from amt_console.store.writes import Ingesters

    return Ingesters.of(dialect, clock)


def _interrupt_behind(error: BaseException, handled: BaseException | None) -> BaseException | None:
    """The interrupt (ctrl+c, an exit) since ``handled`` that an error hides.

    An interrupted statement breaks its connection, and then the rollback fails: the interrupt is what happened.
    """
    cause = error.__context__
    while cause is not None and cause is not handled:
        if not isinstance(cause, Exception):
            return cause
        cause = cause.__context__
    return None
