"""The lease on a server: a row renewed by its holder, with an epoch that grows with every new holder."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from amt_console.clock import Clock
from amt_console.store.cluster.lease import Lease, LeaseHolder
from amt_console.store.engines.postgresql import Postgresql
from amt_console.store.errors import LeaseLost, StoreBusy
from amt_console.store.store import Store

TERM = 6.0
"""Term of the lease in seconds without a renewal, by the server's clock."""
RENEW_EVERY = 1.5
_AGAIN_AFTER = 0.2
"""Seconds until a failed renewal is retried."""
_RELEASE_SECONDS = 1.0
"""Longest wait for the server at the release."""
_LOCK_EXPIRED = text("SELECT 1 FROM lease WHERE name = 'monitor' AND expires_at < clock_timestamp() FOR UPDATE")
_TAKE = text(
    "INSERT INTO lease (name, epoch, host, pid, started_at, expires_at) "
    "VALUES ('monitor', 1, :host, :pid, :started_at, clock_timestamp() + make_interval(secs => :term)) "
    "ON CONFLICT (name) DO UPDATE SET epoch = lease.epoch + 1, host = excluded.host, pid = excluded.pid, "
    "started_at = excluded.started_at, expires_at = excluded.expires_at "
    "WHERE lease.expires_at < clock_timestamp() RETURNING epoch"
)
_EXTEND = text(
    "UPDATE lease SET expires_at = clock_timestamp() + make_interval(secs => :term) "
    "WHERE name = 'monitor' AND epoch = :epoch"
)
_GIVE_BACK = text("UPDATE lease SET expires_at = '-infinity' WHERE name = 'monitor' AND epoch = :epoch")
_WHO = text("SELECT host, pid, started_at FROM lease WHERE name = 'monitor' AND expires_at >= clock_timestamp()")
_MINE = text("SELECT 1 FROM lease WHERE name = 'monitor' AND epoch = :epoch FOR KEY SHARE")


class RowLease(Lease):
    """A row in ``lease``. A thread renews it.

    A row that was not renewed in time is free, but not lost until another process takes it: after an outage of the
    server its holder continues.
    """

    revocable = True

    def __init__(self, dialect: Postgresql, engine: Engine, holder: LeaseHolder, epoch: int) -> None:
        super().__init__(holder)
        self.epoch = epoch
        """Grows with every new holder; a write with an older epoch comes from a process that lost the lease."""
        self._dialect = dialect
        self._engine = engine
        self._ended = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._renew_for_ever, name="lease", daemon=True)
        self._thread.start()

    @classmethod
    def take(cls, dialect: Postgresql, holder: LeaseHolder, clock: Clock) -> RowLease | None:
        """Insert the row, or take over an expired one; not while its holder is in the middle of a write."""
        engine = dialect.control()
        _set_up(dialect, engine, clock)
        values: dict[str, Any] = {
            "host": holder.host,
            "pid": holder.pid,
            "started_at": holder.started_at,
            "term": TERM,
        }
        try:
            with engine.begin() as connection:
                connection.execute(_LOCK_EXPIRED)
                epoch = connection.execute(_TAKE, values).scalar()
        except DBAPIError as error:
            engine.dispose()
            fault = dialect.translate(error)
            if isinstance(fault, StoreBusy):
                return None
            raise fault from error
        if epoch is None:
            engine.dispose()
            return None
        return cls(dialect, engine, holder, int(epoch))

    @staticmethod
    def held(dialect: Postgresql) -> LeaseHolder | None:
        """The row, unless it has expired."""
        engine = dialect.control()
        try:
            with engine.connect() as connection:
                there = inspect(connection).has_table("lease")
                row = connection.execute(_WHO).mappings().first() if there else None
        except DBAPIError as error:
            raise dialect.translate(error) from error
        finally:
            engine.dispose()
        return None if row is None else LeaseHolder(row["host"], row["pid"], row["started_at"])

    @staticmethod
    def free_in(store: Store) -> bool:
        """Whether the row has expired, asked through an open store."""
        with store.read() as reads:
            return reads._connection.execute(_WHO).first() is None

    @property
    def lost(self) -> bool:
        """Whether another process has taken it, or it was released."""
        return self._lost or self._ended.is_set()

    def guard(self, store: Store) -> None:
        """Prevent commits of ``store`` from the moment another process has taken the lease."""
        store.fence(self._check)

    def release(self) -> None:
        """Expire the row at once, and notify waiting processes."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._dialect.hurry(_RELEASE_SECONDS)
        self._thread.join(timeout=RENEW_EVERY)
        # If the server is gone, the row expires by itself.
        with suppress(DBAPIError), self._engine.begin() as connection:
            connection.execute(_GIVE_BACK, {"epoch": self.epoch})
            self._dialect.notify(connection)
        self._engine.dispose()

    def _check(self, connection: Connection) -> None:
        """The lock makes a new holder wait until this transaction has ended; it does not hold up the renewal."""
        if connection.execute(_MINE, {"epoch": self.epoch}).first() is None:
            self._lost = True
            raise LeaseLost(
                f"Another process has become the monitor of {self._dialect.place} because this one was not heard of "
                f"for {TERM:g} s. Nothing was written; try again in a moment."
            )

    def _renew_for_ever(self) -> None:
        pause = RENEW_EVERY
        while not self._ended.wait(pause):
            pause = RENEW_EVERY
            try:
                with self._engine.begin() as connection:
                    renewed = connection.execute(_EXTEND, {"epoch": self.epoch, "term": TERM}).rowcount == 1
            except DBAPIError:
                # A part of the term is gone already: the next try is the one that counts.
                pause = _AGAIN_AFTER
                continue
            if not renewed:
                self._lost = True
                return


def _set_up(dialect: Postgresql, engine: Engine, clock: Clock) -> None:
    """Create the tables in an empty database: the lease is read before anything else."""
    try:
        with engine.connect() as connection:
            there = inspect(connection).has_table("lease")
    except DBAPIError as error:
        engine.dispose()
        raise dialect.translate(error) from error
    if not there:
        Store.open(dialect.url.render_as_string(hide_password=False), clock=clock).close()
