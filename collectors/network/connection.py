"""One TCP connection on the loop's selector. Bytes are stamped where they are read."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from amt_console.model import ErrorClass
from collectors.network.address import Address
from collectors.network.fault import ProbeFault, connect_fault, local_fault, reason
from collectors.network.stamps import Stamps, handshake_ns, monotonic_ns

_READ_BYTES = 65536
_MAX_BUFFERED = 4
"""Chunks that may wait for the reader; further bytes stay in the kernel and slow the sender down."""


class ByteStream(Protocol):
    """What an answer is read from: a connection, or TLS over one."""

    async def send(self, data: bytes) -> int:
        """Send everything; returns when the first byte was handed to the kernel (monotonic ns)."""
        ...

    async def receive(self) -> tuple[bytes, int]:
        """The next bytes and when they arrived (monotonic ns); no bytes at the end."""
        ...


class Connection:
    """A TCP socket. Always close it."""

    def __init__(self, address: Address, stamps: Stamps) -> None:
        self.address = address
        self.connect_ns = 0
        """Duration of the TCP handshake."""
        self.connected_at = 0
        self._stamps = stamps
        self._loop = asyncio.get_running_loop()
        self._chunks: deque[tuple[bytes, int]] = deque()
        self._ended = False
        self._error: OSError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._reading = False
        self._earliest = 0
        try:
            self._sock = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:
            raise connect_fault(error, str(address), at_once=True) from None
        self._sock.setblocking(False)
        stamps.prepare(self._sock)

    async def open(self) -> None:
        """Connect.

        Raises:
            ProbeFault: Refused, unreachable, or this machine cannot.
        """
        began = monotonic_ns()
        code = self._sock.connect_ex(self.address.sockaddr)
        at_once = code not in (0, errno.EINPROGRESS)
        measured = handshake_ns(self._sock) if code == errno.EINPROGRESS else None
        ended = monotonic_ns()
        if measured is None and not at_once:
            await self._writable()
            ended = monotonic_ns()
            code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            measured = handshake_ns(self._sock)
        if code not in (0, errno.EINPROGRESS):
            raise connect_fault(OSError(code, ""), str(self.address), at_once=at_once)
        elapsed = ended - began
        self.connect_ns = min(elapsed, measured) if measured else elapsed
        self.connected_at = self._earliest = ended
        self._start_reading()

    async def send(self, data: bytes) -> int:
        """Send everything; returns when the first byte was handed to the kernel (monotonic ns)."""
        view = memoryview(data)
        stamp = self._earliest = monotonic_ns()
        while view:
            try:
                sent = self._sock.send(view)
            except (BlockingIOError, InterruptedError):
                await self._writable()
            except OSError as error:
                if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                    raise self._broken(error) from None
                break  # what the server said before it hung up is worth more than the failed write
            else:
                view = view[sent:]
        return stamp

    async def receive(self) -> tuple[bytes, int]:
        """The next bytes and when they arrived (monotonic ns); no bytes at the end.

        Raises:
            ProbeFault: The connection broke.
        """
        while not self._chunks:
            if self._error is not None:
                raise self._broken(self._error) from None
            if self._ended:
                return b"", monotonic_ns()
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        chunk = self._chunks.popleft()
        if not self._reading and not self._ended:
            self._start_reading()
        return chunk

    def close(self) -> None:
        """Close the socket; may be called twice."""
        if self._sock.fileno() < 0:
            return
        self._stop_reading()
        self._sock.close()

    def _start_reading(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._on_readable)
        self._reading = True

    def _stop_reading(self) -> None:
        if self._reading:
            self._loop.remove_reader(self._sock.fileno())
            self._reading = False

    def _on_readable(self) -> None:
        try:
            data, stamp = self._stamps.read(self._sock, _READ_BYTES, self._earliest)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._error = error
            data, stamp = b"", 0
        if data:
            self._earliest = stamp
            self._chunks.append((data, stamp))
        else:
            self._ended = True
        if self._ended or len(self._chunks) >= _MAX_BUFFERED:
            self._stop_reading()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _writable(self) -> None:
        descriptor = self._sock.fileno()
        waiter = self._loop.create_future()
        self._loop.add_writer(descriptor, _wake, waiter)
        try:
            await waiter
        finally:
            self._loop.remove_writer(descriptor)

    def _broken(self, error: OSError) -> ProbeFault:
        local = local_fault(error)
        if local is not None:
            return local
        if error.errno in (errno.ECONNRESET, errno.EPIPE):
            return ProbeFault(ErrorClass.PROTOCOL, f"connection reset by {self.address}")
        if error.errno == errno.ETIMEDOUT:
            return ProbeFault(
                ErrorClass.TIMEOUT, f"connection to {self.address} went silent: the kernel gave up waiting"
            )
        return ProbeFault(ErrorClass.CONNECT_ERROR, f"connection to {self.address} broke: {reason(error)}")


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def open_first(addresses: Iterable[Address], stamps: Stamps, trying: Callable[[Address], None]) -> Connection:
    """Connect to the first address that does not refuse.

    Args:
        addresses: At least one, in order.
        stamps: Times the handshake.
        trying: Called before each attempt.

    Raises:
        ProbeFault: One fails otherwise, or the first refusal if all refuse.
    """
    refusals: list[ProbeFault] = []
    for address in addresses:
        trying(address)
        connection = Connection(address, stamps)
        try:
            await connection.open()
        except BaseException as error:
            connection.close()
            if not (isinstance(error, ProbeFault) and error.error_class is ErrorClass.CONNECT_REFUSED):
                raise
            refusals.append(error)
        else:
            return connection
    raise refusals[0]
