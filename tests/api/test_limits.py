"""Limits around the application: body size, duration of a request, faults."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from amt_console.api.feed import ActionFeed
from amt_console.api.limits import MAX_BODY_BYTES, RequestLimits, check_body
from amt_console.api.listeners.connections import ClientConnection
from amt_console.api.problems import KINDS, RequestError


class Wire:
    """What one request sees and sends."""

    def __init__(self, *headers: tuple[bytes, bytes]) -> None:
        self.sent: list[Message] = []
        self.aborted = False
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": list(headers),
            "state": {"connection": ClientConnection(self.abort)},
        }

    def abort(self) -> None:
        self.aborted = True

    async def receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None


async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def hang(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


async def hang_half_way(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await asyncio.Event().wait()


async def fail(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ((b"content-length", str(MAX_BODY_BYTES).encode()), None),
        ((b"content-length", str(MAX_BODY_BYTES + 1).encode()), 413),
        ((b"content-length", b"9" * 30), 413),
        ((b"content-length", b"-1"), 413),
        ((b"transfer-encoding", b"chunked"), 411),
    ],
)
def test_a_body_has_a_largest_size(header: tuple[bytes, bytes], status: int | None) -> None:
    with nullcontext() if status is None else pytest.raises(RequestError) as refused:
        check_body(Wire(header).scope)
    assert status is None or KINDS[refused.value.code].status == status


async def test_no_answer_may_be_kept_by_caches() -> None:
    wire = Wire()
    await RequestLimits(answer)(wire.scope, wire.receive, wire.send)
    assert (b"cache-control", b"no-store") in wire.sent[0]["headers"]


async def test_a_request_that_takes_too_long_is_told_so() -> None:
    wire = Wire()
    await RequestLimits(hang, seconds=0.05)(wire.scope, wire.receive, wire.send)
    assert wire.status == 503
    assert not wire.aborted


async def test_an_answer_that_is_not_read_is_cut_off() -> None:
    wire = Wire()
    await RequestLimits(hang_half_way, seconds=0.05)(wire.scope, wire.receive, wire.send)
    assert wire.aborted


async def test_a_fault_is_logged_and_tells_nothing_outside(caplog: pytest.LogCaptureFixture) -> None:
    wire = Wire()
    await RequestLimits(fail)(wire.scope, wire.receive, wire.send)
    assert wire.status == 500
    assert b"ZeroDivision" not in wire.sent[1]["body"]
    assert "ZeroDivisionError" in caplog.text


async def test_who_waits_for_actions_is_woken_by_one_and_by_the_end() -> None:
    feed = ActionFeed()
    waiting = [asyncio.create_task(feed.wait(0, 30)) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.to_thread(feed.announce)
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await feed.wait(0, 30) == 1, "what was missed is told at once"
    assert await feed.wait(1, 0.01) == 1, "nothing happened"
    last = asyncio.create_task(feed.wait(1, 30))
    await asyncio.sleep(0)
    feed.close()
    assert await last == 1
    assert await feed.wait(1, 30) == 1, "nobody waits at a closed one"
