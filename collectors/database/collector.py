"""Probes databases through SQLAlchemy's drivers: connect time, query time, and the health of a SQLite file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from amt_console.clock import Clock
from amt_console.model import Database, ErrorClass, Phases, ProbeResult, ServiceState, Value
from amt_console.text import safe_text
from collectors.database.session import DatabaseFailure, DatabaseSession, Detail, sqlite_path
from collectors.database.values import ValueReader

MAX_THREADS = 32
"""Sessions that may run at once, including those that hang."""


class DatabaseCollector:
    """Runs each session in its own daemon thread, so that a hanging session delays neither the others nor the exit.

    A database has at most one session: while it hangs, further probes of that database fail at once.

    Args:
        clock: Where time stamps and durations come from.
    """

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._readers: dict[str, ValueReader] = {}

    async def probe(self, database: Database, *, attempt: int = 1) -> ProbeResult:
        """Connect and run the query within the database's total deadline. Failures are results, never exceptions."""
        started = self._clock.now()
        reader = self._readers.setdefault(f"{database.name}\0{database.url}", ValueReader())
        session = DatabaseSession(database, self._clock.monotonic, reader=reader)
        try:
            await self._within_deadline(session)
        except DatabaseFailure as failure:
            return _failed(session, started, attempt, failure)
        return _measured(session, started, attempt, self._clock.now())

    async def aclose(self) -> None:
        """Start no further sessions. A hanging session ends with the process."""
        self._closed = True

    async def _within_deadline(self, session: DatabaseSession) -> None:
        database = session.database
        loop = asyncio.get_running_loop()
        done: asyncio.Future[DatabaseFailure | None] = loop.create_future()

        def finish(failure: DatabaseFailure | None) -> None:
            if not done.done():
                done.set_result(failure)

        def work() -> None:
            failure: DatabaseFailure | None = None
            try:
                session.run()
            except DatabaseFailure as error:
                failure = error
            except BaseException as error:
                failure = DatabaseFailure(ErrorClass.LOCAL_ERROR, f"could not measure: {type(error).__name__}")
            finally:
                with self._lock:
                    self._running.discard(database.name)
            try:
                loop.call_soon_threadsafe(finish, failure)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return

        self._start(database.name, work)
        try:
            failure = await asyncio.wait_for(done, database.timeout)
        except TimeoutError:
            session.abandon()
            if session.query_ms is not None:
                return  # the query was answered; only what is read beside it was not
            raise _deadline_passed(session) from None
        if failure is not None:
            raise failure

    def _start(self, name: str, work: Callable[[], None]) -> None:
        with self._lock:
            if self._closed:
                raise DatabaseFailure(ErrorClass.LOCAL_ERROR, "the monitor is stopping")
            if name in self._running:
                raise DatabaseFailure(ErrorClass.TIMEOUT, "still hanging: the probe before has not come back")
            if len(self._running) >= MAX_THREADS:
                message = f"{MAX_THREADS} database probes hang already; no more are started"
                raise DatabaseFailure(ErrorClass.LOCAL_ERROR, message)
            self._running.add(name)
        try:
            threading.Thread(target=work, name=f"database-{name}", daemon=True).start()
        except RuntimeError:
            with self._lock:
                self._running.discard(name)
            raise DatabaseFailure(ErrorClass.LOCAL_ERROR, "the monitor cannot start another thread") from None


def _deadline_passed(session: DatabaseSession) -> DatabaseFailure:
    seconds = f"{session.database.timeout:g} s"
    if session.connect_ms is None:
        return DatabaseFailure(ErrorClass.CONNECT_TIMEOUT, f"no connection within {seconds}")
    return DatabaseFailure(ErrorClass.TIMEOUT, f"connected, but no answer to the query within {seconds}")


def _failed(session: DatabaseSession, started: datetime, attempt: int, failure: DatabaseFailure) -> ProbeResult:
    local = failure.error_class is ErrorClass.LOCAL_ERROR
    return ProbeResult(
        service=session.database.name,
        timestamp=started,
        state=ServiceState.UNKNOWN if local else ServiceState.DOWN,
        interval=session.database.interval,
        error_class=failure.error_class,
        error=safe_text(failure),
        phases=Phases(connect_ms=session.connect_ms),
        attempt=attempt,
        details={} if session.connect_ms is None else {"connect_ms": session.connect_ms},
    )


def _measured(session: DatabaseSession, started: datetime, attempt: int, now: datetime) -> ProbeResult:
    database = session.database
    connect_ms, query_ms = session.connect_ms or 0.0, session.query_ms or 0.0
    total_ms = connect_ms + query_ms
    slow = database.degraded_above_ms is not None and total_ms > database.degraded_above_ms
    details: dict[str, Detail] = {"connect_ms": connect_ms, "query_ms": query_ms, **session.details}
    path = sqlite_path(database.url)
    if path is not None:
        details |= _file_health(path, now)
    return ProbeResult(
        service=database.name,
        timestamp=started,
        state=ServiceState.DEGRADED if slow else ServiceState.UP,
        interval=database.interval,
        response_time_ms=total_ms,
        phases=Phases(connect_ms=connect_ms),
        attempt=attempt,
        details=details,
        values=_values(session, details),
    )


def _values(session: DatabaseSession, details: Mapping[str, Detail]) -> Mapping[str, Value]:
    """What the database told, and the size of a SQLite file's write-ahead log."""
    wal = details.get("wal_bytes")
    return {**session.values, "wal": Value(wal, "B")} if isinstance(wal, int | float) else session.values


def _file_health(path: Path, now: datetime) -> dict[str, Detail]:
    """Sizes in bytes, and the seconds since the last commit; unknown with an empty write-ahead log."""
    wal = path.with_name(path.name + "-wal")
    try:
        main = path.stat()
        log = wal.stat() if wal.exists() else None
    except OSError:
        return {}
    committed = max(main.st_mtime, log.st_mtime) if log is not None and log.st_size else main.st_mtime
    return {
        "size_bytes": main.st_size,
        "wal_bytes": log.st_size if log is not None else 0,
        "last_commit_age_s": max(0.0, now.timestamp() - committed),
    }
