"""A TCP proxy on loopback that can stop carrying its connections without closing them, as firewalls and poolers do."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

_SO_ATTACH_FILTER = 26
_DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
"""One instruction of the classic packet filter: return 0, which drops the packet before TCP sees it."""


class Stall(Enum):
    """How a connection stalls."""

    SWALLOWED = "swallowed"
    """What is sent is acknowledged and goes nowhere: a pooler that hangs."""
    DROPPED = "dropped"
    """What is sent is not even acknowledged: a firewall that drops."""


class _Carried:
    """One connection through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket, delay: float) -> None:
        self.stalled = threading.Event()
        self._delay = delay
        self._client = client
        self._server = server
        for source, sink in ((client, server), (server, client)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def stall(self, kind: Stall) -> None:
        self.stalled.set()
        if kind is Stall.DROPPED:
            program = struct.pack("HP", 1, ctypes.addressof(_DROP_ALL))
            self._client.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

    def close(self) -> None:
        for each in (self._client, self._server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self._delay)
                if not self.stalled.is_set():
                    sink.sendall(data)
        if not self.stalled.is_set():
            with suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


class StallingProxy:
    """Carries connections to a server.

    Args:
        delay: Seconds for which what is sent is under way, in each direction.

    Attributes:
        port: Where it listens, on 127.0.0.1.
    """

    def __init__(self, host: str, port: int, delay: float = 0.0) -> None:
        self._server = (host, port)
        self._delay = delay
        self._guard = threading.Lock()
        self._carried: list[_Carried] = []
        self._stall_new: Stall | None = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self, kind: Stall, *, new: bool = False) -> None:
        """Carry nothing more on the connections that stand; they stay open. With ``new``, on later ones neither."""
        with self._guard:
            self._stall_new = kind if new else None
            for each in self._carried:
                if not each.stalled.is_set():
                    each.stall(kind)

    def carry_new(self) -> None:
        """Carry new connections again; those that stall go on stalling."""
        with self._guard:
            self._stall_new = None

    def close(self) -> None:
        """Close everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for each in self._carried:
                each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            with self._guard:
                carried = _Carried(client, server, self._delay)
                self._carried.append(carried)
                if self._stall_new is not None:
                    carried.stall(self._stall_new)


@contextmanager
def stalling_proxy(host: str, port: int, delay: float = 0.0) -> Iterator[StallingProxy]:
    """A proxy before a server, until the block ends."""
    proxy = StallingProxy(host, port, delay)
    try:
        yield proxy
    finally:
        proxy.close()
