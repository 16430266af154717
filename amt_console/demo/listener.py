"""One port of the simulated platform that can stop and restart listening."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

LOOPBACK = "127.0.0.1"


class PortInUseError(Exception):
    """An explicitly requested port is in use."""

    def __init__(self, name: str, port: int) -> None:
        super().__init__(f"port {port} for the {name} is in use; name another one, or let the demo choose")


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the surrounding process decides when it ends."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(name: str, port: int, *, exactly: bool) -> socket.socket:
    """Bind a socket on loopback: on ``port``, or on any free one if it is taken and not required ``exactly``.

    Raises:
        PortInUseError: The port is taken and required exactly.
        OSError: The port cannot be bound for another reason, e.g. it is below 1024.
    """
    try:
        return _bound(port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES) or (exactly and error.errno == errno.EACCES):
            raise
        if exactly:
            raise PortInUseError(name, port) from None
        return _bound(0)


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


class Listener:
    """Serve one application on one port.

    Args:
        app: The application.
        bound: The listening socket; the listener owns it.
    """

    def __init__(self, app: Starlette, bound: socket.socket) -> None:
        self._config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=1
        )
        self._bound: socket.socket | None = bound
        self.port: int = bound.getsockname()[1]
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def listening(self) -> bool:
        """Whether connections are accepted."""
        return self._server is not None

    async def open(self) -> bool:
        """Start accepting connections; false if another process has taken the port."""
        if self._server is not None:
            return True
        try:
            bound = self._bound or _bound(self.port)
        except OSError:
            return False
        self._bound = None
        self._server = _Server(self._config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[bound]))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({ready, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        return True

    async def close(self) -> None:
        """Refuse connections at once and drop open ones."""
        server, serving = self._server, self._serving
        self._server = self._serving = None
        if self._bound is not None:
            self._bound.close()
            self._bound = None
        if server is None or serving is None:
            return
        for each in server.servers:
            each.close()
        server.should_exit = server.force_exit = True
        for connection in list(server.server_state.connections):
            transport = getattr(connection, "transport", None)
            if isinstance(transport, asyncio.Transport):
                transport.abort()
        await serving
