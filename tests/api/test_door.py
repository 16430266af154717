"""Limits of connections: a flood of idle connections keeps no request out."""

from __future__ import annotations

import resource
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from support.certificates import make_certificate
from support.certificates import server_context as written_chain
from support.programs import until

from amt_console.api.auth.proxies import TrustedProxies
from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.listeners import server as servers
from amt_console.api.listeners.certificate import ServerCertificate
from amt_console.api.listeners.door import Door
from amt_console.api.listeners.server import TcpServer
from amt_console.api.served import Served
from amt_console.api.wire import SESSION_HEADER
from amt_console.clock import FakeClock
from amt_console.store import Store

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
Feed = Callable[..., None]
CAP = 20
MANY = 300
WAIT = "/api/v1/console/changes?after=0&wait=20"


@pytest.fixture
def serve(served: Served, store: Store, clock: FakeClock) -> Callable[..., object]:
    @contextmanager
    def start(**options: object) -> Iterator[TcpServer]:
        server = TcpServer(
            served,
            host="127.0.0.1",
            port=0,
            book=TokenBook(store, clock),
            per_address=CAP,
            **options,  # type: ignore[arg-type]
        )
        server.start()
        try:
            yield server
        finally:
            server.stop()

    return start


@contextmanager
def half_open(
    server: TcpServer, count: int, start: Callable[[int], bytes] = lambda _: b"GET /healthz HTTP/1.1\r\n"
) -> Iterator[list[socket.socket]]:
    """Connections on which a request has begun and never ends."""
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 2 * count
    with ExitStack() as stack:
        opened = []
        for number in range(count):
            connection = stack.enter_context(socket.create_connection(server.address, 10))
            with suppress(OSError):
                connection.sendall(start(number))
            opened.append(connection)
        yield opened


def still_open(connections: list[socket.socket]) -> int:
    """On how many the server has not hung up."""
    found = 0
    for connection in connections:
        connection.setblocking(False)
        try:
            found += bool(connection.recv(1))
        except BlockingIOError:
            found += 1
        except OSError:
            pass
    return found


def test_half_open_connections_keep_nobody_out(serve: Callable[..., object], make_token: Make, feed: Feed) -> None:
    feed()
    token = {"authorization": f"Bearer {make_token().text}"}
    with serve() as server, half_open(server, MANY) as connections:  # type: ignore[attr-defined]
        for _ in range(5):
            assert httpx.get(f"{server.url}/healthz", trust_env=False).status_code == 200
            answer = httpx.get(f"{server.url}/api/v1/snapshot", headers=token, trust_env=False)
            assert answer.status_code == 200
        until(lambda: still_open(connections) < CAP)
        assert still_open(connections) > 0, "not more are cut off than there must be"


def test_connections_that_are_answered_are_not_given_up(
    serve: Callable[..., object], served: Served, make_token: Make
) -> None:
    token = make_token().text

    def waiting(number: int) -> bytes:
        head = (f"GET {WAIT} HTTP/1.1", "host: x", f"authorization: Bearer {token}", f"{SESSION_HEADER}: {number}")
        return "\r\n".join(head).encode() + b"\r\n\r\n"

    with serve() as server, half_open(server, CAP, waiting) as connections:  # type: ignore[attr-defined]
        until(lambda: len(served.presence.people()) == CAP)
        assert refused(server.address)
        assert still_open(connections) == CAP
        connections[0].close()
        until(lambda: not refused(server.address))


def refused(address: tuple[str, int]) -> bool:
    """Whether a new connection is turned away, and told so."""
    with socket.create_connection(address, 10) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = b""
        with suppress(ConnectionResetError):
            while part := connection.recv(65_536):
                answer += part
    return b'"too_many_connections"' in answer or not answer


def test_behind_a_trusted_proxy_there_may_be_many(serve: Callable[..., object]) -> None:
    with (
        serve(proxies=TrustedProxies(["127.0.0.1"])) as server,  # type: ignore[attr-defined]
        half_open(server, 3 * CAP) as connections,
    ):
        assert httpx.get(f"{server.url}/readyz", trust_env=False).status_code == 200
        assert still_open(connections) == 3 * CAP


def test_handshakes_that_never_end_keep_nobody_out(
    serve: Callable[..., object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = make_certificate(name="an authority", authority=True)
    written_chain(tmp_path, (make_certificate(issuer=authority),))
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    tls = ServerCertificate(str(tmp_path / "chain.pem"), str(tmp_path / "key.pem"))
    with serve(tls=tls) as server, half_open(server, 3 * CAP, lambda _: b"") as connections:  # type: ignore[attr-defined]
        url = server.url.replace("127.0.0.1", "localhost")
        assert httpx.get(f"{url}/readyz", verify=trusting, trust_env=False).status_code == 200
        until(lambda: still_open(connections) < CAP)


def test_the_whole_listener_has_an_end_too(serve: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "MAX_CONNECTIONS", 10)
    with serve() as server, half_open(server, 40) as connections:  # type: ignore[attr-defined]
        assert httpx.get(f"{server.url}/readyz", trust_env=False).status_code == 200
        until(lambda: still_open(connections) < 10)


def test_no_thread_and_no_connection_is_left_behind(serve: Callable[..., object]) -> None:
    before = threading.active_count()
    with serve() as server, half_open(server, 5) as connections:  # type: ignore[attr-defined]
        assert httpx.get(f"{server.url}/readyz", trust_env=False).status_code == 200
        server.stop()
        until(lambda: still_open(connections) == 0)
    until(lambda: threading.active_count() <= before)


def test_the_longest_waiting_of_the_most_crowded_address_goes_first() -> None:
    door = Door(most=4, per_address=3)
    dropped: list[str] = []

    def admit(address: str, name: str) -> object:
        guest = door.admit(address)
        if guest is not None:
            guest.drop = lambda: dropped.append(name)
        return guest

    first, second, third = admit("a", "a1"), admit("a", "a2"), admit("a", "a3")
    assert None not in (first, second, third)
    door.works(first)  # type: ignore[arg-type]
    assert admit("a", "a4") is not None
    assert dropped == ["a2"]
    assert admit("b", "b1") is not None
    assert admit("c", "c1") is not None
    assert dropped == ["a2", "a3"], "the listener is full: the address with most waiting ones gives way"
    door.waits(first)  # type: ignore[arg-type]
    door.leave(first)  # type: ignore[arg-type]
    door.leave(first)  # type: ignore[arg-type]
    assert admit("d", "d1") is not None
    assert len(dropped) == 2


def test_where_all_work_the_new_one_is_turned_away() -> None:
    door = Door(most=2, per_address=2)
    for _ in range(2):
        guest = door.admit("a")
        assert guest is not None
        door.works(guest)
    assert door.admit("a") is None
    assert door.admit("b") is None
