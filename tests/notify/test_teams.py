"""Teams: the card, and answers that accept and yet fail."""

from __future__ import annotations

import json

import pytest
from support.http_servers import answer
from support.messages import message, notice, recovered
from support.receivers import http_receiver
from support.sending import channel_of, failure, send

from amt_console.notify.channels.channel import FailureReason
from amt_console.notify.templates.content import content_of
from amt_console.notify.templates.teams import MAX_BYTES, teams_message

ACCEPTED = answer(b"", status="202 Accepted")


async def test_the_card_has_facts_and_buttons() -> None:
    async with http_receiver(ACCEPTED) as inbox:
        await send(channel_of("teams", url=inbox.url), message(acknowledge_url="https://amt.example/ack/1"))
    (document,) = inbox.documents
    (attachment,) = document["attachments"]
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["fallbackText"] == "CRITICAL backend-api down: HTTP 503 for 3 min"
    assert card["body"][0]["style"] == "attention"
    facts = {fact["title"]: fact["value"] for block in card["body"] for fact in block.get("facts", ())}
    assert facts["Since"] == r"2026\-01\-05 11:57:00 UTC (12:57 CET)"
    assert [(action["title"], action["url"]) for action in card["actions"]] == [
        ("Acknowledge", "https://amt.example/ack/1"),
        ("Runbook", "https://wiki.example/backend"),
    ]


@pytest.mark.parametrize("accepted", [ACCEPTED, answer(b"1"), answer(b"")])
async def test_any_accepting_answer_will_do(accepted: bytes) -> None:
    async with http_receiver(accepted) as inbox:
        await send(channel_of("teams", url=inbox.url), message())
    assert len(inbox.bodies) == 1


@pytest.mark.parametrize(
    ("said", "reason", "retry", "after"),
    [
        (
            "Microsoft Teams endpoint returned HTTP error 413 with ContextId 1",
            FailureReason.INVALID_RESPONSE,
            False,
            None,
        ),
        ("Microsoft Teams endpoint returned HTTP error 429 with ContextId 1", FailureReason.RATE_LIMITED, True, 60.0),
        (
            "Microsoft Teams endpoint returned HTTP error 503 with ContextId 1",
            FailureReason.INVALID_RESPONSE,
            True,
            None,
        ),
        ("Webhook message delivery failed", FailureReason.INVALID_RESPONSE, False, None),
    ],
)
async def test_an_accepting_answer_that_tells_of_an_error(
    said: str, reason: FailureReason, retry: bool, after: float | None
) -> None:
    async with http_receiver(answer(said.encode())) as inbox:
        failed = await failure(channel_of("teams", url=inbox.url), message())
    assert (failed.reason, failed.retry, failed.retry_after) == (reason, retry, after)
    assert said[:30] in str(failed)


def test_text_from_a_service_is_no_formatting_and_no_link() -> None:
    evil = "[click](https://evil.example) **bold** # head"
    card = teams_message(content_of(message(notice(answer_line=evil, message=evil))))["attachments"][0]["content"]
    shown = json.dumps(card["body"])
    assert "[click](" not in shown
    assert "**bold**" not in shown


def test_a_group_of_long_messages_is_cut_to_what_teams_takes() -> None:
    long = "ü" * 2000
    alerts = [notice(alert_id=number, subject=f"{long}{number}", message=long) for number in range(40)]
    document = teams_message(content_of(message(*alerts, text=long * 10)))
    assert len(json.dumps(document, ensure_ascii=False).encode()) <= MAX_BYTES
    assert "and 28 more" in json.dumps(document)


def test_the_end_is_a_good_card_without_buttons_to_acknowledge() -> None:
    told = message(recovered(), acknowledge_url="https://amt.example/ack/1")
    card = teams_message(content_of(told))["attachments"][0]["content"]
    assert card["body"][0]["style"] == "good"
    assert [action["title"] for action in card["actions"]] == ["Runbook"]
