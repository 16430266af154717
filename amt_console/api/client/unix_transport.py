"""HTTP over a unix socket for the client; unlike the library's own, it leaves no socket open when nobody listens."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpcore
import httpx


class UnixTransport(httpx.HTTPTransport):
    """Requests to one socket, over connections that are kept for some seconds."""

    def __init__(self, path: Path, *, keep_seconds: float) -> None:
        super().__init__()
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            uds=str(path), keepalive_expiry=keep_seconds, network_backend=_UnixBackend()
        )


class _UnixBackend(httpcore.NetworkBackend):
    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout)
        try:
            connection.connect(path)
        except TimeoutError as error:
            connection.close()
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            connection.close()
            raise httpcore.ConnectError(str(error)) from error
        return _UnixStream(connection)


class _UnixStream(httpcore.NetworkStream):
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._connection.settimeout(timeout)
            return self._connection.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._connection.settimeout(timeout)
            self._connection.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._connection.close()

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            # A number that is gone means that it was closed: there is nothing to wait for.
            return self._connection.fileno() < 0 or self._readable()
        return None

    def _readable(self) -> bool:
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        return bool(poll.poll(0))
