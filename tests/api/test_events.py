"""Live changes over the API: one stream of events for many clients."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

import httpx
import pytest
from support.programs import until

from amt_console.api import events
from amt_console.api.auth.rates import RateLimit
from amt_console.api.auth.token_callers import Rates
from amt_console.api.auth.tokens import NewToken, TokenBook
from amt_console.api.events import EVERY_KIND, EventBatch, EventKind, EventLog
from amt_console.api.listeners.server import TcpServer
from amt_console.api.routes import events as routes
from amt_console.api.served import Served
from amt_console.clock import FakeClock
from amt_console.model import ServiceState
from amt_console.operations.local import LocalOperations
from amt_console.store import Store, revoke_token

pytestmark = pytest.mark.slow

Make = Callable[..., NewToken]
Fire = Callable[..., int]
Feed = Callable[..., None]
Event = dict[str, Any]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.15)
    monkeypatch.setattr(events, "LEAST_SECONDS", 0.05)
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.1)


@contextmanager
def following(server: TcpServer, token: NewToken, **options: Any) -> Iterator[Iterator[Event]]:
    """The events of a stream; ``None`` as kind for a heartbeat."""
    headers = {"authorization": f"Bearer {token.text}", **options.pop("headers", {})}
    with (
        httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=30) as client,
        client.stream("GET", "/api/v1/events", **options) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield parsed(answer.iter_lines())


def parsed(lines: Iterator[str]) -> Iterator[Event]:
    event: Event = {"kind": None}
    for line in lines:
        name, _, value = line.partition(": ")
        if not line:
            yield event
            event = {"kind": None}
        elif name == "data":
            event["data"] = json.loads(value)
        elif name in ("event", "id"):
            event[name if name == "id" else "kind"] = value


def next_of(stream: Iterator[Event], kind: str) -> Event:
    return next(event for event in stream if event["kind"] == kind)


def test_the_first_event_is_the_whole_and_changes_follow(
    server: TcpServer, served: Served, make_token: Make, fire: Fire, feed: Feed, clock: FakeClock
) -> None:
    feed()
    alert = fire()
    with following(server, make_token()) as stream:
        whole = next_of(stream, "snapshot")
        assert [each["name"] for each in whole["data"]["services"]] == ["backend-api", "web-app"]
        assert [each["id"] for each in whole["data"]["alerts"]] == [alert]
        clock.advance(1)
        feed(backend_api=ServiceState.DOWN)
        changed = next_of(stream, "service")
        assert (changed["data"]["name"], changed["data"]["state"]) == ("backend-api", "down")
        act = httpx.post(
            f"{server.url}/api/v1/alerts/{alert}/close", headers={"authorization": f"Bearer {make_token('bob').text}"}
        )
        assert act.status_code == 200
        ended = next_of(stream, "alert")
        assert (ended["data"]["id"], ended["data"]["state"]) == (alert, "resolved")


def test_a_client_that_comes_back_gets_what_it_has_missed(
    server: TcpServer, make_token: Make, fire: Fire, feed: Feed
) -> None:
    token = make_token()
    feed()
    with following(server, token) as stream, following(server, make_token("other")) as other:
        first = next_of(stream, "snapshot")["id"]
        next_of(other, "snapshot")
        one = fire()
        assert next_of(other, "alert")["data"]["id"] == one
        two = fire(rule_id="two")
        assert next_of(other, "alert")["data"]["id"] == two
    with following(server, token, headers={"last-event-id": first}, params={"kind": "alert"}) as stream:
        kinds = [event for event in (next(stream) for _ in range(3)) if event["kind"]]
        assert [event["data"]["id"] for event in kinds] == [one, two]
    for unknown in ("x-1", "", "🚨".encode().hex(), f"{first.split('-')[0]}-99999", "9" * 90):
        with following(server, token, headers={"last-event-id": unknown}) as stream:
            event = next_of(stream, "snapshot")
            assert "services" in event["data"], unknown


def test_only_the_wanted_kinds_follow(server: TcpServer, make_token: Make, fire: Fire, feed: Feed) -> None:
    feed()
    with following(server, make_token(), params={"kind": "alert"}) as stream:
        next_of(stream, "snapshot")
        feed(backend_api=ServiceState.DOWN)
        fire()
        event = next(event for event in stream if event["kind"])
        assert event["kind"] == "alert"
    answer = httpx.get(
        f"{server.url}/api/v1/events?kind=x", headers={"authorization": f"Bearer {make_token('b').text}"}
    )
    assert answer.status_code == 422


def test_a_quiet_stream_has_heartbeats_and_ends_when_the_token_is_revoked(
    server: TcpServer, store: Store, make_token: Make, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, feed: Feed
) -> None:
    monkeypatch.setattr(routes, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(routes, "TRUST_SECONDS", 3600.0)
    feed()
    token = make_token()
    with following(server, token) as stream:
        next_of(stream, "snapshot")
        assert next(stream)["kind"] is None, "a heartbeat"
        for _ in range(12):  # whoever shows wrong tokens does not keep a stream alive with that
            httpx.get(f"{server.url}/api/v1/snapshot", headers={"authorization": f"Bearer {token.text[:-1]}x"})
        with store.transaction() as writes:
            revoke_token(writes, token.id, clock.now())
        clock.advance(10)
        rest = list(islice(stream, 300))
        assert len(rest) < 300, "it ends"
        assert all(event["kind"] in (None, "snapshot", "service") for event in rest)


def test_an_open_stream_uses_up_nothing_of_its_tokens_limit(
    served: Served, store: Store, make_token: Make, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, feed: Feed
) -> None:
    monkeypatch.setattr(routes, "CHECK_SECONDS", 0.05)
    feed()
    limit = RateLimit(clock, burst=2, seconds_each=3600)
    running = TcpServer(
        served, host="127.0.0.1", port=0, book=TokenBook(store, clock), rates=Rates(token=limit, address=limit)
    )
    running.start()
    try:
        token = make_token()
        with following(running, token) as stream:
            next_of(stream, "snapshot")
            before = limit.left(token.id)
            assert [event["kind"] for event in islice(stream, 8)] == [None] * 8
            assert limit.left(token.id) == before
    finally:
        running.stop()


def test_streams_end_at_once_with_the_server(server: TcpServer, served: Served, make_token: Make, feed: Feed) -> None:
    feed()
    with ExitStack() as stack:
        streams = [stack.enter_context(following(server, make_token(f"t{each}"))) for each in range(5)]
        for stream in streams:
            next_of(stream, "snapshot")
        served.close()
        for stream in streams:
            list(stream)
        refused = httpx.get(
            f"{server.url}/api/v1/events", headers={"authorization": f"Bearer {make_token('late').text}"}
        )
        assert refused.status_code == 503
    assert not [thread for thread in threading.enumerate() if thread.name == "amt-events" and not gone(thread)]


def gone(thread: threading.Thread) -> bool:
    thread.join(10)
    return not thread.is_alive()


def test_nobody_compares_while_nobody_listens(
    server: TcpServer, served: Served, make_token: Make, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed()
    with following(server, make_token()) as stream:
        next_of(stream, "snapshot")
        assert served.events._thread is not None
    until(lambda: served.events._thread is None)
    monkeypatch.setattr(events, "MOST_CLIENTS", 0)
    headers = {"authorization": f"Bearer {make_token('late').text}"}
    assert httpx.get(f"{server.url}/api/v1/events", headers=headers).status_code == 503
    head = httpx.head(f"{server.url}/api/v1/events", headers=headers)
    assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


def test_what_is_kept_is_bounded(operations: LocalOperations, clock: FakeClock, fire: Fire, feed: Feed) -> None:
    log = EventLog(operations, clock)
    feed()
    log._compare()
    assert log.since(0) == []
    for number in range(events.MOST_BATCHES + 3):
        log._batches.append(EventBatch(number + 1, log._tag, [(EventKind.ALERT, b"x")]))
    log.number = events.MOST_BATCHES + 3
    fire()
    log._compare()
    assert len(log._batches) == events.MOST_BATCHES
    assert log.since(1) is None, "too long ago"
    assert log.after(f"{log._tag}-1") is None
    newest = log.since(log.number - 1)
    assert newest is not None
    assert b"event: alert" in newest[0].chunk(EVERY_KIND)
    assert newest[0].chunk(EVERY_KIND) is newest[0].chunk(EVERY_KIND), "written once for all"
    assert b"event: alert" not in newest[0].chunk(frozenset({EventKind.SERVICE}))
    assert newest[0].chunk(frozenset()) == b""


def test_a_client_that_reads_nothing_is_cut_off(
    server: TcpServer,
    served: Served,
    make_token: Make,
    feed: Feed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "SEND_SECONDS", 0.3)
    monkeypatch.setattr(EventBatch, "chunk", lambda self, kinds: b": x\n\n" * 2_000_000)
    feed()
    with socket.create_connection(server.address, 10) as connection:
        head = f"GET /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {make_token().text}\r\n\r\n"
        connection.sendall(head.encode())
        until(lambda: served.events._clients == 1)
        until(lambda: served.events._clients == 0)
