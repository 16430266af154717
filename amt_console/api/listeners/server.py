"""Serves the application from a thread of its own: on a unix socket, or over TCP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from amt_console.api.app import create_app
from amt_console.api.auth.callers import Callers, SocketCallers, TokenCallers
from amt_console.api.auth.identity import RoleTable, peer_of
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.tokens import TokenBook
from amt_console.api.limits import RequestLimits
from amt_console.api.listeners import certificate
from amt_console.api.listeners.certificate import ServerCertificate
from amt_console.api.listeners.connections import GuardedProtocol, raw_problem
from amt_console.api.listeners.door import Door, Guest
from amt_console.api.listeners.socket_path import listening
from amt_console.api.served import Served
from amt_console.clock import Clock

if TYPE_CHECKING:
    from amt_console.config.sections.program import ApiSettings
    from amt_console.store import Store

logger = logging.getLogger("amt_console.api")
STOP_SECONDS = 4.0
HANDSHAKE_SECONDS = 10.0
MAX_CONNECTIONS = 512
"""On one listener."""
CONNECTIONS_PER_USER = 448
"""Of those on the socket; a console has two."""
CONNECTIONS_PER_ADDRESS = 64
"""Over TCP, if the configuration does not say otherwise."""
BACKLOG = 512
PAUSE_SECONDS = 0.1
"""After a connection could not be taken, because this process has no descriptors left."""


class ApiServer:
    """The API on a listening socket.

    Args:
        served: What is served.
        callers: How those who call are known.
        listener: Bound; closed at the end.
        door: Who may connect.
        tls: For HTTPS.
    """

    def __init__(
        self,
        served: Served,
        callers: Callers,
        listener: socket.socket,
        door: Door,
        tls: ServerCertificate | None = None,
    ) -> None:
        self._served = served
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
        self._server = _Server(config, door, tls)
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
        super().__init__(served, self.callers, listener, Door(most=MAX_CONNECTIONS, per_address=CONNECTIONS_PER_USER))

    def stop(self) -> None:
        """End, and remove the socket unless another process has put its own there."""
        super().stop()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()


class TcpServer(ApiServer):
    """The API over TCP; callers are known by access tokens. Raises OSError when it cannot listen there.

    Args:
        served: What is served.
        host: Address to listen on.
        port: 0 for any that is free.
        book: Knows the tokens.
        tls: For HTTPS.
        proxies: Whose word on the client's address is believed.
        per_address: Connections from one address.
    """

    def __init__(
        self,
        served: Served,
        *,
        host: str,
        port: int,
        book: TokenBook,
        tls: ServerCertificate | None = None,
        proxies: TrustedProxies | None = None,
        per_address: int = CONNECTIONS_PER_ADDRESS,
    ) -> None:
        proxies = proxies or TrustedProxies()
        door = Door(most=MAX_CONNECTIONS, per_address=per_address, unlimited=proxies.trusts)
        listener = _listen(host, port)
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.address[1]}"
        super().__init__(served, TokenCallers(book, proxies), listener, door, tls)


def configured_server(served: Served, settings: ApiSettings, store: Store, clock: Clock) -> TcpServer:
    """The API over TCP as the configuration wants it. Raises OSError when it cannot listen there."""
    certificate_file, key_file = settings.tls_certificate, settings.tls_key
    return TcpServer(
        served,
        host=settings.host,
        port=settings.port,
        book=TokenBook(store, clock),
        tls=ServerCertificate(certificate_file, key_file) if certificate_file and key_file else None,
        proxies=TrustedProxies(settings.trusted_proxies),
        per_address=settings.max_connections_per_address,
    )


class _Server(uvicorn.Server):
    """Leaves the process's signal handlers alone, sleeps until it is told to end, and takes connections at a door."""

    def __init__(self, config: uvicorn.Config, door: Door, tls: ServerCertificate | None) -> None:
        super().__init__(config)
        self._door = door
        self._tls = tls
        self._beginning: set[asyncio.Task[None]] = set()
        """Connections that have no protocol yet."""
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
        with self._guard:
            self._loop = asyncio.get_running_loop()
        self.servers = []
        for listener in sockets or []:
            listener.setblocking(False)
            self._loop.add_reader(listener, self._take, listener)
        self.started = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and end those that there are."""
        for listener in sockets or []:
            asyncio.get_running_loop().remove_reader(listener)
        for task in self._beginning:
            task.cancel()
        await super().shutdown(sockets)

    def _take(self, listener: socket.socket) -> None:
        """Take the connections that wait. Whoever is turned away is told so before anything is read."""
        loop = asyncio.get_running_loop()
        for _ in range(BACKLOG):
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
        """Called when a connection has its protocol, or has ended before."""
        self._beginning.discard(task)
        if not guest.connected:
            connection.close()
            self._door.leave(guest)

    async def _connect(self, connection: socket.socket, guest: Guest) -> None:
        """Hand a connection to its protocol, with TLS once the handshake has been made."""
        loop = asyncio.get_running_loop()
        tls: dict[str, Any] = {}
        if self._tls is not None:
            tls = {"ssl": self._tls.context, "ssl_handshake_timeout": HANDSHAKE_SECONDS}
        with contextlib.suppress(OSError):  # the other side has gone, or does not speak TLS
            await loop.connect_accepted_socket(
                lambda: GuardedProtocol(self.config, self.server_state, loop, self._door, guest), connection, **tls
            )

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


def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()


def _address_of(connection: socket.socket) -> str:
    """Whose connection it is: the user of a unix socket's peer, or the address."""
    try:
        if connection.family == socket.AF_UNIX:
            peer = peer_of(connection)
            return "unknown" if peer is None else f"uid {peer.uid}"
        return str(connection.getpeername()[0])
    except OSError:
        return "gone"


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
