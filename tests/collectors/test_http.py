"""Probes against real servers on loopback that behave."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from support.http_servers import (
    answer,
    answering,
    header_of,
    held,
    keeping_open,
    path_of,
    serve,
    unused_port,
)

from amt_console.clock import FakeClock, SystemClock
from amt_console.model import ErrorClass, Expectation, FigureKind, ProbeResult, Service, ServiceState
from collectors.http.collector import HttpCollector


@pytest.fixture
async def collector() -> AsyncIterator[HttpCollector]:
    http = HttpCollector(clock=SystemClock())
    yield http
    await http.aclose()


def phase_sum(result: ProbeResult) -> float:
    phases = result.phases
    return sum(
        part or 0.0
        for part in (phases.dns_ms, phases.connect_ms, phases.tls_ms, phases.first_byte_ms, phases.transfer_ms)
    )


async def test_a_healthy_service_is_up_with_everything_that_is_known_of_it(collector: HttpCollector) -> None:
    async with serve(answering(answer(b'{"status": "ok"}'))) as server:
        result = await collector.probe(Service("api", f"{server.url}/api/health", interval=15))
    assert result.state is ServiceState.UP
    assert result.service == "api"
    assert result.interval == 15
    assert result.attempt == 1
    assert result.error is None
    assert result.error_class is None
    assert result.status_code == 200
    assert result.final_url == f"{server.url}/api/health"
    assert result.redirects == 0
    assert (result.ip, result.ip_family, result.http_version) == ("127.0.0.1", "ipv4", "HTTP/1.1")
    assert result.body_bytes == 16
    assert result.body is None
    assert result.tls_expires_at is None
    assert result.phases.tls_ms is None
    assert result.phases.dns_ms == 0.0


async def test_the_phases_sum_to_the_response_time(collector: HttpCollector) -> None:
    async with serve(answering(answer())) as server:
        result = await collector.probe(Service("api", f"http://localhost:{server.port}/"))
    assert result.response_time_ms is not None
    assert result.response_time_ms == pytest.approx(phase_sum(result))
    assert (result.phases.dns_ms or 0) > 0
    assert (result.phases.connect_ms or 0) > 0


async def test_the_time_of_a_slow_answer_is_in_the_first_byte(collector: HttpCollector) -> None:
    async with serve(held(0.1, answer())) as server:
        result = await collector.probe(Service("api", server.url))
    assert result.phases.first_byte_ms is not None
    assert result.phases.first_byte_ms >= 99
    assert (result.response_time_ms or 0) >= 99


async def test_the_time_of_a_slow_body_is_in_the_transfer(collector: HttpCollector) -> None:
    async def slow_body(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"", "Content-Length: 4", length=False))
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.write(b"late")

    async with serve(slow_body) as server:
        result = await collector.probe(Service("api", server.url))
    assert result.state is ServiceState.UP
    assert (result.phases.transfer_ms or 0) >= 95


async def test_an_answer_over_the_limit_is_degraded(collector: HttpCollector) -> None:
    async with serve(held(0.03, answer())) as server:
        slow = await collector.probe(Service("api", server.url, degraded_above_ms=20))
        fine = await collector.probe(Service("api", server.url, degraded_above_ms=None))
    assert slow.state is ServiceState.DEGRADED
    assert slow.error is None
    assert fine.state is ServiceState.UP


async def test_the_time_stamp_is_the_clock_at_the_start() -> None:
    collector = HttpCollector(clock=FakeClock(datetime(2026, 3, 1, tzinfo=UTC)))
    async with serve(answering(answer())) as server:
        result = await collector.probe(Service("api", server.url), attempt=2)
    await collector.aclose()
    assert result.timestamp == datetime(2026, 3, 1, tzinfo=UTC)
    assert result.attempt == 2


async def test_each_probe_is_a_fresh_connection_that_says_so(collector: HttpCollector) -> None:
    ports: set[int] = set()

    async def remember(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports.add(writer.get_extra_info("peername")[1])
        writer.write(answer(b"ok", "Connection: keep-alive"))
        await writer.drain()
        await reader.read()  # a server that keeps the connection alive

    async with serve(remember) as server:
        for _ in range(3):
            assert (await collector.probe(Service("api", server.url))).state is ServiceState.UP
    assert len(ports) == 3
    assert header_of(server.requests[0], "connection") == "close"
    assert header_of(server.requests[0], "accept-encoding") == "identity"
    assert (header_of(server.requests[0], "user-agent") or "").startswith("amt-console/")
    assert header_of(server.requests[0], "host") == f"127.0.0.1:{server.port}"


async def test_method_headers_body_and_credentials_are_sent(collector: HttpCollector) -> None:
    bodies: list[bytes] = []

    async def read_body(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(int(header_of(head, "content-length") or 0)))
        writer.write(answer(status="201 Created"))

    async with serve(read_body) as server:
        result = await collector.probe(
            Service(
                "api",
                f"{server.url}/orders?dry=1",
                method="POST",
                headers={"X-Api-Key": "k1", "X-Who": "Zoë", "Content-Type": "application/json", "User-Agent": "mine"},
                auth=("ann", "pa:ss"),
                body='{"ä": 1}',
            )
        )
    assert result.state is ServiceState.UP
    assert bodies == ['{"ä": 1}'.encode()]
    head = server.requests[0]
    assert head.startswith(b"POST /orders?dry=1 HTTP/1.1\r\n")
    assert header_of(head, "x-api-key") == "k1"
    assert header_of(head, "user-agent") == "mine"
    assert (header_of(head, "x-who") or "").encode("latin-1").decode() == "Zoë"
    assert header_of(head, "authorization") == "Basic YW5uOnBhOnNz"


async def test_credentials_in_the_address_are_used_and_never_shown(collector: HttpCollector) -> None:
    async with serve(answering(answer())) as server:
        result = await collector.probe(Service("api", f"http://ann:secret@127.0.0.1:{server.port}/?api_key=k1&page=2"))
    assert header_of(server.requests[0], "authorization") == "Basic YW5uOnNlY3JldA=="
    assert path_of(server.requests[0]) == "/?api_key=k1&page=2"
    assert result.final_url == f"{server.url}/?api_key=***&page=2"
    assert "secret" not in repr(result)


async def test_head_has_no_body_to_wait_for(collector: HttpCollector) -> None:
    async with serve(keeping_open(answer(b"", "Content-Length: 4000", length=False))) as server:
        result = await collector.probe(Service("api", server.url, method="HEAD"))
    assert result.state is ServiceState.UP
    assert result.body_bytes == 0


@pytest.mark.parametrize(
    ("reply", "size"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 13),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: t\r\n\r\n", 5),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + answer(b"ok"), 2),
        (answer(b"", status="204 No Content", length=False), 0),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 2),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 2),
        (answer(b"x" * 1_000_000), 1_000_000),
    ],
    ids=["http10", "chunked", "interim", "no-content", "bare-newlines", "no-reason", "large"],
)
async def test_every_framing_that_http_allows(collector: HttpCollector, reply: bytes, size: int) -> None:
    async with serve(answering(reply)) as server:
        result = await collector.probe(Service("api", server.url))
    assert result.error is None
    assert result.state is ServiceState.UP
    assert result.body_bytes == size


async def test_an_answer_in_single_bytes_is_put_together(collector: HttpCollector) -> None:
    reply = answer(b'{"a": 1}', "X-Long: " + "y" * 50)
    async with serve(answering(*(reply[i : i + 1] for i in range(len(reply))))) as server:
        result = await collector.probe(Service("api", server.url, expect=Expectation(jmespath="a == `1`")))
    assert result.state is ServiceState.UP


async def test_the_body_is_kept_only_for_figures_and_only_of_a_good_answer(collector: HttpCollector) -> None:
    async with serve(answering(answer(b'{"mrr": 5}'))) as server:
        kept = await collector.probe(Service("api", server.url, figures=FigureKind.REVENUE))
        not_kept = await collector.probe(Service("web", server.url))
    assert kept.body == b'{"mrr": 5}'
    assert not_kept.body is None
    async with serve(answering(answer(b"sorry", status="500 Oops"))) as server:
        failed = await collector.probe(Service("api", server.url, figures=FigureKind.REVENUE))
    assert failed.body is None


async def test_a_changed_service_is_probed_as_it_is_now(collector: HttpCollector) -> None:
    async with serve(answering(answer())) as first, serve(answering(answer(status="500 Oops"))) as second:
        assert (await collector.probe(Service("api", first.url))).status_code == 200
        assert (await collector.probe(Service("api", second.url))).status_code == 500


async def test_ipv6_addresses(collector: HttpCollector) -> None:
    async with serve(answering(answer()), host="::1") as server:
        result = await collector.probe(Service("api", server.url))
        wrong = await collector.probe(Service("api", server.url, family="ipv4"))
        refused = await collector.probe(Service("api", f"http://[::1]:{unused_port()}/"))
    assert (result.state, result.ip, result.ip_family) == (ServiceState.UP, "::1", "ipv6")
    assert header_of(server.requests[0], "host") == f"[::1]:{server.port}"
    assert wrong.error == "::1 is no ipv4 address"
    assert (refused.error or "").startswith("connection refused by [::1]:")


async def test_three_hundred_probes_at_once_do_not_disturb_each_other(collector: HttpCollector) -> None:
    patient = {"timeout": 60, "degraded_above_ms": None, "down_above_ms": None}
    async with serve(held(0.05, answer())) as server:
        results = await asyncio.gather(
            *(collector.probe(Service(f"s{n}", f"http://localhost:{server.port}/", **patient)) for n in range(300))
        )
    assert {result.state for result in results} == {ServiceState.UP}
    assert len(server.requests) == 300


async def test_cancelling_a_probe_closes_its_socket(collector: HttpCollector) -> None:
    gone = asyncio.Event()
    asked = asyncio.Event()

    async def wait(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        gone.set()

    async with serve(wait) as server:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            probe = asyncio.create_task(collector.probe(Service("api", server.url)))
            await asked.wait()
            probe.cancel()
            with pytest.raises(asyncio.CancelledError):
                await probe
            del probe
            gc.collect()
            async with asyncio.timeout(5):
                await gone.wait()


@pytest.mark.parametrize(
    ("service", "message"),
    [
        (Service("a", "http://127.0.0.1:1/", headers={"X": "a\r\nY: b"}), "header 'X' holds characters"),
        (Service("a", "http://127.0.0.1:1/", headers={"X y": "a"}), "header 'X y' holds characters"),
        (Service("a", "http://127.0.0.1:1/", headers={"Grün": "a"}), "holds characters"),
        (Service("a", "http://127.0.0.1:1/", method="GE T"), "is no HTTP method"),
        (Service("a", "http://[::1/"), "address is not valid"),
        (Service("a", "http:///path"), "is no address"),
        (Service("a", "http://127.0.0.1:99999/"), "is no address"),
        (Service("a", "http://127.0.0.1:1/", proxy="socks5://127.0.0.1:1"), "only http:// proxies"),
        (Service("a", "http://127.0.0.1:1/", expect=Expectation(status=("2x",))), "'2x' is no status"),
        (Service("a", "http://127.0.0.1:1/", expect=Expectation(regex="(")), "is no valid regular expression"),
        (Service("a", "http://127.0.0.1:1/", expect=Expectation(jmespath="a ==")), "not valid JMESPath"),
    ],
)
async def test_what_cannot_be_probed_as_configured_is_unknown_not_down(
    collector: HttpCollector, service: Service, message: str
) -> None:
    result = await collector.probe(service)
    assert result.state is ServiceState.UNKNOWN
    assert result.error_class is ErrorClass.LOCAL_ERROR
    assert message in (result.error or "")
