"""The web server behind a listener: admits connections at the door and answers their requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
from functools import partial
from typing import Any

import uvicorn

from amt_console.api.app import create_app
from amt_console.api.auth.callers import Callers
from amt_console.api.auth.identity import peer_of
from amt_console.api.limits import RequestLimits
from amt_console.api.listeners import certificate
from amt_console.api.listeners.certificate import ServerCertificate
from amt_console.api.listeners.connections import GuardedProtocol, raw_problem
from amt_console.api.listeners.door import Door, Guest
from amt_console.api.served import Served

logger = logging.getLogger("amt_console.api")
HANDSHAKE_SECONDS = 10.0
PAUSE_SECONDS = 0.1
"""Pause in seconds after the process ran out of descriptors."""


class Serving(uvicorn.Server):
    """A uvicorn server without signal handlers that admits connections at a door.

    Args:
        served: What is served.
        callers: Authenticates callers.
        door: Limits connections.
        backlog: Connections that are accepted at once.
        tls: For HTTPS.
    """

    def __init__(
        self, served: Served, callers: Callers, door: Door, *, backlog: int, tls: ServerCertificate | None
    ) -> None:
        config = uvicorn.Config(
            RequestLimits(create_app(served, callers)),
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._backlog = backlog
        self._door = door
        self._tls = tls
        self._beginning: set[asyncio.Task[None]] = set()
        """Connections without a protocol so far."""
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """End the server. Thread-safe."""
        with self._guard:
            self.should_exit = True
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._leaving.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        with self._guard:
            self._loop = asyncio.get_running_loop()
        self.servers = []
        for listener in sockets or []:
            listener.setblocking(False)
            self._loop.add_reader(listener, self._take, listener)
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, and end the open ones."""
        for listener in sockets or []:
            asyncio.get_running_loop().remove_reader(listener)
        for task in self._beginning:
            task.cancel()
        await super().shutdown(sockets)

    def _take(self, listener: socket.socket) -> None:
        """Accept waiting connections. A refused one gets its answer before anything is read."""
        loop = asyncio.get_running_loop()
        for _ in range(self._backlog):
            try:
                connection, _address = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                logger.warning("no connection can be taken for a moment: %s", error.strerror)
                loop.remove_reader(listener)
                loop.call_later(PAUSE_SECONDS, self._take_again, listener)
                return
            guest = self._door.admit(_address_of(connection))
            if guest is None:
                connection.setblocking(False)
                with contextlib.suppress(OSError):
                    if self._tls is None:
                        connection.send(raw_problem("too_many_connections", "close some, or wait a moment"))
                connection.close()
                continue
            task = loop.create_task(self._connect(connection, guest))
            guest.drop = partial(_cancel, task)
            self._beginning.add(task)
            task.add_done_callback(partial(self._begun, connection, guest))

    def _take_again(self, listener: socket.socket) -> None:
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(listener, self._take, listener)

    def _begun(self, connection: socket.socket, guest: Guest, task: asyncio.Task[None]) -> None:
        """Called when a connection has its protocol, or ended before."""
        self._beginning.discard(task)
        if not guest.connected:
            connection.close()
            self._door.leave(guest)

    async def _connect(self, connection: socket.socket, guest: Guest) -> None:
        """Pass a connection to its protocol, after the TLS handshake if any."""
        loop = asyncio.get_running_loop()
        tls: dict[str, Any] = {}
        if self._tls is not None:
            tls = {"ssl": self._tls.context, "ssl_handshake_timeout": HANDSHAKE_SECONDS}
        with contextlib.suppress(OSError):  # the client has gone, or does not speak TLS
            await loop.connect_accepted_socket(
                lambda: GuardedProtocol(self.config, self.server_state, loop, self._door, guest), connection, **tls
            )

    async def main_loop(self) -> None:
        """Wait for the end; check the certificate regularly."""
        patience = None if self._tls is None else certificate.LOOK_SECONDS
        while not self.should_exit:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), patience)
            if self._tls is not None:
                self._tls.refresh()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """No signal handlers: the console or the monitor has its own."""
        yield


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _address_of(connection: socket.socket) -> str:
    """The owner of a connection: the peer's user on a unix socket, else the address."""
    try:
        if connection.family == socket.AF_UNIX:
            peer = peer_of(connection)
            return "unknown" if peer is None else f"uid {peer.uid}"
        return str(connection.getpeername()[0])
    except OSError:
        return "gone"
