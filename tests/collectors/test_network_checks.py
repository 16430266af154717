"""TCP, DNS and ICMP services against real local sockets."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from support.certificates import make_certificate, server_context
from support.http_servers import serve, unused_port

from amt_console.clock import SystemClock
from amt_console.model import ErrorClass, Expectation, ProbeResult, Service, ServiceState
from collectors import icmp
from collectors.dns import DnsCollector
from collectors.icmp import NOT_ALLOWED, IcmpCollector, checksum, reply_number
from collectors.network.resolver import Resolver
from collectors.tcp import TcpCollector

CLOCK = SystemClock()
Answer = Callable[[dns.message.Message], dns.message.Message | bytes | None]


def service(url: str, text: str | None = None, **more: Any) -> Service:
    return Service(name="port", url=url, expect=Expectation(text=text), **{"timeout": 5.0, **more})


async def tcp(url: str, text: str | None = None, **more: Any) -> ProbeResult:
    collector = TcpCollector(clock=CLOCK)
    try:
        return await collector.probe(service(url, text, **more))
    finally:
        await collector.aclose()


@asynccontextmanager
async def greeting(words: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A port that says a few words and then waits for the other side to go."""

    async def speak(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await writer.drain()
        await reader.read()

    async with serve(speak, tls=context, at_once=True) as server:
        yield server.port


# --- TCP ------------------------------------------------------------------------------------------------------------


async def test_a_port_that_accepts_is_up_with_its_phases() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        result = await tcp(f"tcp://127.0.0.1:{server.getsockname()[1]}")
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert result.phases.connect_ms is not None
    assert result.response_time_ms == (result.phases.dns_ms or 0) + result.phases.connect_ms
    assert (result.ip, result.ip_family) == ("127.0.0.1", "ipv4")


async def test_localhost_is_tried_on_both_families() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        both = [(socket.AF_INET, 0, 0, "", ("127.0.0.1", 0)), (socket.AF_INET6, 0, 0, "", ("::1", 0, 0, 0))]
        collector = TcpCollector(clock=CLOCK, resolver=Resolver(getaddrinfo=lambda *_: both))
        result = await collector.probe(service(f"tcp://localhost:{server.getsockname()[1]}"))
        await collector.aclose()
    assert (result.state, result.ip) == (ServiceState.UP, "::1")


async def test_a_closed_port_is_down_and_has_no_time() -> None:
    port = unused_port()
    result = await tcp(f"tcp://127.0.0.1:{port}")
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.CONNECT_REFUSED)
    assert result.error == f"connection refused by 127.0.0.1:{port}"
    assert result.response_time_ms is None


async def test_a_port_that_does_not_answer_is_down_at_the_deadline() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):  # fills the only place
            result = await tcp(f"tcp://127.0.0.1:{port}", timeout=0.3)
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.CONNECT_TIMEOUT)
    assert result.error == f"no connection to 127.0.0.1:{port} within 0.3 s"


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "[::ffff:169.254.169.254]", "0.0.0.0"])
@pytest.mark.parametrize("scheme", ["tcp", "icmp", "dns"])
async def test_metadata_addresses_are_never_connected_to(scheme: str, host: str) -> None:
    url = {"tcp": f"tcp://{host}:80", "icmp": f"icmp://{host}", "dns": f"dns://shop.example?server={host}"}[scheme]
    collector = {"tcp": TcpCollector, "icmp": IcmpCollector, "dns": DnsCollector}[scheme](clock=CLOCK)
    result = await collector.probe(service(url))
    await collector.aclose()
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.BLOCKED_ADDRESS)


async def test_a_name_that_leads_to_a_metadata_address_is_refused() -> None:
    resolver = Resolver(getaddrinfo=lambda *_: [(socket.AF_INET, 0, 0, "", ("169.254.169.254", 0))])
    collector = TcpCollector(clock=CLOCK, resolver=resolver)
    result = await collector.probe(service("tcp://innocent.example:80"))
    await collector.aclose()
    assert result.error_class is ErrorClass.BLOCKED_ADDRESS
    assert "innocent.example" in (result.error or "")


