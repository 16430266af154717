"""One connection: who is at its other end, and how long and how large a request's head may be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from amt_console.api.auth.identity import Peer, peer_of
from amt_console.operations.actor import login_name

HEAD_SECONDS = 10.0
"""From the first byte of a request, or from the connection's start, to the end of the head."""
HEAD_BYTES = 16 * 1024
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Connection:
    """What the application knows of a connection."""

    abort: Callable[[], None]
    """Cut it off, whatever still waits to be sent."""
    peer: Peer | None = None
    login: str | None = None
    """The user whose login the peer belongs to, by the kernel's word."""


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with limits on the head, which the server has none for, and the kernel's word on the peer."""

    _head_timer: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the loop."""
        super().connection_made(transport)
        socket = transport.get_extra_info("socket")
        peer = peer_of(socket) if socket is not None else None
        login = login_name(peer.pid) if peer is not None else None
        self.app_state = {**self.app_state, "connection": Connection(transport.abort, peer, login)}
        self._head_timer = self.loop.call_later(HEAD_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        super().on_message_begin()
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, once for each whole header."""
        super().on_header(name, value)
        if sum(len(each) + len(content) for each, content in self.headers) > HEAD_BYTES:
            raise ValueError("the head is too large")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._stop_timer()
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Called when an idle connection has waited long enough; one that does not read its answer is cut off."""
        if self.transport.get_write_buffer_size() > 0:
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _refuse_head(self) -> None:
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
