"""A console as bytes: asks over a unix socket and decodes nothing, so that hundreds fit into one process."""

from __future__ import annotations

import asyncio
from pathlib import Path

_PREFIX = "/api/v1/console"


class RawConsole:
    """One connection at a time to a monitor's socket."""

    def __init__(self, socket: Path) -> None:
        self._socket = str(socket)

    async def get(self, target: str) -> bytes:
        """The body of an answer, packed if the server packs it. Raises OSError for another status than 200."""
        reader, writer = await asyncio.open_unix_connection(self._socket, limit=1 << 24)
        try:
            head = f"GET {target} HTTP/1.1\r\nhost: monitor\r\naccept-encoding: gzip\r\nconnection: close\r\n\r\n"
            writer.write(head.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in answer.split(b"\r\n")[0]:
                raise OSError(answer.split(b"\r\n")[0].decode())
            return await reader.read()
        finally:
            writer.close()

    async def changed(self, after: int, seconds: float) -> None:
        """Wait until somebody acts, as consoles do; then read the snapshot."""
        await self.get(f"{_PREFIX}/changes?after={after}&wait={seconds}")
        await self.get(f"{_PREFIX}/snapshot")

    async def number(self) -> int:
        """The number of the newest action."""
        body = await self.get(f"{_PREFIX}/changes?after=-1&wait=0")
        return int("".join(letter for letter in body.decode() if letter.isdigit()))