async def test_the_greeting_is_expected_and_timed() -> None:
    async with greeting(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        result = await tcp(f"tcp://127.0.0.1:{port}", "SSH-2.0")
        wrong = await tcp(f"tcp://127.0.0.1:{port}", "220 ", timeout=0.3)
    assert result.state is ServiceState.UP
    assert result.phases.first_byte_ms is not None
    assert (wrong.state, wrong.error_class) == (ServiceState.DOWN, ErrorClass.TIMEOUT)


async def test_another_greeting_is_shown() -> None:
    async with greeting(b"x" * 5000) as port:
        result = await tcp(f"tcp://127.0.0.1:{port}", "220 ")
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.BODY_ASSERT)
    assert "expected '220 ', got 'xxxx" in (result.error or "")


async def test_with_tls_the_handshake_is_timed_and_the_certificate_read(tmp_path: Path) -> None:
    authority = make_certificate(name="authority", authority=True)
    leaf = make_certificate(issuer=authority)
    context = server_context(tmp_path, (leaf,))
    trusted = tmp_path / "authority.pem"
    trusted.write_bytes(authority.pem)
    async with greeting(b"+OK", context) as port:
        result = await tcp(f"tcp://127.0.0.1:{port}?tls=yes", "+OK", ca_file=str(trusted))
        untrusted = await tcp(f"tcp://127.0.0.1:{port}?tls=yes")
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert result.phases.tls_ms is not None
    assert result.tls_expires_at is not None
    assert untrusted.error_class is ErrorClass.TLS_UNTRUSTED


# --- DNS ------------------------------------------------------------------------------------------------------------


