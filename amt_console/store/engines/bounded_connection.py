"""A PostgreSQL connection that waits for the server for a limited time only.

TCP notices a peer that is gone. Only a deadline notices a server or a pooler that acknowledges what it receives and
never answers. All exchanges of the driver pass through ``Connection.wait``, so the deadline is kept there.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from typing import Any, NoReturn

from psycopg import Connection, Cursor, OperationalError

from amt_console.clock import SystemClock

_ADDRESSES = 3
"""How many addresses of a server may each use up the time for connecting."""
_LOOK_SECONDS = 0.1
_now = SystemClock().monotonic


class Patience:
    """How long the connections of one store may wait. ``hurry`` may be called from any thread, at any time."""

    def __init__(self) -> None:
        self.most = float("inf")
        """Seconds, for each answer; calls that wait already notice within a tenth of a second."""
        self.over = False
        """Whether no new connection is made any more."""

    def hurry(self, seconds: float) -> None:
        """From now on wait no longer than so many seconds for any answer, and make no new connection."""
        self.most, self.over = seconds, True


class _Cursor(Cursor[Any]):
    """Keeps the server's timeout for idle transactions running; without it a suspended process keeps its locks.

    A pipeline of the driver ends with a Flush, and a Flush stops that timeout until the next statement.
    """

    def executemany(self, query: Any, params_seq: Iterable[Any], *, returning: bool = False) -> None:
        """As the driver does."""
        with self.connection.pipeline() as pipeline:
            super().executemany(query, params_seq, returning=returning)
            # The server's work ends here, with the timeout running.
            pipeline.sync()
        self.connection.execute("SELECT 1")


class BoundedConnection(Connection[Any]):
    """Closes itself and raises OperationalError when the server sends nothing for too long."""

    _patience = Patience()
    _usual_limit = float("inf")
    _limit = float("inf")
    _deadline = float("inf")

    @classmethod
    def open(cls, patience: Patience, limit: float, *arguments: Any, **options: Any) -> BoundedConnection:
        """Connect. Raises the driver's error.

        Args:
            patience: Shared by the connections of a store.
            limit: Seconds without a byte from the server.
            arguments: As for ``Connection.connect``, and so are ``options``.
        """
        seconds = _ADDRESSES * float(options.get("connect_timeout", limit))
        connection = _Attempt(lambda: cls.connect(*arguments, cursor_factory=_Cursor, **options)).outcome(
            patience, seconds
        )
        connection._patience, connection._limit, connection._usual_limit = patience, limit, limit
        return connection

    def end_within(self, seconds: float) -> None:
        """Let the present transaction take no longer than so many seconds in all."""
        self._deadline = _now() + seconds

    def take_time(self) -> None:
        """Let each step of the present transaction take as long as it needs."""
        self._limit = float("inf")

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **options: Any) -> Any:
        """As the driver does, within the limits; a caller that waits for notifications brings a limit of its own."""
        if arguments or options:
            return super().wait(gen, *arguments, **options)
        return super().wait(self._bounded(gen))

    def commit(self) -> None:
        """Ends what holds for one transaction."""
        try:
            super().commit()
        finally:
            self._end_transaction()

    def rollback(self) -> None:
        """Ends what holds for one transaction."""
        self._deadline = float("inf")
        try:
            super().rollback()
        finally:
            self._end_transaction()

    def _end_transaction(self) -> None:
        self._deadline, self._limit = float("inf"), self._usual_limit

    def _give_up(self, why: str) -> NoReturn:
        self.pgconn.finish()
        raise OperationalError(why)

    def _bounded(self, exchange: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        """The driver resumes it several times a second, also when nothing has come in."""
        heard_at = _now()
        try:
            wanted = next(exchange)
            while True:
                ready = yield wanted
                now = _now()
                if ready:
                    heard_at = now
                elif now - heard_at >= min(self._limit, self._patience.most):
                    self._give_up(f"no answer for {now - heard_at:.0f} s")
                if now >= self._deadline:
                    self._give_up("the transaction took too long")
                wanted = exchange.send(ready)
        except StopIteration as end:
            return end.value


class _Attempt:
    """Connecting, on a thread of its own: neither looking up a name nor a driver that connects can be interrupted."""

    def __init__(self, connect: Any) -> None:
        self._connect = connect
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._abandoned = False
        self._connection: BoundedConnection | None = None
        self._error: BaseException | None = None

    def outcome(self, patience: Patience, seconds: float) -> BoundedConnection:
        """The connection. Raises the driver's error, and OperationalError when time or patience is over."""
        if not patience.over:
            threading.Thread(target=self._run, name="amt-connect", daemon=True).start()
        ends_at = _now() + seconds
        while not patience.over and _now() < ends_at and not self._ended.wait(_LOOK_SECONDS):
            pass
        with self._guard:
            self._abandoned = True
            if self._connection is not None:
                return self._connection
        raise self._error or OperationalError("the database is being closed" if patience.over else "no connection")

    def _run(self) -> None:
        try:
            connection = self._connect()
        except BaseException as error:
            self._error = error
        else:
            with self._guard:
                if self._abandoned:
                    connection.close()
                else:
                    self._connection = connection
        self._ended.set()
