"""ntfy: priority, tags and the button."""

from __future__ import annotations

import pytest
from support.http_servers import answer
from support.messages import message, notice, recovered
from support.receivers import http_receiver
from support.sending import channel_of, failure, send

from amt_console.model import Severity
from amt_console.notify.channels.channel import FailureReason


async def test_a_page_has_a_button_that_acknowledges() -> None:
    async with http_receiver() as inbox:
        topic = f"{inbox.server.url}/our-alerts"
        told = message(acknowledge_url="https://amt.example/ack/1")
        await send(channel_of("ntfy", url=topic, token="tk_secret1"), told)
    (document,) = inbox.documents
    assert inbox.server.requests[0].startswith(b"POST / ")
    assert inbox.header("authorization") == "Bearer tk_secret1"
    assert (document["topic"], document["priority"], document["tags"]) == ("our-alerts", 5, ["rotating_light"])
    assert document["title"] == "CRITICAL backend-api down: HTTP 503 for 3 min"
    assert document["actions"][0] == {
        "action": "http",
        "label": "Acknowledge",
        "url": "https://amt.example/ack/1",
        "method": "POST",
        "clear": True,
    }
    assert document["actions"][1]["url"] == document["click"] == "https://wiki.example/backend"


@pytest.mark.parametrize(
    ("alert", "priority", "tag"),
    [
        (notice(severity=Severity.WARNING), 4, "warning"),
        (notice(severity=Severity.INFO), 2, "information_source"),
        (recovered(), 3, "white_check_mark"),
    ],
)
async def test_priority_and_tag_follow_the_alert(alert: object, priority: int, tag: str) -> None:
    async with http_receiver() as inbox:
        await send(channel_of("ntfy", url=f"{inbox.server.url}/t"), message(alert))  # type: ignore[arg-type]
    (document,) = inbox.documents
    assert (document["priority"], document["tags"]) == (priority, [tag])
    assert [action["action"] for action in document["actions"]] == ["view"]


async def test_a_long_text_stays_a_message() -> None:
    async with http_receiver() as inbox:
        await send(channel_of("ntfy", url=f"{inbox.server.url}/t"), message(notice(note="ü" * 9000)))
    assert len(inbox.documents[0]["message"].encode()) < 4096


async def test_a_wrong_token_is_shown_without_topic_and_token() -> None:
    body = b'{"code":40101,"http":401,"error":"unauthorized for our-alerts with tk_secret1"}'
    async with http_receiver(answer(body, status="401 Unauthorized")) as inbox:
        channel = channel_of("ntfy", url=f"{inbox.server.url}/our-alerts", token="tk_secret1")
        failed = await failure(channel, message())
    assert (failed.reason, failed.retry) == (FailureReason.AUTH, False)
    assert str(failed) == (
        "ntfy answered 401: unauthorized for **** with **** (is the token right, and may it write to the topic?)"
    )
