"""Listens on a unix socket or over TCP and serves the API from its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.api.auth.callers import Callers, SocketCallers
from amt_console.api.auth.identity import RoleTable
from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.rates import RateLimit
from amt_console.api.auth.token_callers import Rates, TokenCallers
from amt_console.api.auth.tokens import TokenBook
from amt_console.api.listeners.certificate import ServerCertificate
from amt_console.api.listeners.door import Door
from amt_console.api.listeners.socket_path import listening
from amt_console.api.served import Served
from amt_console.clock import Clock

if TYPE_CHECKING:
    from amt_console.api.listeners.serving import Serving
    from amt_console.config.sections.program import ApiSettings
    from amt_console.store import Store

logger = logging.getLogger("amt_console.api")
STOP_SECONDS = 4.0
MAX_CONNECTIONS = 512
"""Most connections of one listener."""
CONNECTIONS_PER_USER = 448
"""Most connections per user on the socket; a console has two."""
CONNECTIONS_PER_ADDRESS = 64
"""Default of the most connections per address over TCP."""
BACKLOG = 512


class ApiServer:
    """The API on a listening socket.

    Args:
        served: What is served.
        callers: Authenticates callers.
        listener: Bound; closed at the end.
        door: Limits connections.
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
        self._callers = callers
        self._listener = listener
        self._door = door
        self._tls = tls
        self._lock = threading.Lock()
        self._at_once = True
        self._serving: Serving | None = None
        self._leaving, self._leave = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="amt-api", daemon=True)

    def start(self, *, at_once: bool = True) -> None:
        """Start serving.

        Args:
            at_once: Load the web server now, and not when somebody connects: it takes a tenth of the memory of a
                console that is the monitor, where most often nobody does.
        """
        self._at_once = at_once
        self._thread.start()

    def stop(self) -> None:
        """Answer waiting requests, end the connections, close the socket. Idempotent."""
        with self._lock, contextlib.suppress(OSError):
            self._leave.send(b"x")
            if self._serving is not None:
                self._serving.leave()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        for each in (self._listener, self._leave, self._leaving):
            each.close()

    def _run(self) -> None:
        try:
            if not self._at_once and self._leaving in select.select([self._listener, self._leaving], [], [])[0]:
                return
            serving = self._loaded()
            if serving is not None:
                asyncio.run(serving.serve(sockets=[self._listener]))
        except Exception:
            logger.exception("the API has ended")

    def _loaded(self) -> Serving | None:
        """The web server, or ``None`` at the end."""
        from amt_console.api.listeners.serving import Serving

        serving = Serving(self._served, self._callers, self._door, backlog=BACKLOG, tls=self._tls)
        with self._lock:
            if select.select([self._leaving], [], [], 0)[0]:
                return None
            self._serving = serving
            return serving


class SocketServer(ApiServer):
    """The API on a unix socket; callers are authenticated by peer credentials.

    Args:
        served: What is served.
        path: Path of the socket; a dead one of an earlier process is replaced. Raises OSError, also when
            somebody else listens there.
        roles: The roles of users.
        clock: The time.
        group: Group id that may connect; without it only the owner.
    """

    def __init__(self, served: Served, *, path: Path, roles: RoleTable, clock: Clock, group: int | None = None) -> None:
        self.path = path
        self.callers = SocketCallers(roles, clock)
        listener, self._inode = _bind(path, group)
        super().__init__(served, self.callers, listener, Door(most=MAX_CONNECTIONS, per_address=CONNECTIONS_PER_USER))

    def stop(self) -> None:
        """End, and remove the socket unless another process has replaced it."""
        super().stop()
        with contextlib.suppress(OSError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()


class TcpServer(ApiServer):
    """The API over TCP; callers are authenticated by access tokens. Raises OSError if it cannot listen.

    Args:
        served: What is served.
        host: Address to listen on.
        port: 0 for any free one.
        book: Verifies tokens.
        tls: For HTTPS.
        proxies: Trusted for the client's address.
        per_address: Connections from one address.
        rates: How often a caller may ask; by default without a limit.
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
        rates: Rates | None = None,
    ) -> None:
        proxies = proxies or TrustedProxies()
        door = Door(most=MAX_CONNECTIONS, per_address=per_address, unlimited=proxies.trusts)
        listener = _listen(host, port)
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.address[1]}"
        super().__init__(served, TokenCallers(book, proxies, rates), listener, door, tls)

    def renew_certificate(self) -> None:
        """Use a renewed certificate now. Thread-safe."""
        if self._tls is not None:
            self._tls.refresh()


def configured_server(served: Served, settings: ApiSettings, store: Store, clock: Clock) -> TcpServer:
    """The configured API over TCP. Raises OSError if it cannot listen."""
    certificate_file, key_file = settings.tls_certificate, settings.tls_key
    return TcpServer(
        served,
        host=settings.host,
        port=settings.port,
        book=TokenBook(store, clock),
        tls=ServerCertificate(certificate_file, key_file) if certificate_file and key_file else None,
        proxies=TrustedProxies(settings.trusted_proxies),
        per_address=settings.max_connections_per_address,
        rates=Rates(
            token=_rate(clock, settings.requests_per_second),
            address=_rate(clock, settings.requests_per_second_per_address),
        ),
    )


def _rate(clock: Clock, per_second: float) -> RateLimit | None:
    return RateLimit.per_second(clock, per_second) if per_second else None


def _bind(path: Path, group: int | None) -> tuple[socket.socket, int]:
    """Bind a socket at ``path``; returns it with its inode.

    It is bound under a private name and renamed: permissions are never too wide, and a dead socket is replaced
    atomically.
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
