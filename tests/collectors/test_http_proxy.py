"""Proxies: only the configured one, never one of the environment."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.certificates import make_certificate, server_context
from support.http_servers import Handler, answer, answering, header_of, path_of, serve, unused_port

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Service, ServiceState
from collectors.http.collector import HttpCollector


@pytest.fixture
async def collector() -> AsyncIterator[HttpCollector]:
    http = HttpCollector(clock=SystemClock())
    yield http
    await http.aclose()


def tunnelling() -> Handler:
    """A proxy that opens tunnels."""

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = path_of(head).rpartition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                while data := await source.read(65536):
                    sink.write(data)
                    await sink.drain()
                sink.write_eof()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        far_writer.close()

    return handle


async def test_n25_proxies_of_the_environment_are_ignored(
    collector: HttpCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{unused_port()}")
    async with serve(answering(answer())) as server:
        result = await collector.probe(Service("api", server.url))
    assert result.state is ServiceState.UP
    assert len(server.requests) == 1


async def test_http_goes_through_the_configured_proxy_in_absolute_form(collector: HttpCollector) -> None:
    async with serve(answering(answer(b"by proxy"))) as proxy:
        service = Service("api", "http://inner.test/health?a=1", proxy=f"http://ann:p%40ss@127.0.0.1:{proxy.port}")
        result = await collector.probe(service)
    assert result.state is ServiceState.UP
    assert proxy.requests[0].startswith(b"GET http://inner.test/health?a=1 HTTP/1.1\r\n")
    assert header_of(proxy.requests[0], "proxy-authorization") == "Basic YW5uOnBAc3M="
    assert header_of(proxy.requests[0], "host") == "inner.test"


async def test_https_goes_through_a_tunnel(collector: HttpCollector, tmp_path: Path) -> None:
    authority = make_certificate(name="authority", authority=True)
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(authority.pem)
    leaf = make_certificate(issuer=authority)
    async with (
        serve(answering(answer()), tls=server_context(tmp_path, (leaf,))) as server,
        serve(tunnelling()) as proxy,
    ):
        service = Service(
            "api",
            f"https://localhost:{server.port}/",
            proxy=proxy.url,
            ca_file=str(ca_file),
            headers={"X-Api-Key": "k"},
        )
        result = await collector.probe(service)
    assert result.error is None
    assert result.state is ServiceState.UP
    assert result.tls_expires_at == leaf.certificate.not_valid_after_utc
    assert proxy.requests[0].startswith(b"CONNECT localhost:%d HTTP/1.1\r\n" % server.port)
    assert header_of(proxy.requests[0], "x-api-key") is None
    assert header_of(server.requests[0], "x-api-key") == "k"


async def test_a_proxy_that_opens_no_tunnel(collector: HttpCollector) -> None:
    async with serve(answering(answer(b"", status="407 Who are you"))) as proxy:
        result = await collector.probe(Service("api", "https://inner.test/", proxy=proxy.url))
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.CONNECT_ERROR
    assert result.error == f"proxy 127.0.0.1:{proxy.port} opened no tunnel: 407 Who are you"


async def test_a_dead_proxy_is_named_as_such(collector: HttpCollector) -> None:
    port = unused_port()
    result = await collector.probe(Service("api", "http://inner.test/", proxy=f"http://127.0.0.1:{port}"))
    assert result.error == f"proxy: connection refused by 127.0.0.1:{port}"


async def test_a_proxy_is_not_a_way_around_the_never_targets(collector: HttpCollector) -> None:
    async with serve(answering(answer())) as proxy:
        result = await collector.probe(Service("api", "http://169.254.169.254/", proxy=proxy.url))
    assert result.error_class is ErrorClass.BLOCKED_ADDRESS
    assert proxy.requests == []
