"""Clients that mean no good: endless and slow bodies, bombs of headers, paths that climb, thousands of connections."""

from __future__ import annotations

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import psutil
import pytest
from support.programs import until

from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.limits import RequestLimits
from amt_console.api.listeners import connections, serving
from amt_console.api.listeners.server import MAX_CONNECTIONS, TcpServer
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.store import Store

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
Feed = Callable[..., None]
MEBIBYTE = 1024 * 1024


@contextmanager
def connected(server: TcpServer, source: str = "127.0.0.1") -> Iterator[socket.socket]:
    with socket.create_connection(server.address, 60, source_address=(source, 0)) as connection:
        yield connection


def answered(connection: socket.socket) -> bytes:
    """What the server sends until it hangs up."""
    found = b""
    with suppress(ConnectionError):
        while part := connection.recv(65_536):
            found += part
    return found


def ask(server: TcpServer, text: bytes, source: str = "127.0.0.1") -> int:
    """The status of the answer to raw bytes."""
    with connected(server, source) as connection:
        connection.sendall(text)
        answer = answered(connection)
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer.split()[1])


def get(target: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {target} HTTP/1.1", "host: x", "connection: close", *headers, "", "")).encode(
        "latin-1"
    )


def healthy(server: TcpServer, source: str = "127.0.0.1") -> bool:
    return ask(server, get("/healthz"), source) == 200


def pour(connection: socket.socket, piece: bytes, most: int) -> int:
    """Send without end; returns how many bytes were taken before the server hung up."""
    sent = 0
    with suppress(OSError):
        while sent < most:
            connection.sendall(piece)
            sent += len(piece)
    return sent


UNREAD = (
    ("/api/v1/probe", False, 401),
    ("/api/v1/probe", True, 411),
    ("/acknowledge/x", False, 411),
    ("/login", False, 411),
    ("/logout", False, 411),
    ("/nothing", False, 404),
)


def test_a_chunked_body_without_an_end_fills_nothing(
    server: TcpServer, make_token: Make, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed()
    monkeypatch.setattr(connections, "UNREAD_SECONDS", 0.2)
    token = f"authorization: Bearer {make_token().text}"
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    before = psutil.Process().memory_info().rss
    for path, with_token, status in UNREAD:
        head = (f"POST {path} HTTP/1.1", "host: x", *((token,) if with_token else ()), "transfer-encoding: chunked")
        with connected(server) as connection:
            connection.sendall("\r\n".join((*head, "", "")).encode())
            assert int(connection.recv(65_536).split()[1]) == status, path
            assert pour(connection, chunk, 2**32) < 2**32, path
    assert healthy(server)
    assert psutil.Process().memory_info().rss - before < 50 * MEBIBYTE


def test_a_body_that_never_comes_ends_the_request(
    served: Served, store: Store, clock: FakeClock, make_token: Make, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed()
    monkeypatch.setattr(serving, "RequestLimits", partial(RequestLimits, seconds=0.3))
    server = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, clock))
    server.start()
    try:
        for path in ("/api/v1/alerts/1/note", "/login", "/acknowledge/x"):
            headers = (f"authorization: Bearer {make_token(path).text}", "content-length: 1000")
            kind = "content-type: application/x-www-form-urlencoded"
            with connected(server) as connection:
                connection.sendall(get(path, *headers, kind, method="POST") + b"{")
                answer = answered(connection)
            # An unsigned link is refused without a look at the body.
            assert int(answer.split()[1]) == (403 if path == "/acknowledge/x" else 503)
        assert healthy(server)
    finally:
        server.stop()


