"""The generic webhook: Alertmanager's body, and signatures that a receiver can check."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from support.messages import message, notice, recovered, text_message
from support.receivers import Inbox, http_receiver

from amt_console.clock import FakeClock
from amt_console.model import Severity
from amt_console.model.notifications import Message, NoticeKind
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.http import HttpSender
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.channels.webhook import WebhookChannel, alertmanager_body

KEY = bytes(range(24))
STANDARD = "whsec_" + base64.b64encode(KEY).decode()


def channel(inbox: Inbox, clock: FakeClock, *, secret: str | None = None) -> WebhookChannel:
    receiver = HttpReceiver(inbox.url, HttpSender(AddressRules(["127.0.0.1"])), clock, label="hook")
    headers = {"X-Source": "amt", "Webhook-Id": "forged"}
    return WebhookChannel("ops", receiver, clock, alertmanager_body("mon-1"), secret=secret, headers=headers)


async def sent(*messages: Message, secret: str | None = None) -> Inbox:
    async with http_receiver() as inbox:
        clock = FakeClock()
        sending = channel(inbox, clock, secret=secret)
        for each in messages:
            await sending.send(each)
            clock.advance(60)
        await sending.aclose()
    return inbox


async def test_the_body_is_alertmanagers() -> None:
    inbox = await sent(message(acknowledge_url="https://amt.example/ack/1"))
    (document,) = inbox.documents
    (alert,) = document["alerts"]
    assert (document["version"], document["status"], document["receiver"]) == ("4", "firing", "ops")
    assert (
        alert["labels"]
        == document["commonLabels"]
        == {
            "alertname": "service_down",
            "service": "backend-api",
            "severity": "critical",
            "instance": "mon-1",
            "group": "platform",
        }
    )
    assert alert["annotations"]["summary"] == "backend-api is down: HTTP 503 (3 of 3)"
    assert alert["annotations"]["ack_url"] == "https://amt.example/ack/1"
    assert alert["annotations"]["alert_id"] == "118"
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-01-05T11:57:00.000Z", "0001-01-01T00:00:00Z")
    assert inbox.header("x-source") == "amt"


async def test_the_end_has_its_time_and_duration_and_the_same_fingerprint() -> None:
    inbox = await sent(message(), message(recovered(value=3.0, answer_line=None)))
    (fired,), (ended,) = (document["alerts"] for document in inbox.documents)
    assert (ended["status"], ended["endsAt"]) == ("resolved", "2026-01-05T12:00:00.000Z")
    assert ended["annotations"]["duration_seconds"] == "180.000"
    assert "ack_url" not in ended["annotations"]
    assert ended["fingerprint"] == fired["fingerprint"]


async def test_a_group_says_what_its_alerts_have_in_common() -> None:
    inbox = await sent(message(notice(), notice(alert_id=119, subject="web-app", severity=Severity.WARNING)))
    (document,) = inbox.documents
    assert len(document["alerts"]) == 2
    assert document["commonLabels"] == {"alertname": "service_down", "instance": "mon-1", "group": "platform"}


@pytest.mark.parametrize("kind", [NoticeKind.TEST, NoticeKind.HANDOVER, NoticeKind.DIGEST])
async def test_a_text_leaves_nothing_open_at_the_receiver(kind: NoticeKind) -> None:
    inbox = await sent(text_message(kind, "Ada takes over\nfrom Grace"))
    (document,) = inbox.documents
    assert document["status"] == "resolved"
    assert document["alerts"][0]["annotations"]["description"] == "Ada takes over\nfrom Grace"


@pytest.mark.parametrize(("secret", "key"), [(STANDARD, KEY), ("päss", "päss".encode())])
async def test_the_signature_is_standard_webhooks(secret: str, key: bytes) -> None:
    inbox = await sent(message(), message(), secret=secret)
    for request, body in enumerate(inbox.bodies):
        stamp = inbox.header("webhook-timestamp", request)
        expected = hmac.new(key, f"41.{stamp}.".encode() + body, hashlib.sha256).digest()
        assert inbox.header("webhook-id", request) == "41"
        assert inbox.header("webhook-signature", request) == "v1," + base64.b64encode(expected).decode()
    assert inbox.header("webhook-timestamp", 0) != inbox.header("webhook-timestamp", 1)


async def test_without_a_secret_there_is_an_id_and_no_signature() -> None:
    inbox = await sent(message())
    assert inbox.header("webhook-id") == "41"
    assert inbox.header("webhook-signature") is None
