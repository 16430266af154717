"""TLS: what is wrong with a certificate, when it ends, and handshakes that go nowhere."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.certificates import Certificate, make_certificate, server_context
from support.http_servers import answer, answering, dripping, held, keeping_open, serve
from support.tls_pipe import TlsPipe

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Service, ServiceState
from collectors.http.collector import HttpCollector


@pytest.fixture
async def collector() -> AsyncIterator[HttpCollector]:
    http = HttpCollector(clock=SystemClock())
    yield http
    await http.aclose()


@pytest.fixture(scope="module")
def authority() -> Certificate:
    return make_certificate(name="Test authority", authority=True, ends=timedelta(days=900))


@pytest.fixture
def ca_file(authority: Certificate, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_bytes(authority.pem)
    return str(path)


async def test_a_good_certificate(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    leaf = make_certificate(issuer=authority)
    async with serve(held(0.03, answer(b"x" * 100_000)), tls=server_context(tmp_path, (leaf,))) as server:
        by_name = await collector.probe(Service("web", f"https://localhost:{server.port}/", ca_file=ca_file))
        by_address = await collector.probe(Service("web", server.url, ca_file=ca_file))
    for result in (by_name, by_address):
        assert result.error is None
        assert result.state is ServiceState.UP
        assert result.tls_expires_at == leaf.certificate.not_valid_after_utc
        assert (result.phases.tls_ms or 0) > 0
        assert (result.phases.first_byte_ms or 0) >= 29
        assert result.body_bytes == 100_000
        assert result.details["tls_version"] == "TLSv1.3"


async def test_the_earliest_end_in_the_presented_chain_counts(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    middle = make_certificate(name="Middle", issuer=authority, authority=True, ends=timedelta(days=5))
    leaf = make_certificate(issuer=middle, ends=timedelta(days=300))
    async with serve(answering(answer()), tls=server_context(tmp_path, (leaf, middle))) as server:
        result = await collector.probe(Service("web", server.url, ca_file=ca_file))
    assert result.state is ServiceState.UP
    assert result.tls_expires_at == middle.certificate.not_valid_after_utc


@pytest.mark.parametrize(
    ("name", "starts", "ends", "error_class", "message"),
    [
        ("localhost", -90, -1, ErrorClass.TLS_EXPIRED, "the certificate of localhost has expired"),
        ("localhost", 5, 90, ErrorClass.TLS_EXPIRED, "the certificate of localhost is not valid yet"),
        ("other.test", -5, 90, ErrorClass.TLS_HOSTNAME, "the certificate is not for localhost"),
    ],
)
async def test_n18_a_bad_certificate_still_tells_when_it_ends(
    collector: HttpCollector,
    authority: Certificate,
    ca_file: str,
    tmp_path: Path,
    name: str,
    starts: int,
    ends: int,
    error_class: ErrorClass,
    message: str,
) -> None:
    leaf = make_certificate(name=name, issuer=authority, starts=timedelta(days=starts), ends=timedelta(days=ends))
    async with serve(answering(answer()), tls=server_context(tmp_path, (leaf,))) as server:
        result = await collector.probe(Service("web", f"https://localhost:{server.port}/", ca_file=ca_file))
    assert result.state is ServiceState.DOWN
    assert (result.error_class, result.error) == (error_class, message)
    assert result.tls_expires_at == leaf.certificate.not_valid_after_utc
    assert result.response_time_ms is None
    assert server.requests == []


async def test_n18_the_wrong_address_is_a_hostname_fault(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    leaf = make_certificate(addresses=(), issuer=authority)
    async with serve(answering(answer()), tls=server_context(tmp_path, (leaf,))) as server:
        result = await collector.probe(Service("web", server.url, ca_file=ca_file))
    assert result.error_class is ErrorClass.TLS_HOSTNAME


async def test_n18_an_unknown_authority_and_switching_verification_off(
    collector: HttpCollector, tmp_path: Path
) -> None:
    own = make_certificate()
    async with serve(answering(answer()), tls=server_context(tmp_path, (own,))) as server:
        verified = await collector.probe(Service("web", server.url))
        unverified = await collector.probe(Service("web", server.url, verify_tls=False))
    assert verified.error_class is ErrorClass.TLS_UNTRUSTED
    assert "is not trusted: self-signed certificate" in (verified.error or "")
    assert verified.tls_expires_at == own.certificate.not_valid_after_utc
    assert unverified.state is ServiceState.UP
    assert unverified.tls_expires_at == own.certificate.not_valid_after_utc


async def test_n19_a_handshake_that_hangs_ends_at_the_deadline(collector: HttpCollector) -> None:
    async def swallow(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serve(swallow, at_once=True) as server:
        result = await collector.probe(Service("web", f"https://127.0.0.1:{server.port}/", timeout=1))
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.TIMEOUT
    assert (result.error or "").startswith("the TLS handshake did not end within 1 s (connected after ")


async def test_n19_an_expired_certificate_whose_server_hangs_the_second_time_is_still_expired(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    leaf = make_certificate(issuer=authority, starts=timedelta(days=-9), ends=timedelta(days=-1))
    context = server_context(tmp_path, (leaf,))
    connections = 0

    async def once(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        if connections == 1:
            await TlsPipe(reader, writer, context).handshake()
        await reader.read()

    async with serve(once, at_once=True) as server:
        result = await collector.probe(
            Service("web", f"https://127.0.0.1:{server.port}/", ca_file=ca_file, timeout=0.5)
        )
    assert connections == 2
    assert result.error_class is ErrorClass.TLS_EXPIRED
    assert result.tls_expires_at is None


async def test_n19_an_old_protocol_is_refused_with_a_reason(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    context = server_context(tmp_path, (make_certificate(issuer=authority),))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA256")  # no cipher that a client of today offers
    async with serve(answering(answer()), tls=context) as server:
        result = await collector.probe(Service("web", server.url, ca_file=ca_file))
    assert result.state is ServiceState.DOWN
    assert result.error_class is ErrorClass.TLS_OTHER
    assert "TLS handshake with 127.0.0.1 failed" in (result.error or "")


async def test_plain_http_behind_an_https_address(collector: HttpCollector) -> None:
    async def shout(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(answer(b"", status="400 Bad Request"))
        await writer.drain()

    async with serve(shout, at_once=True) as server:
        result = await collector.probe(Service("web", f"https://127.0.0.1:{server.port}/"))
    assert result.error_class is ErrorClass.TLS_OTHER
    assert result.error == "127.0.0.1 does not speak TLS on this port"


async def test_a_server_that_hangs_up_during_the_handshake(collector: HttpCollector) -> None:
    async def hang_up(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(5000)

    async with serve(hang_up, at_once=True) as server:
        result = await collector.probe(Service("web", f"https://127.0.0.1:{server.port}/"))
    assert result.error == "127.0.0.1 closed the connection during the TLS handshake"


async def test_caps_and_deadlines_hold_inside_tls_too(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    context = server_context(tmp_path, (make_certificate(issuer=authority),))
    start = b"HTTP/1.1 200 OK\r\n\r\n"
    async with serve(dripping(start, b"x" * 20_000, 0), tls=context) as server:
        flood = await collector.probe(Service("web", server.url, ca_file=ca_file))
    async with serve(keeping_open(), tls=context) as server:
        silence = await collector.probe(Service("api", server.url, ca_file=ca_file, timeout=0.4))
    async with serve(answering(answer(b"", "Content-Length: 9", length=False)), tls=context) as server:
        short = await collector.probe(Service("api", server.url, ca_file=ca_file))
    async with serve(answering(start + b"until the end"), tls=context) as server:
        closed = await collector.probe(Service("api", server.url, ca_file=ca_file))
    assert flood.error_class is ErrorClass.TOO_LARGE
    assert (silence.error_class, (silence.error or "")[:9]) == (ErrorClass.TIMEOUT, "no answer")
    assert short.error_class is ErrorClass.PROTOCOL
    assert (closed.state, closed.body_bytes) == (ServiceState.UP, 13)


async def test_a_ca_file_that_cannot_be_used_is_our_fault(collector: HttpCollector, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    async with serve(answering(answer()), tls=server_context(tmp_path, (make_certificate(),))) as server:
        missing = await collector.probe(Service("web", server.url, ca_file=str(tmp_path / "none.pem")))
        unusable = await collector.probe(Service("web", server.url, ca_file=str(empty)))
    assert missing.state is unusable.state is ServiceState.UNKNOWN
    assert "none.pem cannot be used: no such file" in (missing.error or "")
    assert "empty.pem cannot be used: it holds no certificate" in (unusable.error or "")


async def test_a_replaced_ca_file_is_read_again(
    collector: HttpCollector, authority: Certificate, tmp_path: Path
) -> None:
    path = tmp_path / "changing.pem"
    path.write_bytes(make_certificate(name="Somebody else", authority=True).pem)
    async with serve(
        answering(answer()), tls=server_context(tmp_path, (make_certificate(issuer=authority),))
    ) as server:
        service = Service("web", server.url, ca_file=str(path))
        before = await collector.probe(service)
        path.write_bytes(authority.pem + b"\n")
        after = await collector.probe(service)
    assert before.error_class is ErrorClass.TLS_UNTRUSTED
    assert after.state is ServiceState.UP


async def test_many_services_share_one_context(
    collector: HttpCollector, authority: Certificate, ca_file: str, tmp_path: Path
) -> None:
    async with serve(
        answering(answer()), tls=server_context(tmp_path, (make_certificate(issuer=authority),))
    ) as server:
        results = await asyncio.gather(
            *(collector.probe(Service(f"s{number}", server.url, ca_file=ca_file)) for number in range(50))
        )
    assert {result.state for result in results} == {ServiceState.UP}
