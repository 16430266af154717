"""Posting to HTTP receivers: what their answers mean, which addresses are allowed, redirects."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from support.certificates import make_certificate, server_context
from support.http_servers import answer, answering, redirect, resetting, serve, unused_port
from support.receivers import http_receiver

from amt_console.clock import FakeClock
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.answers import MAX_RETRY_AFTER
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.http import HttpSender, _trusted
from amt_console.notify.channels.receiver import HttpReceiver

LOOPBACK = ("127.0.0.0/8", "::1")
NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_context() -> Iterator[None]:
    """What a test trusts, no other one does."""
    _trusted.cache_clear()
    yield
    _trusted.cache_clear()


def receiver(url: str, *allowed: str, deadline: float = 20.0) -> HttpReceiver:
    rules = AddressRules(allowed or LOOPBACK)
    return HttpReceiver(url, HttpSender(rules, deadline=deadline), FakeClock(NOW), label="hook", advice="look at it")


async def refusal(posting: HttpReceiver) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await posting.post_json({"a": "ü"})
    await posting.aclose()
    return caught.value


async def test_the_body_arrives_as_json() -> None:
    async with http_receiver() as inbox:
        posting = receiver(inbox.url)
        await posting.post_json({"a": "ü"}, {"X-Token": "abc"})
        await posting.aclose()
    assert inbox.documents == [{"a": "ü"}]
    assert inbox.header("content-type") == "application/json"
    assert inbox.header("x-token") == "abc"
    assert inbox.header("host") == inbox.server.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("status", "reason", "retry"),
    [
        ("500 Internal Server Error", FailureReason.SERVER_ERROR, True),
        ("503 Service Unavailable", FailureReason.SERVER_ERROR, True),
        ("408 Request Timeout", FailureReason.SERVER_ERROR, True),
        ("429 Too Many Requests", FailureReason.RATE_LIMITED, True),
        ("401 Unauthorized", FailureReason.AUTH, False),
        ("403 Forbidden", FailureReason.CLIENT_ERROR, False),
        ("404 Not Found", FailureReason.CLIENT_ERROR, False),
        ("410 Gone", FailureReason.CLIENT_ERROR, False),
        ("303 See Other", FailureReason.CLIENT_ERROR, False),
    ],
)
async def test_what_a_status_means(status: str, reason: FailureReason, retry: bool) -> None:
    async with http_receiver(answer(b"no_such_hook\nmore", status=status)) as inbox:
        failed = await refusal(receiver(inbox.url))
    assert (failed.reason, failed.retry) == (reason, retry)
    assert f"hook answered {status[:3]}: no_such_hook" in str(failed)
    assert ("look at it" in str(failed)) == (not retry)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("-5", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("31536000", MAX_RETRY_AFTER),
        ("1e400", MAX_RETRY_AFTER),
        (format_datetime(NOW + timedelta(days=900), usegmt=True), MAX_RETRY_AFTER),
        ("nan", None),
        ("soon", None),
        ("Mon, 99 Jan 2026 99:00:00 GMT", None),
    ],
)
@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_how_long_a_receiver_asks_to_wait(header: str, seconds: float | None, status: str) -> None:
    async with http_receiver(answer(b"", f"Retry-After: {header}", status=status)) as inbox:
        failed = await refusal(receiver(inbox.url))
    assert failed.retry_after == seconds


async def test_an_error_shows_no_part_of_the_secret_url_even_if_the_answer_does() -> None:
    def echo(_: int) -> bytes:
        return answer(b"no hook /services/T000/B000/xoxsecretpath key=hunter22", status="404 Not Found")

    async with http_receiver(echo) as inbox:
        failed = await refusal(receiver(f"{inbox.url}?sig=hunter22"))
    assert "xoxsecretpath" not in str(failed)
    assert "hunter22" not in str(failed)


async def test_a_slow_receiver_is_left_in_time() -> None:
    async with http_receiver(wait=30) as inbox:
        failed = await refusal(receiver(inbox.url, deadline=0.3))
    assert (failed.reason, failed.retry) == (FailureReason.TIMEOUT, True)


@pytest.mark.parametrize("handler", [resetting(), resetting(b"HTTP/1.1 200"), answering(b"SSH-2.0-OpenSSH\r\n")])
async def test_a_broken_answer_is_tried_again(handler: object) -> None:
    async with serve(handler) as server:  # type: ignore[arg-type]
        failed = await refusal(receiver(server.url))
    assert (failed.reason, failed.retry) == (FailureReason.NETWORK, True)


async def test_nobody_listens() -> None:
    failed = await refusal(receiver(f"http://127.0.0.1:{unused_port()}/x"))
    assert (failed.reason, failed.retry) == (FailureReason.NETWORK, True)


async def test_a_certificate_that_nobody_trusts(tmp_path: Path) -> None:
    async with http_receiver(tls=server_context(tmp_path, (make_certificate(),))) as inbox:
        failed = await refusal(receiver(inbox.url))
    assert (failed.reason, failed.retry) == (FailureReason.TLS, True)
    assert inbox.bodies == []


async def test_a_receiver_without_tls_needs_no_trusted_certificates() -> None:
    async with http_receiver() as inbox:
        posting = receiver(inbox.url)
        await posting.post_json({})
        await posting.aclose()
    assert len(inbox.bodies) == 1
    assert _trusted.cache_info().currsize == 0


async def test_a_redirect_to_tls_is_checked_with_the_trusted_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate()
    context: ssl.SSLContext = server_context(tmp_path, (certificate,))
    async with (
        http_receiver(tls=context) as secure,
        http_receiver(lambda _: redirect(secure.url, "307 Temporary Redirect")) as inbox,
    ):
        failed = await refusal(receiver(inbox.url))
        _trusted.cache_clear()
        (tmp_path / "trusted.pem").write_bytes(certificate.pem)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
        posting = receiver(inbox.url)
        await posting.post_json({})
        await posting.aclose()
    assert failed.reason is FailureReason.TLS
    assert len(secure.bodies) == 1


async def test_a_trusted_certificate_is_checked_against_the_name_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(name="localhost", addresses=())
    (tmp_path / "trusted.pem").write_bytes(certificate.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
    context: ssl.SSLContext = server_context(tmp_path, (certificate,))
    async with http_receiver(tls=context) as inbox:
        posting = receiver(inbox.url.replace("127.0.0.1", "localhost"))
        await posting.post_json({})
        await posting.aclose()
        failed = await refusal(receiver(inbox.url))
    assert len(inbox.bodies) == 1
    assert failed.reason is FailureReason.TLS


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}/x", "http://localhost:{port}/x", "http://[::ffff:127.0.0.1]:{port}/x"]
)
async def test_a_private_address_is_refused_unless_listed(url: str) -> None:
    async with http_receiver() as inbox:
        address = url.format(port=inbox.server.port)
        failed = await refusal(receiver(address, "10.0.0.0/8", "hooks.intern"))
        assert (failed.reason, failed.retry) == (FailureReason.BLOCKED_ADDRESS, False)
        assert "notify.allow_private" in str(failed)
        assert inbox.bodies == []
        posting = receiver(address, "127.0.0.0/8", "::1/128")
        await posting.post_json({})
        await posting.aclose()
    assert len(inbox.bodies) == 1


async def test_a_listed_name_may_be_private_and_no_other() -> None:
    async with http_receiver() as inbox:
        posting = receiver(f"http://localhost:{inbox.server.port}/x", "LocalHost")
        await posting.post_json({})
        await posting.aclose()
        failed = await refusal(receiver(f"http://127.0.0.1:{inbox.server.port}/x", "localhost"))
    assert failed.reason is FailureReason.BLOCKED_ADDRESS
    assert len(inbox.bodies) == 1


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "0.0.0.0",
        "[64:ff9b::a9fe:a9fe]",
    ],
)
async def test_metadata_addresses_are_never_reached(address: str) -> None:
    posting = receiver(f"http://{address}/latest", "0.0.0.0/0", "::/0", address.strip("[]"))
    failed = await refusal(posting)
    assert (failed.reason, failed.retry) == (FailureReason.BLOCKED_ADDRESS, False)


async def test_not_even_channels_that_may_reach_private_addresses_reach_metadata() -> None:
    rules = AddressRules(restricted=False)
    assert await rules.addresses("127.0.0.1", 80)
    with pytest.raises(DeliveryError, match="nothing is ever sent"):
        await rules.addresses("169.254.169.254", 80)


async def test_one_address_of_a_name_that_is_not_allowed_is_enough() -> None:
    rules = AddressRules()

    def both(*_: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("93.184.215.14", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]

    with pytest.raises(DeliveryError, match=r"10\.0\.0\.1"):
        await rules.addresses("hooks.example", 80, getaddrinfo=both)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_redirect_is_followed_with_the_body_and_without_credentials_for_another_host(status: str) -> None:
    async with http_receiver() as end, http_receiver(lambda _: redirect(end.url, status)) as start:
        posting = receiver(start.url)
        await posting.post_json({"a": 1}, {"Authorization": "Bearer xyz"})
        await posting.aclose()
    assert end.documents == [{"a": 1}]
    assert start.header("authorization") == "Bearer xyz"
    assert end.header("authorization") is None


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data", FailureReason.BLOCKED_ADDRESS),
        ("http://[::ffff:a9fe:a9fe]/", FailureReason.BLOCKED_ADDRESS),
        ("http://10.11.12.13/", FailureReason.BLOCKED_ADDRESS),
        ("file:///etc/passwd", FailureReason.CLIENT_ERROR),
        ("http:///x", FailureReason.CLIENT_ERROR),
        ("/again", FailureReason.CLIENT_ERROR),
    ],
)
async def test_redirects_that_are_not_followed(to: str, reason: FailureReason) -> None:
    async with http_receiver(redirect(to)) as inbox:
        failed = await refusal(receiver(inbox.url))
    assert (failed.reason, failed.retry) == (reason, False)
