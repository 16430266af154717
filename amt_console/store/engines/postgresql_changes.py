"""Telling other processes of commits through the server, and waiting for theirs.

A NOTIFY is no more than a wake-up: it is sent after the commit and not with it, because committing transactions that
notify take turns on the whole server; at most twice a second; and who waits looks for itself all the time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from amt_console.store.engines.changes import Changes

if TYPE_CHECKING:
    from psycopg import Connection as DriverConnection

LEAST_PAUSE = 0.5
"""Seconds between two notifications of a process."""
LOOK_EVERY = 0.5
"""Seconds after which who waits looks without having been woken, and sees that it is to end."""
LONGEST_GOODBYE = 1.5
"""Seconds that the last notification may take."""


class NotifiedChanges(Changes):
    """By LISTEN and NOTIFY, each on a connection of its own that is made when first needed.

    Args:
        listen: Makes a connection that LISTENs.
        control: Makes the engine for sending.
        notify: NOTIFYs when the transaction of a connection commits.
    """

    def __init__(
        self,
        listen: Callable[[], DriverConnection[Any]],
        control: Callable[[], Engine],
        notify: Callable[[Connection], None],
    ) -> None:
        super().__init__()
        self._listen = listen
        self._control = control
        self._notify = notify
        self._guard = threading.Lock()
        self._listening = threading.Lock()
        self._due = threading.Event()
        self._sender: threading.Thread | None = None
        self._listener: DriverConnection[Any] | None = None

    def announce(self) -> None:
        """Send a notification now, or soon after the one before."""
        self._due.set()
        with self._guard:
            if self._sender is None and not self._closed.is_set():
                self._sender = threading.Thread(target=self._send_for_ever, name="notify", daemon=True)
                self._sender.start()

    def wait(self, changed: Callable[[], bool], timeout: float) -> None:
        """Listen, look, wait for a notification, look again."""
        left = timeout
        with self._listening:
            if self._closed.is_set():
                return
            try:
                if self._listener is None or self._listener.closed:
                    self._listener = self._listen()
                while not changed() and not self._closed.is_set() and left > 0:
                    if not any(self._listener.notifies(timeout=min(left, LOOK_EVERY), stop_after=1)):
                        left -= LOOK_EVERY
            except BaseException:
                # Whatever does not reach the server any more, this connection may be as dead without saying so.
                self._stop_listening()
                if not self._closed.is_set():
                    raise
            finally:
                if self._closed.is_set():
                    self._stop_listening()

    def close(self) -> None:
        """Send what is still to be sent. Who waits returns soon."""
        super().close()
        self._due.set()
        with self._guard:
            sender, self._sender = self._sender, None
        if sender is not None:
            sender.join(timeout=LONGEST_GOODBYE)
        if self._listening.acquire(timeout=LOOK_EVERY):
            self._stop_listening()
            self._listening.release()

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def _send_for_ever(self) -> None:
        engine = self._control()
        try:
            closed = False
            while not closed:
                self._due.wait()
                self._due.clear()
                self._send(engine)
                closed = self._closed.wait(LEAST_PAUSE)
            if self._due.is_set():
                self._send(engine)
        finally:
            engine.dispose()

    def _send(self, engine: Engine) -> None:
        # Who misses it looks by itself.
        with suppress(DBAPIError), engine.begin() as connection:
            self._notify(connection)