class NameServer(asyncio.DatagramProtocol):
    """Answers over UDP as it is told."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        answer = self._answer(dns.message.from_wire(data))
        if answer is not None:
            self._transport.sendto(answer if isinstance(answer, bytes) else answer.to_wire(), address)


async def ask(answer: Answer, text: str | None = None, kind: str = "A", **more: Any) -> ProbeResult:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(answer), ("127.0.0.1", 0))
    collector = DnsCollector(clock=CLOCK)
    try:
        port = transport.get_extra_info("sockname")[1]
        url = f"dns://shop.example?server=127.0.0.1:{port}&type={kind}"
        return await collector.probe(service(url, text, **more))
    finally:
        await collector.aclose()
        transport.close()


def records(*texts: str, kind: str = "A") -> Answer:
    def answer(question: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(question)
        reply.answer.append(dns.rrset.from_text("shop.example.", 60, "IN", kind, *texts))
        return reply

    return answer


def code(number: int) -> Answer:
    def answer(question: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(question)
        reply.set_rcode(dns.rcode.Rcode(number))
        return reply

    return answer


async def test_an_answer_with_records_is_up_and_timed() -> None:
    result = await ask(records("192.0.2.1", "192.0.2.2"))
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert result.details["answer"] == "192.0.2.1, 192.0.2.2"
    assert (result.response_time_ms or 0) > 0


async def test_the_expected_text_must_be_in_a_record() -> None:
    assert (await ask(records("192.0.2.1"), "192.0.2.1")).state is ServiceState.UP
    result = await ask(records("192.0.2.1"), "192.0.2.9")
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.BODY_ASSERT)
    assert result.error == "expected '192.0.2.9', got 192.0.2.1"
    assert result.response_time_ms is not None
    assert (await ask(records('"v=spf1 -all"', kind="TXT"), "v=spf1", "TXT")).state is ServiceState.UP


@pytest.mark.parametrize(
    ("answer", "error_class", "words"),
    [
        (code(dns.rcode.NXDOMAIN), ErrorClass.DNS_NXDOMAIN, "does not exist (NXDOMAIN)"),
        (code(dns.rcode.SERVFAIL), ErrorClass.DNS_ERROR, "could not resolve shop.example (SERVFAIL)"),
        (code(dns.rcode.REFUSED), ErrorClass.DNS_ERROR, "refuses to answer (REFUSED)"),
        (code(dns.rcode.NOTIMP), ErrorClass.DNS_ERROR, "answers NOTIMP"),
        (dns.message.make_response, ErrorClass.DNS_NXDOMAIN, "but no A record of it"),
    ],
)
async def test_failures_are_told_apart(answer: Answer, error_class: ErrorClass, words: str) -> None:
    result = await ask(answer)
    assert (result.state, result.error_class) == (ServiceState.DOWN, error_class)
    assert words in (result.error or "")


async def test_a_server_that_is_silent_or_answers_garbage_is_down_at_the_deadline() -> None:
    for answer in (lambda _: None, lambda _: b"\x00garbage"):
        result = await ask(answer, timeout=0.3)
        assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.TIMEOUT)
        assert "no answer from 127.0.0.1:" in (result.error or "")


async def test_without_a_server_this_machines_is_asked() -> None:
    collector = DnsCollector(clock=CLOCK, own_server=lambda: None)
    result = await collector.probe(service("dns://shop.example"))
    await collector.aclose()
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.LOCAL_ERROR)
    assert "name one as ?server=" in (result.error or "")


# --- ICMP -----------------------------------------------------------------------------------------------------------


def may_ping() -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP).close()
        except PermissionError:
            continue
        return True
    return False


async def ping(host: str, **more: Any) -> ProbeResult:
    collector = IcmpCollector(clock=CLOCK)
    try:
        return await collector.probe(service(f"icmp://{host}", **more))
    finally:
        await collector.aclose()


@pytest.mark.skipif(not may_ping(), reason="this machine does not let the tests send ICMP")
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
async def test_a_host_that_answers_is_up(host: str) -> None:
    result = await ping(host)
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert result.response_time_ms is not None
    assert result.details["sent"] == 1


async def test_where_the_kernel_allows_no_icmp_the_state_is_unknown_with_the_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Forbidden:
        def __new__(cls, *_: object) -> Any:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(icmp.socket, "socket", Forbidden)
    result = await ping("127.0.0.1")
    assert (result.state, result.error_class, result.error) == (
        ServiceState.UNKNOWN,
        ErrorClass.LOCAL_ERROR,
        NOT_ALLOWED,
    )
    assert "sysctl -w net.ipv4.ping_group_range" in NOT_ALLOWED
    assert icmp.why_not() == NOT_ALLOWED


async def test_without_an_answer_it_asks_again_and_is_down_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    ours.setblocking(False)
    monkeypatch.setattr(icmp, "echo_socket", lambda _: ours)
    monkeypatch.setattr(icmp, "RESEND_SECONDS", 0.05)
    with theirs:
        result = await ping("192.0.2.1", timeout=0.3)
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.TIMEOUT)
    assert result.error == "no answer from 192.0.2.1 within 0.3 s"
    assert int(result.details["sent"] or 0) > 1


def test_only_a_reply_with_our_token_counts() -> None:
    token = b"t" * 16
    reply = struct.pack("!BBHHH", 0, 0, 0, 77, 3) + token
    assert reply_number(reply, socket.AF_INET, token) == 3
    assert reply_number(b"\x45" + b"\0" * 19 + reply, socket.AF_INET, token) == 3
    assert reply_number(struct.pack("!BBHHH", 129, 0, 0, 77, 2) + token, socket.AF_INET6, token) == 2
    for other in (
        struct.pack("!BBHHH", 8, 0, 0, 77, 3) + token,
        struct.pack("!BBHHH", 0, 1, 0, 77, 3) + token,
        struct.pack("!BBHHH", 0, 0, 0, 77, 3) + b"u" * 16,
        reply[:20],
        b"",
    ):
        assert reply_number(other, socket.AF_INET, token) is None


def test_the_checksum_is_that_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D
