"""The beginning of a failing answer: what is kept of it, and what is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.http_servers import answer, answering, header_of, keeping_open, serve, unused_port

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Expectation, ProbeResult, Service
from collectors.http.collector import HttpCollector

WHY = b"could not connect to server db-primary.internal port 5432"


@pytest.fixture
async def collector() -> AsyncIterator[HttpCollector]:
    http = HttpCollector(clock=SystemClock())
    yield http
    await http.aclose()


def kept(result: ProbeResult) -> str | None:
    return None if result.answer is None else result.answer()


async def failing(collector: HttpCollector, body: bytes, *headers: str) -> str | None:
    async with serve(answering(answer(body, *headers, status="500 Internal Server Error"))) as server:
        return kept(await collector.probe(Service("api", server.url)))


async def test_the_body_of_a_failing_answer_is_kept(collector: HttpCollector) -> None:
    assert await failing(collector, WHY) == WHY.decode()


async def test_a_wrong_body_of_a_good_status_is_kept(collector: HttpCollector) -> None:
    async with serve(answering(answer(WHY))) as server:
        result = await collector.probe(Service("api", server.url, expect=Expectation(text="ready")))
    assert result.error_class is ErrorClass.BODY_ASSERT
    assert kept(result) == WHY.decode()


async def test_of_a_good_answer_and_of_none_nothing_is_kept(collector: HttpCollector) -> None:
    async with serve(answering(answer(WHY))) as server:
        assert (await collector.probe(Service("api", server.url))).answer is None
    assert (await collector.probe(Service("api", f"http://127.0.0.1:{unused_port()}/"))).answer is None
    assert await failing(collector, b"") is None


async def test_no_more_than_the_first_2048_bytes_are_kept(collector: HttpCollector) -> None:
    text = await failing(collector, b"x" * 5000)
    assert text is not None
    assert len(text.encode()) <= 2048
    assert text.startswith("x" * 2000)
    umlauts = await failing(collector, "ä".encode() * 3000, "Content-Type: text/plain; charset=utf-8")
    assert umlauts is not None
    assert len(umlauts.encode()) <= 2048
    assert set(umlauts) == {"ä", "…"}


async def test_a_secret_at_the_edge_is_not_cut_in_half(collector: HttpCollector) -> None:
    text = await failing(collector, b"x" * 2030 + b" password=correct-horse-battery")
    assert text is not None
    assert "correct" not in text


async def test_the_charset_of_the_answer_is_used(collector: HttpCollector) -> None:
    body = "Verbindung abgelehnt: Zähler läuft über".encode("latin-1")
    assert await failing(collector, body, "Content-Type: text/plain; charset=iso-8859-1") == body.decode("latin-1")
    assert await failing(collector, body, "Content-Type: text/plain; charset=no-such") is not None


async def test_control_characters_are_shown_and_lines_stay(collector: HttpCollector) -> None:
    assert await failing(collector, b"one\ntwo \x1b[31mred\x07") == "one\ntwo \u241b[31mred\u2407"


async def test_bytes_that_are_no_text_are_counted_only(collector: HttpCollector) -> None:
    assert await failing(collector, bytes(range(32)) * 8, "Content-Type: image/png") == "(256 bytes that are no text)"


async def test_what_the_service_was_asked_with_is_masked(collector: HttpCollector) -> None:
    async def handler(head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = f"you sent {header_of(head, 'x-api-key')} and {header_of(head, 'authorization')}".encode()
        writer.write(answer(sent, status="403 Forbidden"))
        await writer.drain()

    async with serve(handler) as server:
        service = Service("api", server.url, headers={"X-Api-Key": "very-private"}, auth=("ada", "swordfish"))
        text = kept(await collector.probe(service))
    assert text is not None
    assert text.startswith("you sent ")
    assert "very-private" not in text
    assert "swordfish" not in text
    assert "YWRhOnN3b3JkZmlzaA" not in text


async def test_what_came_of_a_body_that_never_ends_is_kept(collector: HttpCollector) -> None:
    begun = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 9000\r\n\r\n" + WHY
    async with serve(keeping_open(begun)) as server:
        result = await collector.probe(Service("api", server.url, timeout=0.5))
    assert result.error_class is ErrorClass.TIMEOUT
    assert kept(result) == WHY.decode()
