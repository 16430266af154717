"""The parts of the probe on their own: addresses, names, decoding, shown addresses, stamps."""

from __future__ import annotations

import asyncio
import gzip
import socket
import sys
import threading
import time
import zlib
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.http_servers import answer, answering, redirect, serve, unused_port

from amt_console.clock import SystemClock
from amt_console.hosts import never_a_target, never_a_target_by_name
from amt_console.model import ErrorClass, Service, ServiceState
from collectors.http.collector import HttpCollector
from collectors.http.decoding import MAX_RATIO, RATIO_FREE_BYTES, decode_body
from collectors.http.url import shown_url
from collectors.network.fault import ProbeFault, connect_fault
from collectors.network.resolver import Resolver
from collectors.network.stamps import Stamps, monotonic_ns

LOOPBACK = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
LOOPBACK6 = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0))]


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "169.254.0.1", "100.100.100.200", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255",
        "255.255.255.255", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::", "::ffff:169.254.169.254",
        "::ffff:0.0.0.0", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "64:ff9b:1::a9fe:a9fe", "::169.254.169.254",
        "fe80::5efe:a9fe:a9fe", "2001:db8::5efe:a9fe:a9fe", "2001:0:c000:201::5601:5601",
        "168.63.129.16", "192.0.0.192",
        "fd00:ec2::23", "fd20:ce::254",
    ],
)  # fmt: skip
def test_what_is_never_a_target(address: str) -> None:
    assert never_a_target(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "100.64.0.1", "8.8.8.8", "2001:db8::1"],
)
def test_loopback_and_private_networks_are_targets(address: str) -> None:
    assert not never_a_target(ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "169.254.169.254.", "2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518",
     "[::ffff:a9fe:a9fe]", "[fe80::1%25lo]", "0", "Metadata.Google.Internal", "metadata", "instance-data."],
)  # fmt: skip
def test_hosts_that_a_proxy_would_resolve_are_known_in_every_spelling(host: str) -> None:
    assert never_a_target_by_name(host)


@pytest.mark.parametrize("host", ["127.1", "10.0.0.1", "[::1]", "shop.example", "1password.example", "", "8.8.8.8 x"])
def test_other_hosts_pass_to_the_proxy(host: str) -> None:
    assert not never_a_target_by_name(host)


def collector_with(answers: dict[str, Any], **options: Any) -> HttpCollector:
    """A collector whose system resolver gives ``answers``: addresses, or an error to raise."""

    def getaddrinfo(host: bytes, *rest: Any) -> list[Any]:
        found = answers[host.decode()]
        if callable(found):
            found = found()
        if isinstance(found, BaseException):
            raise found
        return found  # type: ignore[no-any-return]

    return HttpCollector(clock=SystemClock(), resolver=Resolver(getaddrinfo=getaddrinfo, **options))


@pytest.mark.parametrize(
    ("error", "error_class", "message"),
    [
        (socket.gaierror(socket.EAI_NONAME, ""), ErrorClass.DNS_NXDOMAIN, "name api.example does not exist"),
        (socket.gaierror(socket.EAI_AGAIN, ""), ErrorClass.DNS_ERROR, "no name server answered"),
        (socket.gaierror(socket.EAI_FAIL, "server failure"), ErrorClass.DNS_ERROR, "server failure"),
        (UnicodeError("label too long"), ErrorClass.DNS_ERROR, "label too long"),
        ([], ErrorClass.DNS_NXDOMAIN, "name api.example has no address"),
    ],
)
async def test_n20_names_that_do_not_resolve(error: Any, error_class: ErrorClass, message: str) -> None:
    collector = collector_with({"api.example": error})
    result = await collector.probe(Service("api", "http://api.example/"))
    await collector.aclose()
    assert result.state is ServiceState.DOWN
    assert result.error_class is error_class
    assert message in (result.error or "")
    assert result.phases.connect_ms is None


async def test_n20_no_descriptor_for_the_look_up_is_our_fault() -> None:
    collector = collector_with({"api.example": OSError(24, "Too many open files")})
    result = await collector.probe(Service("api", "http://api.example/"))
    await collector.aclose()
    assert result.state is ServiceState.UNKNOWN


async def test_n20_a_resolver_that_hangs_has_its_own_deadline_and_takes_no_thread_from_others() -> None:
    release = threading.Event()

    def hang() -> list[Any]:
        release.wait(20)
        return LOOPBACK

    async with serve(answering(answer())) as server:
        collector = collector_with({"dead.example": hang, "fine.example": LOOPBACK}, max_threads=2, timeout=0.2)
        try:
            dead = await asyncio.gather(
                *(collector.probe(Service(f"d{number}", "http://dead.example/")) for number in range(20))
            )
            fine = await collector.probe(Service("f", f"http://fine.example:{server.port}/"))
        finally:
            release.set()
            await collector.aclose()
    assert {result.error_class for result in dead} == {ErrorClass.DNS_TIMEOUT}
    assert dead[0].error == "name dead.example was not resolved within 0.2 s"
    assert fine.state is ServiceState.UP


