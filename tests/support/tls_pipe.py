"""Server-side TLS over plain asyncio streams; unlike asyncio's own it leaves nothing behind when a handshake fails."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any


class TlsPipe:
    """Stands in for the reader and the writer of a connection, once ``handshake`` is done."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext) -> None:
        self._plain_reader = reader
        self._plain_writer = writer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.reader = asyncio.StreamReader()
        self.transport = writer.transport

    async def handshake(self) -> None:
        """Raises ``ssl.SSLError`` if the client does not like it."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._fetch()
            except ssl.SSLError:
                self._plain_writer.write(self._outgoing.read())
                raise
            else:
                return self._plain_writer.write(self._outgoing.read())

    async def pump(self) -> None:
        """Decrypt into ``reader`` until the client hangs up."""
        while True:
            try:
                data = self._tls.read(65536)
            except ssl.SSLWantReadError:
                await self._fetch()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                data = b""
            else:
                self.reader.feed_data(data)
                continue
            if self._plain_reader.at_eof():
                self.reader.feed_eof()
                return

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        self._tls.write(data)
        self._plain_writer.write(self._outgoing.read())

    async def drain(self) -> None:
        """As a stream writer's."""
        await self._plain_writer.drain()

    def get_extra_info(self, name: str) -> Any:
        """As a stream writer's."""
        return self._plain_writer.get_extra_info(name)

    async def _fetch(self) -> None:
        self._plain_writer.write(self._outgoing.read())
        data = await self._plain_reader.read(65536)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
