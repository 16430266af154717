"""Slack: the blocks, what its answers mean, and text that must stay text."""

from __future__ import annotations

import json

import pytest
from support.http_servers import answer
from support.messages import message, notice, recovered
from support.receivers import Inbox, http_receiver

from amt_console.clock import FakeClock
from amt_console.model.notifications import Message
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.http import HttpSender
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.channels.slack import SlackChannel
from amt_console.notify.templates.content import content_of
from amt_console.notify.templates.slack import SECTION_CHARS, slack_message


async def send(inbox: Inbox, told: Message) -> None:
    receiver = HttpReceiver(inbox.url, HttpSender(AddressRules(["127.0.0.1"])), FakeClock(), label="Slack")
    channel = SlackChannel("ops", receiver)
    try:
        await channel.send(told)
    finally:
        await channel.aclose()


async def test_the_notification_says_everything_and_the_blocks_say_more() -> None:
    async with http_receiver() as inbox:
        await send(inbox, message(acknowledge_url="https://amt.example/ack?a=1&b=2"))
    (document,) = inbox.documents
    assert document["text"] == "CRITICAL backend-api down: HTTP 503 for 3 min"
    shown = json.dumps(document["attachments"])
    assert "<https://amt.example/ack?a=1&amp;b=2|Acknowledge>" in shown
    assert "<https://wiki.example/backend|Runbook>" in shown
    assert "`amt-console alerts ack 118`" in shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("no_service", "no_service"),
        ("invalid_blocks", "invalid_blocks"),
        ("", "no text"),
        ('{"ok":false,"error":"channel_not_found"}', "channel_not_found"),
    ],
)
async def test_slack_accepts_a_message_only_by_saying_ok(said: str, shown: str) -> None:
    async with http_receiver(answer(said.encode())) as inbox:
        with pytest.raises(DeliveryError) as caught:
            await send(inbox, message())
    assert (caught.value.reason, caught.value.retry) == (FailureReason.INVALID_RESPONSE, False)
    assert str(caught.value) == f"Slack accepted nothing: {shown}"


async def test_an_archived_channel_is_not_tried_again() -> None:
    async with http_receiver(answer(b"channel_is_archived", status="410 Gone")) as inbox:
        with pytest.raises(DeliveryError, match="410: channel_is_archived") as caught:
            await send(inbox, message())
    assert not caught.value.retry


def test_text_from_a_service_mentions_nobody_and_formats_nothing() -> None:
    evil = "<!channel> <@U1|you> & *bold* _it_ `code` ~no~ @here :smile: <https://evil.example|click>"
    told = message(notice(message=evil, subject="<!everyone>", answer_line=evil, owner=evil, note=evil), reason=evil)
    shown = json.dumps(slack_message(content_of(told)), ensure_ascii=False)
    assert "<!" not in shown
    assert "<@" not in shown
    assert "<https://evil" not in shown
    assert "*bold*" not in shown
    assert "@here" not in shown
    assert ":smile:" not in shown


def test_nothing_is_longer_than_slack_takes() -> None:
    long = "&<>*" * 5000
    told = message(*[notice(message=long, subject=long, answer_line=long, note=long, owner=long)] * 1)
    for block in slack_message(content_of(told))["attachments"][0]["blocks"]:
        if "text" in block:
            assert len(block["text"]["text"]) <= SECTION_CHARS
        assert len(block.get("fields", ())) <= 10
        assert all(len(part["text"]) <= 2000 for part in block.get("fields", ()))


def test_the_end_is_green_and_says_how_long_it_lasted() -> None:
    document = slack_message(content_of(message(recovered())))
    assert document["text"] == "RESOLVED backend-api is up again after 3 min"
    assert "ack 118" not in json.dumps(document)
