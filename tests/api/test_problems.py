"""Errors of the API: always problem details."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from support.links import LINKS

from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.feed import ActionFeed
from amt_console.api.listeners.server import TcpServer
from amt_console.api.presence import Presence
from amt_console.api.problems import KINDS, code_of, error_of, problem_body
from amt_console.api.served import Served
from amt_console.clock import FakeClock, SystemClock
from amt_console.config import Settings
from amt_console.model import Episode, PresentPerson
from amt_console.operations.local import LocalOperations
from amt_console.operations.protocol import ConflictError, NotFoundError, OperationError, UnavailableError
from amt_console.store import Store
from amt_console.store.reads.alerts import AlertReads

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
Fire = Callable[..., int]
ACKNOWLEDGE = "/api/v1/alerts/1/acknowledge"
DEEP = b'{"note": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"


@pytest.fixture
def client(server: TcpServer, make_token: Make) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {make_token(role='admin').text}"}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as opened:
        yield opened


def checked(response: httpx.Response, status: int, code: str) -> str:
    """The detail of a problem."""
    document = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert set(document) == {"type", "title", "status", "detail", "instance", "code"}
    assert (response.status_code, document["status"], document["code"]) == (status, status, code)
    assert document["type"] == f"urn:amt-console:problem:{code}"
    assert document["title"] == KINDS[code].title
    assert document["instance"] == response.request.url.path
    detail: str = document["detail"]
    return detail


@pytest.mark.parametrize(
    ("method", "target", "status", "code", "words"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found", "nothing at this path"),
        ("GET", "/v1/snapshot", 404, "not_found", "nothing at this path"),
        ("PATCH", "/api/v1/snapshot", 405, "method_not_allowed", "GET"),
        ("GET", "/api/v1/alerts/99", 404, "not_found", "no alert 99"),
        ("GET", "/api/v1/alerts/x", 422, "invalid", "alert_id"),
        ("GET", "/api/v1/alerts?cursor=77", 422, "invalid", "cursor"),
        ("GET", "/api/v1/snapshot?at=never", 422, "invalid", "at"),
        ("GET", "/api/v1/snapshot?at=2026-01-01T00:00:00", 422, "invalid", "needs an offset"),
        ("GET", "/api/v1/snapshot?at=0001-01-01T00:00:00%2B14:00", 422, "invalid", "between the years"),
        ("GET", "/api/v1/snapshot?at=9999-12-31T23:59:59-14:00", 422, "invalid", "between the years"),
        ("GET", "/api/v1/services?at=0001-01-01T00:00:00%2B14:00", 422, "invalid", "between the years"),
        ("GET", "/api/v1/alerts?since=0001-01-01T00:00:00%2B14:00", 422, "invalid", "between the years"),
        ("POST", ACKNOWLEDGE, 404, "not_found", "no alert 1"),
        ("POST", "/api/v1/alerts/1/note", 422, "invalid", "body"),
        ("POST", "/api/v1/probe?service=x", 422, "invalid", "from the body, not from the query"),
    ],
)
def test_what_cannot_be_served_is_a_problem_and_the_connection_goes_on(
    client: httpx.Client, method: str, target: str, status: int, code: str, words: str
) -> None:
    assert words in checked(client.request(method, target), status, code)
    assert client.get("/api/v1/snapshot").status_code == 200


def test_a_body_that_cannot_be_read_says_why(client: httpx.Client) -> None:
    json_type = {"content-type": "application/json"}

    def post(content: bytes) -> httpx.Response:
        return client.post(ACKNOWLEDGE, content=content, headers=json_type)

    assert "nested too deeply" in checked(post(DEEP), 400, "malformed")
    checked(post(b"{"), 422, "invalid")
    checked(post(b'{"note": "\xff"}'), 400, "malformed")
    assert "65536 bytes" in checked(post(b"x" * 100_000), 413, "too_large")
    chunked = client.post(ACKNOWLEDGE, content=iter([b"{}"]), headers=json_type)
    assert "Content-Length" in checked(chunked, 411, "length_required")


def test_the_caller_is_looked_at_before_the_body(server: TcpServer, make_token: Make) -> None:
    viewer = {"authorization": f"Bearer {make_token('eve', role='viewer').text}"}
    for content in (b"{", DEEP, b"x" * 100_000):
        answer = httpx.post(f"{server.url}{ACKNOWLEDGE}", content=content, trust_env=False)
        checked(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
        answer = httpx.post(f"{server.url}{ACKNOWLEDGE}", content=content, headers=viewer, trust_env=False)
        assert "role operator" in checked(answer, 403, "not_permitted")
    for target in ("/api/v1/snapshot?at=never", "/api/v1/alerts/x", "/api/v1/console/hello"):
        checked(httpx.get(f"{server.url}{target}", trust_env=False), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("request_text", "status", "words"),
    [
        (b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400, "Content-Length"),
        (b"transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n{}", 400, "Transfer-Encoding"),
        (b"content-length: x\r\n\r\n", 400, "Content-Length"),
        (b"x: " + b"a" * 40_000 + b"\r\n\r\n", 431, "16384 bytes"),
    ],
)
def test_a_head_that_cannot_be_read_says_why(server: TcpServer, request_text: bytes, status: int, words: str) -> None:
    with socket.create_connection(server.address, 10) as connection:
        connection.sendall(b"POST " + ACKNOWLEDGE.encode() + b" HTTP/1.1\r\nhost: x\r\n" + request_text)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert b"content-type: application/problem+json" in head
    assert words in json.loads(body)["detail"]


def test_a_fault_of_the_program_is_a_problem_too(
    store: Store, store_url: str, clock: FakeClock, make_token: Make, caplog: pytest.LogCaptureFixture
) -> None:
    def nobody_knows() -> tuple[PresentPerson, ...]:
        raise ZeroDivisionError("a secret")

    faulty = LocalOperations(
        store=store, store_url=store_url, settings=Settings(), targets=(), clock=clock, people=nobody_knows
    )
    served = Served(
        faulty, presence=Presence(clock), feed=ActionFeed(), clock=SystemClock(), database="monitoring.db", links=LINKS
    )
    server = TcpServer(served, host="127.0.0.1", port=0, book=TokenBook(store, clock))
    server.start()
    headers = {"authorization": f"Bearer {make_token().text}"}
    try:
        with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
            for _ in range(2):
                answer = client.get("/api/v1/snapshot")
                checked(answer, 500, "internal")
                assert "secret" not in answer.text
                assert "connection" not in answer.headers, "the next request uses the same connection"
    finally:
        server.stop()
    assert "ZeroDivisionError" in caplog.text


def test_pages_lead_through_the_whole_list(client: httpx.Client, fire: Fire) -> None:
    made = [fire(subject=f"service-{number}") for number in range(5)]
    found: list[int] = []
    query = {"state": "firing", "limit": "2"}
    while True:
        page = client.get("/api/v1/alerts", params=query).json()
        found += [alert["id"] for alert in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(found) == made
    assert len(client.get("/api/v1/services").json()["items"]) == 2


def test_a_page_reads_its_own_alerts_from_the_database_and_no_others(
    client: httpx.Client, fire: Fire, store: Store
) -> None:
    for number in range(30):
        fire(subject=f"service-{number}")
    read: list[int] = []
    reading = AlertReads.episodes

    def counted(self: AlertReads, **options: Any) -> list[Episode]:
        found = reading(self, **options)
        read.append(len(found))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AlertReads, "episodes", counted)
        first = client.get("/api/v1/alerts?state=firing&limit=5").json()
        second = client.get(f"/api/v1/alerts?state=firing&limit=5&cursor={first['next']}").json()
    assert read == [6, 6]
    numbers = [alert["id"] for alert in first["items"] + second["items"]]
    assert numbers == sorted(numbers, reverse=True)
    assert len(set(numbers)) == 10


def test_an_unchanged_snapshot_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/api/v1/snapshot")
    assert first.json()["overall"] == "unknown"
    again = client.get("/api/v1/snapshot", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = client.get("/api/v1/snapshot", headers={"if-none-match": 'W/"1", "2"'})
    assert other.status_code == 200


@pytest.mark.parametrize("error", [NotFoundError("x"), ConflictError("x"), UnavailableError("x"), OperationError("x")])
def test_an_error_comes_out_as_it_went_in(error: OperationError) -> None:
    found = error_of(problem_body(code_of(error), str(error), "/"))
    assert isinstance(found, type(error))
    assert str(found) == "x"


def test_the_body_of_another_program_is_no_problem_of_ours() -> None:
    for body in (b"", b"<html>", b"[]", b"{}", b'{"detail": "x", "code": "else"}', b"[" * 100_000):
        assert error_of(body) is None
