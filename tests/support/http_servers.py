"""Raw servers on loopback that answer with whatever bytes a test wants, in pieces, late, for ever, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import cast

from support.tls_pipe import TlsPipe

Handler = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Gets the head of the request; the connection is closed after it."""


@dataclass
class RunningServer:
    """A server with what it was asked."""

    port: int
    host: str = "127.0.0.1"
    scheme: str = "http"
    requests: list[bytes] = field(default_factory=list)
    """Heads of the requests, in order of arrival."""

    @property
    def url(self) -> str:
        """Its address without a path."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


@contextlib.asynccontextmanager
async def serve(
    handler: Handler, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, at_once: bool = False
) -> AsyncIterator[RunningServer]:
    """Run ``handler`` for each connection, after its request's head or at once; ends all of them in the end."""
    running = RunningServer(0, host, "http" if tls is None else "https")
    writers: list[asyncio.StreamWriter] = []
    tasks: list[asyncio.Task[None]] = []

    def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks.append(asyncio.create_task(connected(reader, writer)))

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pump: asyncio.Task[None] | None = None
        try:
            if tls is None:
                await converse(reader, writer)
            else:
                pipe = TlsPipe(reader, writer, tls)
                await pipe.handshake()
                pump = asyncio.create_task(pipe.pump())
                tasks.append(pump)
                await converse(pipe.reader, cast(asyncio.StreamWriter, pipe))
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            if pump is not None:
                pump.cancel()
            writer.close()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"" if at_once else await reader.readuntil(b"\r\n\r\n")
        running.requests.append(head)
        await handler(head, reader, writer)

    server = await asyncio.start_server(accepted, host, 0, backlog=512)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        await _let_callbacks_run()  # a connection may just have been accepted
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await _let_callbacks_run()


async def _let_callbacks_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def answering(*pieces: bytes) -> Handler:
    """Sends the pieces and closes."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return handle


def keeping_open(*pieces: bytes) -> Handler:
    """Sends the pieces and waits until the client hangs up."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
        await writer.drain()
        await reader.read()

    return handle


def dripping(start: bytes, drop: bytes, pause: float) -> Handler:
    """Sends ``start``, then ``drop`` again and again, for ever."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(pause)

    return handle


def resetting(start: bytes = b"") -> Handler:
    """Sends ``start`` and resets the connection."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if start:
            writer.write(start)
            await writer.drain()
            await asyncio.sleep(0.02)  # a reset overtakes data that has not been read
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return handle


def routed(routes: dict[str, bytes]) -> Handler:
    """Answers by path; 404 for others."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(routes.get(path_of(head), answer(b"", status="404 Not Found")))
        await writer.drain()

    return handle


def held(seconds: float, reply: bytes) -> Handler:
    """Answers after a while."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        writer.write(reply)
        await writer.drain()

    return handle


def answer(body: bytes = b"ok", *headers: str, status: str = "200 OK", length: bool = True) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def redirect(to: str, status: str = "302 Found", *headers: str) -> bytes:
    """A redirect."""
    return answer(b"", f"Location: {to}", *headers, status=status)


def path_of(head: bytes) -> str:
    """The path that a request's head asks for."""
    return head.split(b" ", 2)[1].decode("latin-1")


def header_of(head: bytes, name: str) -> str | None:
    """A header of a request's head."""
    for line in head.decode("latin-1").split("\r\n")[1:]:
        known, _, value = line.partition(":")
        if known.lower() == name.lower():
            return value.strip()
    return None


def unused_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
