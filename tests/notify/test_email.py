"""Mail against a real server: encryption, login, refusals, greylisting, threads."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.certificates import make_certificate, server_context
from support.http_servers import unused_port
from support.messages import message, notice, recovered
from support.receivers import MailServer as Mailbox
from support.receivers import mail_server

from amt_console.clock import FakeClock
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.email import EmailChannel, MailServer, _context


def channel(
    box: Mailbox | int, *, deadline: float = 20.0, recipients: tuple[str, ...] = ("ops@shop.example",), **server: Any
) -> EmailChannel:
    port = box if isinstance(box, int) else box.port
    return EmailChannel(
        "mail",
        MailServer(host="localhost", port=port, **server),
        sender="alerts@shop.example",
        recipients=recipients,
        instance="mon-1",
        clock=FakeClock(),
        deadline=deadline,
    )


async def refusal(sending: EmailChannel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await sending.send(message())
    return caught.value


@pytest.fixture(autouse=True)
def fresh_contexts() -> Iterator[None]:
    """What a test trusts, no other one does."""
    _context.cache_clear()
    yield
    _context.cache_clear()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's context with a certificate that this machine trusts."""
    certificate = make_certificate()
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(certificate.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    return server_context(tmp_path, (certificate,))


@pytest.fixture
def strange_tls(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody trusts."""
    return server_context(tmp_path, (make_certificate(),))


async def test_a_plain_server_gets_the_mail_as_text_and_html() -> None:
    async with mail_server() as box:
        await channel(box, recipients=("ops@shop.example", "ada@shop.example")).send(message())
    (mail,) = box.mails
    assert box.recipients == [["ops@shop.example", "ada@shop.example"]]
    assert mail["Subject"] == "CRITICAL backend-api down: HTTP 503 for 3 min"
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert "amt-console alerts ack 118" in plain.get_content()
    assert "https://wiki.example/backend" in page.get_content()


async def test_mails_about_one_alert_are_one_thread_and_a_retry_has_the_same_id() -> None:
    async with mail_server() as box:
        sending = channel(box)
        await sending.send(message())
        await sending.send(message())
        await sending.send(message(recovered(), id=57))
        await sending.send(message(notice(alert_id=119), id=58))
    first, again, end, other = box.mails
    assert first["Message-ID"] == again["Message-ID"]
    assert len({mail["Message-ID"] for mail in box.mails}) == 3
    assert first["References"] == end["References"] == end["In-Reply-To"]
    assert other["References"] != first["References"]


async def test_nothing_in_an_alert_becomes_a_header() -> None:
    evil = notice(subject="api\r\nBcc: all@shop.example", message="api\r\nBcc: x@y\n\nis down", owner="a\r\n.\r\nMAIL")
    async with mail_server() as box:
        await channel(box).send(message(evil, reason="x\r\nBcc: z@y"))
    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert box.recipients == [["ops@shop.example"]]
    assert "\n" not in mail["Subject"]


@pytest.mark.parametrize("mode", ["auto", "starttls"])
async def test_a_login_goes_over_starttls(tls: ssl.SSLContext, mode: str) -> None:
    async with mail_server(starttls=tls, password="s3cret") as box:
        await channel(box, tls=mode, username="amt", password="s3cret").send(message())
    assert box.logins == [("amt", "s3cret")]
    assert box.encrypted == [True]


async def test_tls_from_the_first_byte(tls: ssl.SSLContext) -> None:
    async with mail_server(implicit_tls=tls) as box:
        await channel(box, tls="tls").send(message())
    assert len(box.mails) == 1


async def test_without_a_password_auto_takes_any_certificate_and_with_one_it_verifies(
    strange_tls: ssl.SSLContext,
) -> None:
    async with mail_server(starttls=strange_tls, password="s3cret") as box:
        await channel(box).send(message())
        assert box.encrypted == [True]
        failed = await refusal(channel(box, username="amt", password="s3cret"))
    assert failed.reason is FailureReason.TLS
    assert "certificate" in str(failed)
    assert box.logins == []


@pytest.mark.parametrize("server", [{"username": "amt", "password": "s3cret"}, {"tls": "starttls"}])
async def test_a_server_whose_starttls_was_stripped_gets_neither_password_nor_mail(server: dict[str, str]) -> None:
    async with mail_server(password="s3cret") as box:
        failed = await refusal(channel(box, **server))
    assert (failed.reason, failed.retry) == (FailureReason.TLS, True)
    assert "offers no STARTTLS" in str(failed)
    assert 'tls = "tls"' in str(failed)
    assert (box.logins, box.mails) == ([], [])


async def test_a_wrong_password_is_not_tried_again_and_not_shown(tls: ssl.SSLContext) -> None:
    async with mail_server(starttls=tls, password="s3cret") as box:
        failed = await refusal(channel(box, username="amt", password="wr0ngpass"))
    assert (failed.reason, failed.retry) == (FailureReason.AUTH, False)
    assert "wr0ngpass" not in str(failed)


@pytest.mark.parametrize(
    ("reply", "reason", "retry"),
    [
        ("451 4.7.1 greylisted, come back", FailureReason.SERVER_ERROR, True),
        ("554 5.7.1 spam", FailureReason.CLIENT_ERROR, False),
    ],
)
async def test_refusals_after_data(reply: str, reason: FailureReason, retry: bool) -> None:
    async with mail_server(data_reply=reply) as box:
        failed = await refusal(channel(box))
    assert (failed.reason, failed.retry) == (reason, retry)
    assert reply[:3] in str(failed)


async def test_only_the_recipient_that_was_put_off_gets_it_again() -> None:
    async with mail_server(
        refusals={"new@shop.example": "451 greylisted", "gone@shop.example": "550 no such user"}
    ) as box:
        sending = channel(box, recipients=("ops@shop.example", "new@shop.example", "gone@shop.example"))
        failed = await refusal(sending)
        assert failed.retry
        assert "new@shop.example" in str(failed)
        del box.refusals["new@shop.example"]
        await sending.send(message())
    assert box.recipients == [["ops@shop.example"], ["new@shop.example"]]
    assert box.mails[0]["To"] == box.mails[1]["To"]


async def test_nobody_accepted() -> None:
    async with mail_server(refusals={"ops@shop.example": "550 no such user"}) as box:
        failed = await refusal(channel(box))
    assert (failed.reason, failed.retry) == (FailureReason.CLIENT_ERROR, False)
    assert "ops@shop.example" in str(failed)


@pytest.mark.slow
async def test_a_server_that_hangs_after_the_mail_is_left_in_time_and_the_retry_has_the_same_id() -> None:
    async with mail_server(hang_after_data=True) as box:
        failed = await refusal(channel(box, deadline=5))
        box.hang_after_data = False
        await channel(box).send(message())
    assert (failed.reason, failed.retry) == (FailureReason.TIMEOUT, True)
    assert [mail["Message-ID"] for mail in box.mails] == [box.mails[0]["Message-ID"]] * 2


async def test_nobody_listens() -> None:
    failed = await refusal(channel(unused_port()))
    assert (failed.reason, failed.retry) == (FailureReason.NETWORK, True)
    assert str(failed) == "localhost: no connection: Connection refused"
