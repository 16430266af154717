"""Redirects: followed, counted, timed, checked at each hop, and without taking secrets elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from support.http_servers import answer, header_of, path_of, redirect, routed, serve

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Expectation, Service, ServiceState
from collectors.http.collector import HttpCollector


@pytest.fixture
async def collector() -> AsyncIterator[HttpCollector]:
    http = HttpCollector(clock=SystemClock())
    yield http
    await http.aclose()


async def test_redirects_are_followed_counted_and_timed_together(collector: HttpCollector) -> None:
    async def slow_hops(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.04)
        replies = {"/": redirect("/two"), "/two": redirect("three?x=1"), "/three?x=1": answer(b"there")}
        writer.write(replies[path_of(head)])

    async with serve(slow_hops) as server:
        result = await collector.probe(Service("web", f"{server.url}/", expect=Expectation(text="there")))
    assert result.state is ServiceState.UP
    assert result.redirects == 2
    assert result.final_url == f"{server.url}/three?x=1"
    assert result.status_code == 200
    assert (result.phases.first_byte_ms or 0) >= 119
    assert (result.response_time_ms or 0) >= 119


async def test_the_body_of_a_redirect_is_not_waited_for(collector: HttpCollector) -> None:
    async def endless(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if path_of(head) == "/":
            writer.write(answer(b"", "Location: /end", "Content-Encoding: gzip", status="301 Moved", length=False))
            await reader.read()
        else:
            writer.write(answer())

    async with serve(endless) as server:
        result = await collector.probe(Service("web", server.url, timeout=3))
    assert result.state is ServiceState.UP


async def test_n9_a_loop_ends_after_ten_hops(collector: HttpCollector) -> None:
    async with serve(routed({"/": redirect("/")})) as server:
        result = await collector.probe(Service("web", server.url))
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.REDIRECT_LOOP
    assert result.error == "more than 10 redirects"
    assert len(server.requests) == 11


@pytest.mark.parametrize(
    "to",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://0.0.0.0:80/",
        "http://2852039166/",  # 169.254.169.254 as one number
    ],
)
async def test_n10_redirects_to_what_is_never_a_target_are_refused(collector: HttpCollector, to: str) -> None:
    async with serve(routed({"/": redirect(to)})) as server:
        result = await collector.probe(Service("web", server.url))
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.BLOCKED_ADDRESS
    assert result.redirects == 1


@pytest.mark.parametrize(
    "to",
    [
        "http://[::1/",
        "http://a b/",
        "//:99999999/",
        "http://127.0.0.1:99999/",
        "//127.0.0.1:0/",
        "http://x\xff.test:1:2/",
        pytest.param("http://" + "a" * 300, id="long-name"),
    ],
)
async def test_redirects_to_nonsense_are_the_servers_fault(collector: HttpCollector, to: str) -> None:
    async with serve(routed({"/": redirect(to)})) as server:
        result = await collector.probe(Service("web", server.url, timeout=3))
    assert result.state is ServiceState.DOWN
    assert result.error_class in (ErrorClass.PROTOCOL, ErrorClass.DNS_NXDOMAIN, ErrorClass.DNS_ERROR)


async def test_a_redirect_to_a_dead_server_shows_nothing_of_the_hop_before(collector: HttpCollector) -> None:
    async with serve(routed({"/": redirect("http://127.0.0.1:1/")})) as server:
        result = await collector.probe(Service("web", server.url))
    assert result.error == "connection refused by 127.0.0.1:1"
    assert result.status_code is None
    assert result.response_time_ms is None
    assert result.final_url == "http://127.0.0.1:1/"


async def test_secrets_stay_with_their_host(collector: HttpCollector) -> None:
    async with serve(routed({"/": answer()})) as elsewhere:
        routes = {"/": redirect("/same", "307 Moved"), "/same": redirect(f"http://localhost:{elsewhere.port}/")}
        async with serve(routed(routes)) as server:
            result = await collector.probe(
                Service(
                    "web",
                    server.url,
                    headers={"Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "c=1", "Accept": "text/html"},
                )
            )
    assert result.state is ServiceState.UP
    assert header_of(server.requests[1], "authorization") == "Bearer t"
    assert header_of(server.requests[1], "x-api-key") == "k"
    there = elsewhere.requests[0]
    assert [header_of(there, name) for name in ("authorization", "x-api-key", "cookie")] == [None, None, None]
    assert header_of(there, "accept") == "text/html"
    assert header_of(there, "host") == f"localhost:{elsewhere.port}"


async def test_basic_credentials_stay_with_their_host(collector: HttpCollector) -> None:
    async with serve(routed({"/": answer()})) as elsewhere, serve(routed({"/": redirect(elsewhere.url)})) as server:
        await collector.probe(Service("web", server.url, auth=("ann", "pw")))
    assert header_of(server.requests[0], "authorization") is not None
    assert header_of(elsewhere.requests[0], "authorization") is None


async def test_cookies_live_for_one_probe(collector: HttpCollector) -> None:
    routes = {"/": redirect("/in", "302 Found", "Set-Cookie: visit=1"), "/in": answer()}
    async with serve(routed(routes)) as server:
        for _ in range(2):
            assert (await collector.probe(Service("web", server.url))).state is ServiceState.UP
    assert [header_of(head, "cookie") for head in server.requests] == [None, "visit=1", None, "visit=1"]


async def test_a_posted_body_goes_along_where_the_status_says_so(collector: HttpCollector) -> None:
    bodies: list[bytes] = []

    async def keep_body(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append(await reader.readexactly(int(header_of(head, "content-length") or 0)))
        writer.write({"/": redirect("/307", "307 T"), "/307": redirect("/303", "303 S")}.get(path_of(head), answer()))

    async with serve(keep_body) as server:
        result = await collector.probe(Service("web", server.url, method="POST", body="form"))
    assert result.state is ServiceState.UP
    assert bodies == [b"form", b"form", b""]
    assert [head.split(b" ")[0] for head in server.requests] == [b"POST", b"POST", b"GET"]


async def test_an_expected_redirect_is_the_answer_itself(collector: HttpCollector) -> None:
    async with serve(routed({"/": redirect("http://169.254.169.254/")})) as server:
        expect = Expectation(status=("3xx",), headers={"Location": "^http://169"})
        result = await collector.probe(Service("web", server.url, expect=expect))
    assert result.state is ServiceState.UP
    assert result.status_code == 302
    assert result.redirects == 0


async def test_a_redirect_without_a_place_to_go_is_an_answer(collector: HttpCollector) -> None:
    async with serve(routed({"/": answer(b"", status="302 Found")})) as server:
        result = await collector.probe(Service("web", server.url))
    assert result.error == "got 302 Found, expected 2xx"