NO_REQUESTS = (
    (get("/healthz", *(f"x-{number}: {number}" for number in range(10_000))), (431,)),
    (get("/healthz", f"x: {'a' * 20_000}"), (431,)),
    (get(f"/{'a' * 100_000}"), (400, 431)),
    (get("/healthz", "content-length: 99999999999999999999999"), (400,)),
    (get("/healthz", "content-length: -1"), (400,)),
    (b"GET /healthz HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n", (400, 200)),
    # Without a version it is HTTP 0.9, which some parsers take: it has no header, and so no token.
    (b"GET /healthz\r\n\r\n", (400, 200)),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 600, (400,)),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400,)),
    (b"\x00" * 100 + b"\r\n\r\n", (400,)),
    (b"FOO /healthz HTTP/1.1\r\nhost: x\r\n\r\n", (400,)),
    (get("/healthz", method="DELETE"), (405,)),
    (get("/api/v1/snapshot", method="PUT"), (405,)),
    (get("*", method="OPTIONS"), (404, 405)),
    (get("http://evil.example/healthz"), (200, 404)),
    (get("evil.example:443", method="CONNECT"), (400, 404, 405)),
    (get("/healthz", "upgrade: websocket", "connection: upgrade"), (200,)),
)


def test_what_is_no_request_of_ours_is_refused_and_the_next_one_answered(server: TcpServer, feed: Feed) -> None:
    feed()
    for text, statuses in NO_REQUESTS:
        with connected(server) as connection:
            with suppress(OSError):
                connection.sendall(text)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            answer = answered(connection)
        assert not answer or int(answer.split()[1]) in statuses, (text[:80], answer[:200])
        assert b"Traceback" not in answer
        assert b"server:" not in answer.lower()
        assert healthy(server)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nHost: a\r\nhOST: a\r\nconnection: close\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n", 200),
        (b"GET /healthz HTTP/1.0\r\n\r\n", 200),
    ],
)
def test_a_request_has_one_host(server: TcpServer, feed: Feed, head: bytes, status: int) -> None:
    feed()
    assert ask(server, head) == status


CLIMBING = (
    "/../../../etc/passwd",
    "/dashboards/../../etc/passwd",
    "/dashboards/..%2f..%2fetc%2fpasswd",
    "/dashboards/%2e%2e/%2e%2e/etc/passwd",
    "/dashboards/%252e%252e%252fetc%252fpasswd",
    "/dashboards/..\\..\\etc\\passwd",
    "/dashboards/overview%00.html",
    "//etc/passwd",
    "/dashboards//overview",
    "/api/v1/alerts/../../../healthz",
    "/acknowledge/..%2f..%2fhealthz",
    "/login/../etc/passwd",
    "/dashboards/%ff%fe",
    "/dashboards/overview;jsessionid=1",
)


def test_a_path_that_climbs_leads_nowhere(server: TcpServer, make_token: Make, feed: Feed) -> None:
    feed()
    token = f"authorization: Bearer {make_token(role='admin').text}"
    for target in CLIMBING:
        for headers in ((), (token,)):
            with connected(server) as connection:
                connection.sendall(get(target, *headers))
                answer = answered(connection)
            assert 400 <= int(answer.split()[1]) < 500, answer[:300]
            assert b"root:" not in answer


def test_ten_thousand_connections_keep_nobody_out(server: TcpServer, feed: Feed) -> None:
    """Each connection is one descriptor here; the server keeps at most ``MAX_CONNECTIONS`` of them. Where the system
    allows fewer descriptors, as many connections as it allows.
    """
    feed()
    assert healthy(server)
    count = min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - MAX_CONNECTIONS - 500)
    assert count > 1000
    process = psutil.Process()
    before = process.memory_info().rss
    with ExitStack() as stack:
        for number in range(count):
            connection = stack.enter_context(connected(server, f"127.0.1.{1 + number % 50}"))
            # Half of them begin a request, half say nothing.
            if number % 2:
                with suppress(OSError):
                    connection.sendall(b"GET /healthz HTTP/1.1\r\n")
            if number % 1000 == 999:
                assert healthy(server, "127.0.0.2"), f"with {number + 1} connections"
        assert healthy(server)
        assert process.memory_info().rss - before < 150 * MEBIBYTE
        held = psutil.Process().num_fds()
        assert held < count + 2 * MAX_CONNECTIONS + 200
    until(lambda: process.num_fds() < MAX_CONNECTIONS)
    assert healthy(server)
