"""Servers that misbehave: each ends as one result with a class and a line for a person, within the deadline."""

from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import time
import zlib
from collections.abc import AsyncIterator

import pytest
from support.fair_time import fair_time
from support.http_servers import (
    Handler,
    answer,
    answering,
    dripping,
    keeping_open,
    resetting,
    serve,
    unused_port,
)

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Expectation, ProbeResult, Service, ServiceState
from collectors.http.answer import MAX_HEADER_BYTES, MAX_HEADERS
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


async def test_a_refused_connection(collector: HttpCollector) -> None:
    port = unused_port()
    result = await collector.probe(Service("api", f"http://127.0.0.1:{port}/"))
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.CONNECT_REFUSED
    assert result.error == f"connection refused by 127.0.0.1:{port}"
    assert result.response_time_ms is None
    assert result.phases.connect_ms is None
    assert result.status_code is None


async def test_n1_a_reset_after_the_request(collector: HttpCollector) -> None:
    result = await down(collector, resetting())
    assert result.error_class is ErrorClass.PROTOCOL
    assert (result.error or "").startswith("connection reset by 127.0.0.1:")
    assert result.response_time_ms is None


async def test_n1_a_reset_within_the_body(collector: HttpCollector) -> None:
    result = await down(collector, resetting(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"))
    assert result.error_class is ErrorClass.PROTOCOL
    assert result.status_code == 200


async def test_n2_silence_ends_at_the_deadline(collector: HttpCollector) -> None:
    began, fairly = time.monotonic(), fair_time()
    result = await down(collector, keeping_open(), within=0.3)
    assert time.monotonic() - began >= 0.29
    assert fair_time() - fairly < 2
    assert result.error_class is ErrorClass.TIMEOUT
    assert (result.error or "").startswith("no answer within 0.3 s (connected after ")
    assert result.phases.connect_ms is not None
    assert result.phases.first_byte_ms is None


async def test_n3_a_black_hole_is_a_connect_timeout(collector: HttpCollector) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [
            socket.socket() for _ in range(4)
        ]  # fill the queue of connections, so that further ones get no answer
        try:
            for sock in waiting:
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
            result = await collector.probe(Service("api", f"http://127.0.0.1:{port}/", timeout=0.3))
        finally:
            for sock in waiting:
                sock.close()
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.CONNECT_TIMEOUT
    assert result.error == f"no connection to 127.0.0.1:{port} within 0.3 s"


@pytest.mark.parametrize(
    ("start", "drop", "message"),
    [
        (answer(b"", "Content-Length: 500", length=False), b"x", "the body was not complete within 0.4 s ("),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y", "the headers were not complete within 0.4 s"),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", "the headers were not complete within 0.4 s"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "the headers were not complete within 0.4 s"),
    ],
    ids=["n4-body", "n5-one-header", "n5-headers", "n16-continue"],
)
async def test_the_total_deadline_wins_over_drips(
    collector: HttpCollector, start: bytes, drop: bytes, message: str
) -> None:
    result = await down(collector, dripping(start, drop, 0.05), within=0.4)
    assert result.error_class is ErrorClass.TIMEOUT
    assert message in (result.error or "")


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ids=["until-close", "chunked"],
)
async def test_n6_an_endless_body_ends_at_the_cap(collector: HttpCollector, start: bytes) -> None:
    drop = b"x" * 4096 if b"chunked" not in start else b"1000\r\n" + b"x" * 4096 + b"\r\n"
    result = await down(collector, dripping(start, drop, 0))
    assert result.error_class is ErrorClass.TOO_LARGE
    assert result.error == "the body is larger than 1.0 MiB"
    assert result.response_time_ms is not None
    assert result.body_bytes is not None
    assert result.body_bytes < 1024 * 1024 + 400_000


