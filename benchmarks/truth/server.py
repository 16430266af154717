"""A server in its own process that holds each request for a known time and remembers how long it really held it.

``GET /<milliseconds>/<key>`` answers after that time; ``GET /held`` answers with ``{key: [hold_ns, uncertainty_ns]}``
and forgets. A hold begins when the kernel received the request (the user-space clock where the kernel gives no stamp)
and ends when the answer is handed to the kernel. The uncertainty is how long that handing over took: large only when
the machine ran something else meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import time

_SO_TIMESTAMPNS = 35
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class HoldServer:
    """Serves one request a connection."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, int]] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        if sys.platform == "linux":
            self._listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)  # accepted sockets inherit it
        self.port = self._listener.getsockname()[1]

    async def run(self) -> None:
        """Serve until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            connection.setblocking(False)
            loop.add_reader(connection.fileno(), self._on_request, connection)

    def _on_request(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        request, ancillary, _, _ = connection.recvmsg(4096, 64)
        received = _arrival(ancillary)
        loop.remove_reader(connection.fileno())
        parts = request.split(b" ", 2)
        path = parts[1].decode() if len(parts) > 1 else ""
        if path == "/held":
            body = json.dumps(self._held).encode()
            self._held = {}
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
            )
            connection.close()
            return
        _, hold_ms, key = path.split("/")
        left = float(hold_ms) / 1000 - (time.monotonic_ns() - received) / 1e9
        if left > 0:
            loop.call_later(left, self._answer, connection, key, received)
        else:
            self._answer(connection, key, received)

    def _answer(self, connection: socket.socket, key: str, received: int) -> None:
        before = time.monotonic_ns()
        try:
            connection.send(_ANSWER)
        except OSError:
            connection.close()
            return
        after = time.monotonic_ns()
        self._held[key] = (before - received, after - before)
        connection.close()


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> int:
    before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
    for level, kind, value in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) == 16:
            seconds, nanoseconds = struct.unpack("@qq", value)
            return int(seconds * 1_000_000_000 + nanoseconds - wall + (before + after) // 2)
    return before


if __name__ == "__main__":
    server = HoldServer()
    print(server.port, flush=True)
    try:
        asyncio.run(server.run())
    except KeyboardInterrupt:
        sys.exit(0)
