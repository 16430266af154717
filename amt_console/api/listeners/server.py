"""Serves the application from a thread of its own: on a unix socket, or over TCP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
from pathlib import Path
from typing import Any

import uvicorn

from amt_console.api.app import create_app
from amt_console.api.auth.callers import Callers, SocketCallers, TokenCallers
from amt_console.api.auth.identity import RoleTable
from amt_console.api.auth.tokens import TokenBook
from amt_console.api.listeners import certificate
from amt_console.api.listeners.certificate import ServerCertificate
from amt_console.api.listeners.connections import GuardedProtocol
from amt_console.api.listeners.limits import Limits
from amt_console.api.listeners.socket_path import listening
from amt_console.api.served import Served
from amt_console.clock import Clock

logger = logging.getLogger("amt_console.api")
STOP_SECONDS = 4.0
HANDSHAKE_SECONDS = 10.0
MAX_CONNECTIONS = 256
BACKLOG = 128


class ApiServer:
    """The API on a listening socket.

    Args:
        served: What is served.
        callers: How those who call are known.
        listener: Bound; closed at the end.
        tls: For HTTPS.
    """

    def __init__(
        self, served: Served, callers: Callers, listener: socket.socket, tls: ServerCertificate | None = None
    ) -> None:
        self._served = served
        config = uvicorn.Config(
            Limits(create_app(served, callers)),
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config, tls)
        self._listener = listener
        self._thread = threading.Thread(target=self._serve, name="amt-api", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer those who wait, end the connections, close the socket. Idempotent."""
        self._server.leave()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._listener]))
        except Exception:
            logger.exception("the API has ended")


class SocketServer(ApiServer):
    """The API on a unix socket; callers are known by the kernel.

    Args:
        served: What is served.
        path: Where the socket is made; a dead one of an earlier process is replaced. Raises OSError, also when
            somebody else listens there.
        roles: Who may do what.
        clock: The time.
        group: Group id that may connect; without it the owner alone.
    """

    def __init__(self, served: Served, *, path: Path, roles: RoleTable, clock: Clock, group: int | None = None) -> None:
        self.path = path
        self.callers = SocketCallers(roles, clock)
        listener, self._inode = _bind(path, group)
        super().__init__(served, self.callers, listener)

    def stop(self) -> None:
        """End, and remove the socket unless another process has put its own there."""
        super().stop()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()


class TcpServer(ApiServer):
    """The API over TCP; callers are known by access tokens. Raises OSError when it cannot listen there."""

    def __init__(
        self, served: Served, *, host: str, port: int, book: TokenBook, tls: ServerCertificate | None = None
    ) -> None:
        listener = _listen(host, port)
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.address[1]}"
        super().__init__(served, TokenCallers(book), listener, tls)


class _Server(uvicorn.Server):
    """Leaves the process's signal handlers alone, sleeps until it is told to end, and has no patience at the door."""

    def __init__(self, config: uvicorn.Config, tls: ServerCertificate | None) -> None:
        super().__init__(config)
        self._tls = tls
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        """End; callable from any thread."""
        with self._guard:
            self.should_exit = True
            if self._loop is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._leaving.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        with self._guard:
            self._loop = loop

        def protocol() -> asyncio.Protocol:
            return GuardedProtocol(self.config, self.server_state, {}, loop)

        tls: dict[str, Any] = {}
        if self._tls is not None:
            tls = {"ssl": self._tls.context, "ssl_handshake_timeout": HANDSHAKE_SECONDS}
        self.servers = [
            await loop.create_server(protocol, sock=listener, backlog=BACKLOG, **tls) for listener in sockets or []
        ]
        self.started = True

    async def main_loop(self) -> None:
        """Wait; look now and then whether the certificate is another one."""
        patience = None if self._tls is None else certificate.LOOK_SECONDS
        while not self.should_exit:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), patience)
            if self._tls is not None:
                self._tls.refresh()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """None: the screen or the monitor has its own."""
        yield


def _bind(path: Path, group: int | None) -> tuple[socket.socket, int]:
    """A bound socket at ``path`` and its inode.

    Bound under a private name first, so that its permissions are never too wide and a dead socket is replaced in one
    step.
    """
    if listening(path):
        raise OSError(f"another process listens there ({path})")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    private = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with contextlib.suppress(FileNotFoundError):
            private.unlink()
        before = os.umask(0o177)
        try:
            listener.bind(str(private))
        finally:
            os.umask(before)
        if group is not None:
            os.chown(private, -1, group)
            private.chmod(0o660)
        listener.listen(BACKLOG)
        private.replace(path)
        return listener, path.stat().st_ino
    except BaseException:
        listener.close()
        with contextlib.suppress(OSError):
            private.unlink()
        raise


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