async def test_n6_an_announced_size_over_the_cap_is_not_read(collector: HttpCollector) -> None:
    result = await down(collector, keeping_open(answer(b"", "Content-Length: 9999999999999", length=False)))
    assert result.error_class is ErrorClass.TOO_LARGE


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_n7_a_decompression_bomb_is_not_inflated(collector: HttpCollector, encoding: str) -> None:
    bomb = (gzip.compress if encoding == "gzip" else zlib.compress)(b"\0" * 100_000_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await down(collector, answering(answer(bomb, f"Content-Encoding: {encoding}")))
    assert result.error_class is ErrorClass.TOO_LARGE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # KiB


async def test_n8_many_gzip_members_are_refused_quickly(collector: HttpCollector) -> None:
    result = await down(collector, answering(answer(gzip.compress(b"") * 40_000, "Content-Encoding: gzip")))
    assert result.error_class is ErrorClass.TOO_LARGE
    assert "gzip members" in (result.error or "")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, "the headers are longer than 64.0 KiB"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", f"more than {MAX_HEADERS} headers"),
        (b"HTTP/1.1 200 " + b"y" * 2 * MAX_HEADER_BYTES, "the headers are longer"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000, "the headers are longer"),
        (
            answer(b"short", "Content-Length: 50", length=False),
            "closed the connection after 5 of 50 announced body bytes",
        ),
        (answer(b"short", "Content-Length: -5", length=False), "not HTTP: Invalid character in Content-Length"),
        (
            answer(b"short", "Content-Length: 5", "Content-Length: 6", length=False),
            "not HTTP: Duplicate Content-Length",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", "the body is garbled"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "in the middle of a chunked body"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: y", "in the middle of the headers"),
        (b"", "the server closed the connection without an answer"),
        (b"\0" * 100, "the answer is not HTTP"),
        (answer(b"not gzip", "Content-Encoding: gzip"), "not the gzip that its header says"),
        (answer(gzip.compress(b"x" * 500)[:-9], "Content-Encoding: gzip"), "the gzip body ends too early"),
        (answer(b"x", "Content-Encoding: gzip, gzip, gzip"), "encoded 3 times over"),
    ],
    ids=[
        "n11-long-header",
        "n11-many-headers",
        "n11-long-reason",
        "n16-continue-flood",
        "n12-short-body",
        "n14-negative-length",
        "n14-two-lengths",
        "n14-bad-chunk",
        "n12-short-chunk",
        "ssh",
        "n14-status",
        "half-header",
        "nothing",
        "nul",
        "n15-no-gzip",
        "n15-half-gzip",
        "thrice-gzip",
    ],
)
async def test_n11_to_n15_broken_answers_are_protocol_faults(
    collector: HttpCollector, reply: bytes, message: str
) -> None:
    result = await down(collector, answering(reply))
    assert result.error_class is ErrorClass.PROTOCOL
    assert message in (result.error or "")
    assert result.response_time_ms is None


async def test_n13_more_than_announced_is_recorded_beside_the_result(collector: HttpCollector) -> None:
    async with serve(answering(answer(b"ok, and more", "Content-Length: 2", length=False))) as server:
        result = await collector.probe(Service("api", server.url, expect=Expectation(regex="^ok$")))
    assert result.state is ServiceState.UP
    assert result.body_bytes == 2
    assert result.details["anomaly"] == "the server sent more bytes than it had announced"


@pytest.mark.parametrize("headers", ["gzip", "x-gzip", "deflate", "raw deflate", "gzip, deflate", "identity"])
async def test_a_server_that_compresses_unasked_is_understood(collector: HttpCollector, headers: str) -> None:
    body = b'{"status": "ok"}' * 50
    encoded = {
        "gzip": gzip.compress(body[:400]) + gzip.compress(body[400:]) + b"\0" * 8,
        "x-gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw deflate": zlib.compress(body)[2:-4],
        "gzip, deflate": zlib.compress(gzip.compress(body)),
        "identity": body,
    }[headers]
    reply = answer(encoded, f"Content-Encoding: {headers.removeprefix('raw ')}")
    async with serve(answering(reply)) as server:
        result = await collector.probe(Service("api", server.url, expect=Expectation(text=body.decode())))
    assert result.error is None
    assert result.body_bytes == len(body)


async def test_n26_no_file_descriptors_is_our_fault_and_not_the_targets(collector: HttpCollector) -> None:
    async with serve(answering(answer())) as server:
        assert (await collector.probe(Service("api", server.url))).state is ServiceState.UP
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        lowest_free = os.dup(0)
        os.close(lowest_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
        try:
            result = await collector.probe(Service("api", server.url))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        healed = await collector.probe(Service("api", server.url))
    assert result.state is ServiceState.UNKNOWN
    assert result.error_class is ErrorClass.LOCAL_ERROR
    assert result.error == "could not measure: the monitor is out of file descriptors"
    assert healed.state is ServiceState.UP


async def test_no_way_to_fail_leaves_a_descriptor_behind(collector: HttpCollector) -> None:
    handlers = (answering(answer()), resetting(), keeping_open(), answering(b"x"), answering(b"HTTP/1.1 200 OK\r\n"))
    await down(collector, answering(b""))
    await collector.probe(Service("tls", f"https://127.0.0.1:{unused_port()}/"))  # everything that lasts is open now
    before = sorted(os.listdir("/dev/fd"))
    for handler in handlers:
        async with serve(handler) as server:
            plain = (Service(f"p{number}", server.url, timeout=0.1) for number in range(5))
            secure = (Service(f"s{number}", f"https{server.url[4:]}", timeout=0.1) for number in range(5))
            await asyncio.gather(*(collector.probe(service) for service in (*plain, *secure)))
    await collector.probe(Service("refused", f"http://127.0.0.1:{unused_port()}/"))
    async with asyncio.timeout(60):
        while sorted(os.listdir("/dev/fd")) != before:  # noqa: ASYNC110 - nothing tells when the servers have closed
            await asyncio.sleep(0.01)


async def test_a_server_that_answers_before_it_has_read_everything(collector: HttpCollector) -> None:
    async def early(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", status="413 Too Large"))
        await writer.drain()

    async with serve(early) as server:
        result = await collector.probe(Service("api", server.url, method="POST", body="x" * 8_000_000, timeout=5))
    assert result.state is ServiceState.DOWN
    assert result.error_class in (ErrorClass.HTTP_STATUS, ErrorClass.PROTOCOL)
