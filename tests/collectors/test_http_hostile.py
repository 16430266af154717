"""Hostile bytes against the terminal, the parser and error messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import hostile_expressions
from support.http_servers import Handler, answer, answering, serve

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Expectation, ProbeResult, Service, ServiceState
from collectors.http.collector import HttpCollector


@pytest.fixture
async def collector() -> AsyncIterator[HttpCollector]:
    http = HttpCollector(clock=SystemClock())
    yield http
    await http.aclose()


async def down(collector: HttpCollector, handler: Handler, *, within: float = 5.0) -> ProbeResult:
    async with serve(handler) as server:
        result = await collector.probe(Service("api", server.url, timeout=within))
    assert result.state is ServiceState.DOWN
    assert result.error is not None
    assert "\n" not in result.error
    return result


async def test_n17_control_characters_of_the_server_never_come_through(collector: HttpCollector) -> None:
    reply = "HTTP/1.1 500 N\xa0\x9b2J\u202eo\r\nContent-Length: 0\r\n\r\n".encode("utf-8", "replace")
    result = await down(collector, answering(reply))
    assert result.error_class in (ErrorClass.HTTP_STATUS, ErrorClass.PROTOCOL)
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in result.error or "")
    escape = await down(collector, answering(answer(b"\x1b]0;owned\x07", "X: \x1b[2J", status="500 \x1b[31mred")))
    assert "\x1b" not in (escape.error or "")


@pytest.mark.parametrize(
    "body",
    [b"\x1b[2J\x07\x9b" * 5, b"x" * 2_000_000, b"\0" * 5000, b"\xff\xfe\xed\xa0\x80", "\u202e😀\u200b".encode(), b""],
    ids=["escapes", "two-megabyte-line", "nul", "not-utf8", "bidi", "empty"],
)
async def test_hostile_bodies_are_judged_and_described_safely(collector: HttpCollector, body: bytes) -> None:
    async with serve(answering(answer(body))) as server:
        service = Service("api", server.url, max_body_bytes=4_000_000, expect=Expectation(jmespath="a == `1`"))
        result = await collector.probe(service)
    assert result.error_class is ErrorClass.BODY_ASSERT
    assert (result.error or "").startswith("the body is not JSON: '")
    assert len(result.error or "") < 200
    assert all(char.isprintable() for char in result.error or "")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pipes", "chain", "join", "product of wildcards"])
async def test_an_expression_over_its_budget_makes_its_service_down_and_holds_up_no_other(
    collector: HttpCollector, name: str
) -> None:
    body = json.dumps(hostile_expressions.answer()).encode()
    hostile = Expectation(jmespath=hostile_expressions.ALL[name])
    async with serve(answering(answer(body))) as large, serve(answering(answer(b"ok"))) as other:
        service = Service("hostile", large.url, max_body_bytes=4_000_000, expect=hostile)
        probing = asyncio.create_task(collector.probe(service))
        beside = 0
        while not probing.done():
            assert (await collector.probe(Service("other", other.url))).state is ServiceState.UP
            beside += 1
        result = await probing
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.BODY_ASSERT
    assert "expression" in (result.error or "")
    assert beside > 0


_FRAGMENTS = st.sampled_from(
    [b"HTTP/1.1 ", b"200 OK", b"302 Found", b"100 Continue", b"\r\n", b"\r\n\r\n", b"Content-Length: 3", b"Location: ",
     b"http://[::", b"//x:99999/", b"Transfer-Encoding: chunked", b"Content-Encoding: gzip",
     b"Set-Cookie: a=b; Expires=",
     b"3\r\nabc\r\n", b"0\r\n\r\n", b"\x1f\x8b\x08\0", b"Content-Type: text/html; charset=idna", b"Upgrade: x"]
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(st.one_of(_FRAGMENTS, st.binary(max_size=30)), max_size=14))
def test_arbitrary_bytes_are_a_result_and_never_an_exception(pieces: list[bytes]) -> None:
    async def probe() -> ProbeResult:
        collector = HttpCollector(clock=SystemClock())
        expect = Expectation(headers={"server": "x"}, text="a", regex="b", jmespath="c == `1`")
        try:
            async with serve(answering(*pieces)) as server:
                return await collector.probe(Service("api", server.url, timeout=2, expect=expect))
        finally:
            await collector.aclose()

    result = asyncio.run(probe())
    assert result.state in (ServiceState.DOWN, ServiceState.UP)
    assert (result.error is None) == (result.state is ServiceState.UP)
    assert all(char.isprintable() for char in result.error or "")