async def test_n20_with_all_threads_stuck_the_next_name_is_unknown_and_later_well_again() -> None:
    release = threading.Event()

    def hang() -> list[Any]:
        release.wait(20)
        return LOOPBACK

    async with serve(answering(answer())) as server:
        collector = collector_with(
            {"one.example": hang, "two.example": hang, "fine.example": LOOPBACK}, max_threads=2, timeout=0.15
        )
        fine = Service("f", f"http://fine.example:{server.port}/")
        await asyncio.gather(*(collector.probe(Service(n, f"http://{n}.example/")) for n in ("one", "two")))
        stuck = await collector.probe(fine)
        release.set()
        async with asyncio.timeout(10):
            while (healed := await collector.probe(fine)).state is not ServiceState.UP:
                pass
        await collector.aclose()
    assert stuck.state is ServiceState.UNKNOWN
    assert "2 name look-ups are stuck" in (stuck.error or "")
    assert healed.error is None


async def test_the_total_deadline_covers_the_look_up() -> None:
    release = threading.Event()
    collector = collector_with({"dead.example": lambda: [release.wait(20)]})
    result = await collector.probe(Service("d", "http://dead.example/", timeout=0.1))
    release.set()
    await collector.aclose()
    assert result.error_class is ErrorClass.DNS_TIMEOUT
    assert result.error == "name dead.example was not resolved within 0.1 s"


async def test_n21_the_first_address_is_pinned_even_if_another_would_answer() -> None:
    async with serve(answering(answer())) as server:
        collector = collector_with({"half.example": LOOPBACK6 + LOOPBACK})
        result = await collector.probe(Service("h", f"http://half.example:{server.port}/"))
        await collector.aclose()
    assert result.state is ServiceState.DOWN
    assert result.error == f"connection refused by [::1]:{server.port}"
    assert result.ip_family == "ipv6"


async def test_localhost_is_found_in_whichever_family_the_server_listens() -> None:
    async with serve(answering(answer())) as server:
        collector = collector_with({"localhost": LOOPBACK6 + LOOPBACK})
        found = await collector.probe(Service("h", f"http://localhost:{server.port}/"))
        port = unused_port()
        refused = await collector.probe(Service("n", f"http://localhost:{port}/"))
        await collector.aclose()
    assert found.state is ServiceState.UP
    assert found.ip == "127.0.0.1"
    assert refused.error == f"connection refused by [::1]:{port}"


async def test_a_name_that_changes_between_look_ups_is_looked_up_once_for_each_connection() -> None:
    """DNS rebinding: the look-up that was checked is the one that is connected to."""
    calls = []

    def rebinding() -> list[Any]:
        calls.append(1)
        if len(calls) % 2:
            return LOOPBACK
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 0))]

    async with serve(answering(answer())) as server:
        collector = collector_with({"rebound.example": rebinding})
        first = await collector.probe(Service("r", f"http://rebound.example:{server.port}/"))
        second = await collector.probe(Service("r", f"http://rebound.example:{server.port}/"))
        await collector.aclose()
    assert (first.state, first.ip) == (ServiceState.UP, "127.0.0.1")
    assert (second.state, second.error_class) == (ServiceState.DOWN, ErrorClass.BLOCKED_ADDRESS)
    assert (len(calls), len(server.requests)) == (2, 1)


async def test_each_redirect_is_looked_up_and_checked_again() -> None:
    calls = []

    def rebinding() -> list[Any]:
        calls.append(1)
        return LOOPBACK if len(calls) == 1 else [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("100.100.100.200", 0))]

    async with serve(answering(redirect("/again"))) as server:
        collector = collector_with({"rebound.example": rebinding})
        result = await collector.probe(Service("r", f"http://rebound.example:{server.port}/"))
        await collector.aclose()
    assert result.error == "100.100.100.200 (rebound.example) is never a target: not connected"
    assert (len(calls), len(server.requests)) == (2, 1)


async def test_one_forbidden_address_of_a_name_is_enough_but_for_the_link_local_ones_of_a_system() -> None:
    metadata = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 0))
    link_local = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", 0, 0, 2))
    async with serve(answering(answer())) as server:
        collector = collector_with(
            {
                "mixed.example": [*LOOPBACK, metadata],
                "host.example": [link_local, *LOOPBACK],
                "only.example": [link_local],
            }
        )
        results = [
            await collector.probe(Service(name, f"http://{name}.example:{server.port}/"))
            for name in ("mixed", "host", "only")
        ]
        await collector.aclose()
    blocked = ErrorClass.BLOCKED_ADDRESS
    assert [result.error_class for result in results] == [blocked, None, blocked]


