"""A small HTTP/1.1 client for one server, over a unix socket or TLS.

An attaching console must show data quickly: importing httpx takes longer than everything else that it does.
"""

from __future__ import annotations

import select
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httptools

from amt_console.clock import Clock, SystemClock

if TYPE_CHECKING:
    import ssl

    from amt_console.api.client.address import MonitorAddress

KEEP_SECONDS = 3.0
"""Seconds until an idle connection is closed, before the server closes it."""
MAX_ANSWER_BYTES = 32 * 1024 * 1024
RECEIVE_BYTES = 256 * 1024
FULL_SECONDS = 0.01
"""Pause in seconds after a socket's backlog was full."""


class UnreadableAnswer(Exception):
    """The answer is not HTTP or has no end."""


class Disconnected(Exception):
    """The other side hung up, or this client was closed, before the answer was complete.

    ``began`` says whether any of it had come.
    """

    def __init__(self, *, began: bool) -> None:
        super().__init__("the connection was closed")
        self.began = began


@dataclass(slots=True)
class HttpAnswer:
    """Status, headers by lower-case name, and body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpClient:
    """Sends requests over connections that are kept for some seconds. Thread-safe.

    Args:
        address: The server.
        context: For HTTPS.
        clock: Says how long a connection has been idle.
    """

    def __init__(
        self, address: MonitorAddress, context: ssl.SSLContext | None = None, *, clock: Clock | None = None
    ) -> None:
        self._address = address
        self._context = context
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._idle: list[_Connection] = []
        self._busy: set[_Connection] = set()
        self.closed = False

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None, *, timeout: float
    ) -> HttpAnswer:
        """Send a request and read its answer.

        Args:
            method: ``GET`` is sent once more if a kept connection turns out to be dead.
            target: Path and query.
            headers: Beside ``host`` and ``content-length``.
            body: The body.
            timeout: Seconds in which the connection must stand, and in which each part of the answer must come.

        Raises:
            OSError: Nobody answers; ``TimeoutError`` and ``ssl.SSLError`` are some.
            Disconnected: The other side hung up, or the client was closed.
            UnreadableAnswer: What answers does not speak HTTP.
        """
        lines = [f"{method} {target} HTTP/1.1", f"host: {self._address.authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body is not None:
            lines.append(f"content-length: {len(body)}")
        request = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + (body or b"")
        connection = self._taken(timeout)
        try:
            return self._exchanged(connection, request, timeout)
        except (Disconnected, ConnectionError) as error:
            if connection.fresh or method != "GET" or self.closed or getattr(error, "began", False):
                raise
        return self._exchanged(self._opened(timeout), request, timeout)

    def close(self) -> None:
        """Close all connections, also those in use. Idempotent."""
        with self._lock:
            self.closed = True
            idle, self._idle = self._idle, []
            busy = tuple(self._busy)
        for connection in idle:
            connection.close()
        for connection in busy:
            connection.interrupt()

    def _exchanged(self, connection: _Connection, request: bytes, timeout: float) -> HttpAnswer:
        keep = False
        try:
            answer, keep = connection.exchange(request, timeout)
            return answer
        finally:
            with self._lock:
                self._busy.discard(connection)
                keep = keep and not self.closed
                if keep:
                    connection.fresh, connection.idle_since = False, self._clock.monotonic()
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _taken(self, timeout: float) -> _Connection:
        """A kept connection, else a new one."""
        oldest = self._clock.monotonic() - KEEP_SECONDS
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection = self._idle.pop()
                usable = connection.idle_since >= oldest and not connection.readable()
                if usable:
                    self._busy.add(connection)
                    return connection
            connection.close()
        return self._opened(timeout)

    def _opened(self, timeout: float) -> _Connection:
        connection = _Connection(_connected(self._address, self._context, timeout))
        with self._lock:
            if not self.closed:
                self._busy.add(connection)
                return connection
        connection.close()
        raise Disconnected(began=False)


class _Connection:
    """One connection, and the parser's callbacks of the answer on it."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream
        self.fresh = True
        self.idle_since = 0.0
        self._answer = HttpAnswer()
        self._parts: list[bytes] = []
        self._complete = self._keep = False
        self._parser = httptools.HttpResponseParser(self)

    def exchange(self, request: bytes, timeout: float) -> tuple[HttpAnswer, bool]:
        """Send and read; returns the answer, and whether the connection may be kept."""
        self._answer, self._parts, self._complete = HttpAnswer(), [], False
        parser = self._parser = httptools.HttpResponseParser(self)
        self._stream.settimeout(timeout)
        self._stream.sendall(request)
        received = 0
        while not self._complete:
            data = self._stream.recv(RECEIVE_BYTES)
            if not data:
                if self._ends_by_hanging_up():
                    break
                raise Disconnected(began=received > 0)
            received += len(data)
            if received > MAX_ANSWER_BYTES:
                raise UnreadableAnswer("its answer has no end")
            try:
                parser.feed_data(data)
            except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
                raise UnreadableAnswer(str(error)) from None
        self._answer.status = parser.get_status_code()
        body = b"".join(self._parts)
        self._answer.body = _unpacked(body) if self._answer.headers.get("content-encoding") == "gzip" else body
        return self._answer, self._complete and self._keep

    def _ends_by_hanging_up(self) -> bool:
        headers = self._answer.headers
        return bool(headers) and "content-length" not in headers and "transfer-encoding" not in headers

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser, also for an interim answer: ignore that."""
        self._complete = self._parser.get_status_code() >= 200
        self._keep = bool(self._parser.should_keep_alive())

    def readable(self) -> bool:
        """Whether an idle connection is readable: then the server has closed it."""
        poll = select.poll()
        poll.register(self._stream, select.POLLIN)
        return bool(poll.poll(0))

    def interrupt(self) -> None:
        """Interrupt a blocked read."""
        try:
            self._stream.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()


def _unpacked(body: bytes) -> bytes:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = unpacker.decompress(body, MAX_ANSWER_BYTES)
    except zlib.error as error:
        raise UnreadableAnswer(str(error)) from None
    if not unpacker.eof:
        raise UnreadableAnswer("its answer has no end")
    return found


def _connected(address: MonitorAddress, context: ssl.SSLContext | None, timeout: float) -> socket.socket:
    if address.socket is not None:
        return _connected_unix(str(address.socket), timeout)
    stream = socket.create_connection((address.host, address.port), timeout)
    if context is None:
        return stream
    try:
        return context.wrap_socket(stream, server_hostname=address.host)
    except BaseException:
        stream.close()
        raise


def _connected_unix(path: str, timeout: float) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    end = time.monotonic() + timeout
    try:
        stream.settimeout(timeout)
        while True:
            try:
                stream.connect(path)
                return stream
            except BlockingIOError:
                # The backlog is full: the system does not wait by itself.
                if time.monotonic() > end:
                    raise TimeoutError from None
                time.sleep(FULL_SECONDS)
    except BaseException:
        stream.close()
        raise
