"""The protocol of a connection: the peer's credentials, and limits on the head of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from amt_console.api.auth.identity import Peer, peer_of
from amt_console.api.limits import STANDING_HEADERS
from amt_console.api.listeners.door import Door, Guest
from amt_console.api.problems import KINDS, MEDIA_TYPE, problem_body
from amt_console.operations.actor import login_name

HEAD_SECONDS = 10.0
"""Seconds from the first byte of a request, or the start of the connection, to the end of the head."""
HEAD_BYTES = 16 * 1024
UNREAD_SECONDS = 2.0
"""Seconds that a client may go on sending a body after its answer: longer than that, nobody waits for its end."""


@dataclass(frozen=True, slots=True)
class ClientConnection:
    """The application's view of a connection."""

    abort: Callable[[], None]
    """Abort it, with pending output."""
    peer: Peer | None = None
    login: str | None = None
    """The login user of the peer process, by the kernel's audit id."""


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with limits on the head, a place at the door, and peer credentials."""

    def __init__(
        self, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop, door: Door, guest: Guest
    ) -> None:
        super().__init__(config, state, {}, loop)
        self._door = door
        self._guest = guest
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0
        self._wrong_host = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the loop."""
        super().connection_made(transport)
        socket = transport.get_extra_info("socket")
        peer = peer_of(socket) if socket is not None else None
        login = login_name(peer.pid) if peer is not None else None
        self._guest.connected, self._guest.drop = True, transport.abort
        self.app_state = {**self.app_state, "connection": ClientConnection(transport.abort, peer, login)}
        self._head_timer = self.loop.call_later(HEAD_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._stop_timer()
        self._stop_unread_timer()
        self._door.leave(self._guest)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._unset_keepalive_if_required()
        if self._in_head:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # No upgrade to other protocols: the request is answered as it is.
        except httptools.HttpParserError as error:
            if self._head_too_large():
                self._refuse("head_too_large", f"a head has at most {HEAD_BYTES} bytes")
            elif self._wrong_host:
                # Another program on the way may have believed the other one (RFC 9112, 3.2).
                self._refuse("malformed", "a request has exactly one Host header")
            else:
                self._refuse("malformed", f"the request cannot be read: {error}")
            return
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse("head_too_large", f"a head has at most {HEAD_BYTES} bytes")

    def on_message_begin(self) -> None:
        """Called by the parser."""
        super().on_message_begin()
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, once for each whole header."""
        super().on_header(name, value)
        if self._head_too_large():
            raise ValueError("the head is too large")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._stop_timer()
        hosts = sum(name == b"host" for name, _ in self.headers)
        self._wrong_host = hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1")
        if self._wrong_host:
            raise ValueError("a request has one Host")
        self._in_head = False
        self._head_bytes = 0
        self._door.works(self._guest)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Called when an answer has been sent."""
        if not self.pipeline:
            self._door.waits(self._guest)
        if self.cycle.more_body:
            self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)
        super().on_response_complete()

    def on_message_complete(self) -> None:
        """Called by the parser at the end of a body."""
        self._stop_unread_timer()
        super().on_message_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Called for an idle connection after the keep-alive time; aborts one that does not read its answer."""
        if self.transport.get_write_buffer_size() > 0:
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _head_too_large(self) -> bool:
        return sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES

    def _refuse(self, code: str, detail: str) -> None:
        """Answer a request that never reaches the application, and close."""
        cycle: Any = self.cycle  # None before the first request, whatever its declaration says
        if cycle is not None and not cycle.response_complete:
            # An answer is being sent on this connection: no other one can be inserted.
            self.transport.abort()
            return
        self.transport.write(raw_problem(code, detail))
        self.transport.close()

    def _stop_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def raw_problem(code: str, detail: str) -> bytes:
    """A complete HTTP answer with a problem, in bytes."""
    status = HTTPStatus(KINDS[code].status)
    body = problem_body(code, detail, "")
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"content-type: {MEDIA_TYPE}",
        f"content-length: {len(body)}",
        *(f"{name.decode()}: {value.decode()}" for name, value in STANDING_HEADERS),
        "connection: close",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body