async def test_n22_a_name_that_points_at_metadata_is_refused_after_the_look_up() -> None:
    metadata = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 0))]
    collector = collector_with({"rebound.example": metadata})
    result = await collector.probe(Service("r", "http://rebound.example/"))
    await collector.aclose()
    assert result.error_class is ErrorClass.BLOCKED_ADDRESS
    assert result.error == "169.254.169.254 (rebound.example) is never a target: not connected"


@pytest.mark.parametrize(("code", "at_once", "expected"), [
    (101, True, ErrorClass.NO_ROUTE), (101, False, ErrorClass.CONNECT_ERROR), (113, True, ErrorClass.CONNECT_ERROR),
    (99, True, ErrorClass.LOCAL_ERROR), (110, False, ErrorClass.CONNECT_TIMEOUT), (1, True, ErrorClass.LOCAL_ERROR),
])  # fmt: skip
def test_a_missing_route_of_our_own_is_not_the_targets_fault(code: int, at_once: bool, expected: ErrorClass) -> None:
    assert connect_fault(OSError(code, ""), "10.0.0.1:80", at_once=at_once).error_class is expected


@given(body=st.binary(max_size=3000), pieces=st.integers(1, 5))
def test_decoding_undoes_encoding(body: bytes, pieces: int) -> None:
    assert decode_body(gzip.compress(body) * pieces, "gzip", 100_000) == body * pieces
    assert decode_body(zlib.compress(body), "deflate", 100_000) == body
    assert decode_body(body, "br", 100_000) == body


@given(body=st.binary(max_size=2000), encoding=st.sampled_from(["gzip", "deflate", "gzip,deflate", "x", ","]))
def test_decoding_garbage_is_a_fault_or_bytes_under_the_cap(body: bytes, encoding: str) -> None:
    try:
        decoded, error_class = decode_body(body, encoding, 5000), None
    except ProbeFault as fault:
        decoded, error_class = b"", fault.error_class
    assert len(decoded) <= 5000
    assert error_class in (None, ErrorClass.PROTOCOL, ErrorClass.TOO_LARGE)


def test_decoding_stops_at_the_cap_and_at_the_ratio() -> None:
    with pytest.raises(ProbeFault, match=r"larger than 9\.8 KiB"):
        decode_body(gzip.compress(b"ab" * 5001), "gzip", 10_000)
    assert len(decode_body(gzip.compress(b"ab" * 5000), "gzip", 10_000)) == 10_000
    with pytest.raises(ProbeFault, match="decompression bomb"):
        decode_body(gzip.compress(b"\0" * (RATIO_FREE_BYTES * MAX_RATIO)), "gzip", 1 << 40)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:pw@h.example:8443/p?a=1#f", "https://h.example:8443/p?a=1"),
        (
            "http://h/?token=abc&page=2&X-Amz-Signature=ff&key=1",
            "http://h/?token=***&page=2&X-Amz-Signature=***&key=***",
        ),
        ("http://h/?monkey=1&author=x", "http://h/?monkey=1&author=***"),
        ("http://h/?token&page=2&Session==a=b&sign=1", "http://h/?token&page=2&Session=***&sign=1"),
        ("http://u:p@[::1/x?token=1", "[::1/x"),
        ("http://h/\x1b[2J\u202e", "http://h/␛[2J\\u202e"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def late_read(stamps: Stamps) -> tuple[int, int, int]:
    """Send a byte, read it 30 ms later: before and after sending, and the stamp."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        stamps.prepare(client)
        client.connect(listener.getsockname())
        peer, _ = listener.accept()
        with peer:
            before = monotonic_ns()
            peer.sendall(b"x")
            after = monotonic_ns()
            time.sleep(0.03)
            data, stamp = stamps.read(client, 100, before)
    assert data == b"x"
    return before, after, stamp


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stamps what it receives")
def test_a_stamp_is_when_the_bytes_came_and_not_when_they_were_read() -> None:
    stamps = Stamps()
    assert stamps.kernel
    try:
        for _ in range(50):  # the kernel takes its time to begin with stamping
            before, after, stamp = late_read(stamps)
            assert before <= stamp
            if stamp <= after + 20_000_000:
                break
        else:
            pytest.fail("no stamp of the kernel")
    finally:
        stamps.close()


def test_without_stamps_of_the_kernel_the_clock_at_reading_serves() -> None:
    stamps = Stamps()
    stamps.close()
    stamps.kernel = False
    _before, after, stamp = late_read(stamps)
    assert after + 29_000_000 <= stamp <= monotonic_ns()
