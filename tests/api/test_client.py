"""The HTTP client against a misbehaving server."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from amt_console.api.client.address import parse_address
from amt_console.api.client.http import KEEP_SECONDS, Disconnected, HttpAnswer, HttpClient, UnreadableAnswer
from amt_console.clock import FakeClock

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def packed_answer(body: bytes) -> bytes:
    packed = gzip.compress(body, mtime=0)
    return b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed


Script = Sequence[Sequence[bytes]]
"""For each connection, the answer to each request; then the server hangs up."""


class Server:
    """Answers each connection by its script."""

    def __init__(self, script: Script) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._script = script
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _run(self) -> None:
        for answers in self._script:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                for answer in answers:
                    request = b""
                    while b"\r\n\r\n" not in request and (part := connection.recv(65_536)):
                        request += part
                    if not request:
                        break
                    self.requests.append(request)
                    connection.sendall(answer)


@contextmanager
def asked(*script: Sequence[bytes], clock: FakeClock | None = None) -> Iterator[tuple[Server, HttpClient]]:
    with closing(Server(script)) as server, closing(HttpClient(parse_address(server.url), clock=clock)) as client:
        yield server, client


def get(client: HttpClient, method: str = "GET", timeout: float = 10) -> HttpAnswer:
    return client.exchange(method, "/x?y=1", {"name": "value"}, timeout=timeout)


def test_a_request_and_its_answer() -> None:
    with asked([b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nETag: W/1\r\n\r\nok"]) as (server, client):
        answer = client.exchange("PUT", "/x?y=1", {"name": "value"}, b"body", timeout=10)
    assert (answer.status, answer.headers["etag"], answer.body) == (201, "W/1", b"ok")
    head = server.requests[0].split(b"\r\n")
    assert head[0] == b"PUT /x?y=1 HTTP/1.1"
    assert set(head[1:4]) == {
        b"host: " + server.url.removeprefix("http://").encode(),
        b"name: value",
        b"content-length: 4",
    }


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 200, b"abcde"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n", 304, b""),
        (b"HTTP/1.0 200 OK\r\nx: y\r\n\r\nup to the end", 200, b"up to the end"),
        (packed_answer(b"small " * 1000), 200, b"small " * 1000),
    ],
)
def test_all_forms_of_answers_are_read(answer: bytes, status: int, body: bytes) -> None:
    with asked([answer]) as (_, client):
        found = get(client)
    assert (found.status, found.body) == (status, body)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", UnreadableAnswer),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", Disconnected),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nshort", Disconnected),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000, UnreadableAnswer),
        (b"", Disconnected),
        (packed_answer(b"a" * 200_000), UnreadableAnswer),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nplain", UnreadableAnswer),
    ],
)
def test_half_an_answer_is_none(answer: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amt_console.api.client.http.MAX_ANSWER_BYTES", 100_000)
    with asked([answer]) as (_, client), pytest.raises(error):
        get(client)


def test_a_connection_is_kept_for_some_seconds_and_a_dead_one_is_not_used() -> None:
    clock = FakeClock()
    with asked([OK, OK, OK], [OK], [OK], clock=clock) as (server, client):
        assert [get(client).body for _ in range(2)] == [b"ok"] * 2
        assert server.connections == 1
        clock.advance(KEEP_SECONDS + 1)
        get(client)
        assert server.connections == 2, "the server would have given up the first one soon"
        get(client)
        assert server.connections == 3, "the server has hung up after one answer"


def test_only_what_changes_nothing_is_asked_again() -> None:
    with asked([OK, b""], [OK]) as (server, client):
        get(client)
        assert get(client).body == b"ok", "the kept connection died under the request"
        assert server.connections == 2
    with asked([OK, b""], [OK]) as (server, client):
        get(client)
        with pytest.raises((Disconnected, ConnectionError)):
            get(client, "POST")
        assert server.connections == 1


def test_closing_wakes_whoever_waits() -> None:
    waiting, told = threading.Event(), []

    class Slow(Server):
        def _run(self) -> None:
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(1000)
                waiting.set()
                connection.recv(1000)

    def wait(client: HttpClient) -> None:
        try:
            get(client, timeout=60)
        except Exception as error:
            told.append(error)

    with closing(Slow(())) as server:
        client = HttpClient(parse_address(server.url))
        thread = threading.Thread(target=wait, args=(client,))
        thread.start()
        assert waiting.wait(30)
        client.close()
        client.close()
        thread.join(30)
        assert not thread.is_alive()
        assert isinstance(told[0], Disconnected)
        with pytest.raises(Disconnected):
            get(client)


def test_who_does_not_answer_in_time_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = HttpClient(parse_address(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        with closing(client), pytest.raises(TimeoutError):
            get(client, timeout=0.05)


def test_a_socket_that_has_no_room_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "full.sock"
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(path))
        listener.listen(0)
        waiting = [stack.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(10)]
        for each in waiting:
            each.setblocking(False)
        connected = sum(each.connect_ex(str(path)) == 0 for each in waiting)
        assert connected < len(waiting)
        client = stack.enter_context(closing(HttpClient(parse_address(f"unix:{path}"))))
        with pytest.raises(TimeoutError):
            get(client, timeout=0.05)
        found: list[HttpAnswer] = []
        thread = threading.Thread(target=lambda: found.append(get(client, timeout=30)))
        thread.start()
        for _ in range(connected):
            listener.accept()[0].close()
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(OK)
            thread.join(30)
    assert [answer.body for answer in found] == [b"ok"]
