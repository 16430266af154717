"""PagerDuty: one incident from trigger to resolve, severities, and what its answers mean."""

from __future__ import annotations

from typing import Any

import pytest
from support.http_servers import answer
from support.messages import message, notice, recovered, text_message
from support.receivers import Inbox, http_receiver
from support.sending import channel_of, failure, send

from amt_console.model import Severity
from amt_console.model.notifications import Message, NoticeKind
from amt_console.notify.channels.channel import FailureReason
from amt_console.notify.channels.pagerduty import dedup_key

ACCEPTED = answer(b'{"status":"success","message":"Event processed","dedup_key":"x"}', status="202 Accepted")
KEY = "amt/mon-1/service_down:backend-api:118"
ROUTING = "R0123456789ABCDEF0123456789ABCDE"


async def events(*messages: Message) -> list[dict[str, Any]]:
    async with http_receiver(ACCEPTED) as inbox:
        await send(channel_of("pagerduty", url=inbox.url, routing_key=ROUTING), *messages)
    return inbox.documents


async def test_an_alert_is_one_incident_from_trigger_to_resolve() -> None:
    fired, owned, ended = await events(
        message(), message(notice(owner="ada"), kind=NoticeKind.ACKNOWLEDGED), message(recovered())
    )
    assert [each["event_action"] for each in (fired, owned, ended)] == ["trigger", "acknowledge", "resolve"]
    assert {each["dedup_key"] for each in (fired, owned, ended)} == {KEY}
    assert {each["routing_key"] for each in (fired, owned, ended)} == {ROUTING}
    assert fired["payload"]["summary"] == "backend-api is down: HTTP 503 (3 of 3)"
    assert fired["payload"]["source"] == "backend-api"
    assert fired["payload"]["timestamp"] == "2026-01-05T11:57:00.000Z"
    assert fired["payload"]["custom_details"]["Answer"] == '{"error": "no database"}'
    assert fired["links"] == [{"href": "https://wiki.example/backend", "text": "Runbook"}]


@pytest.mark.parametrize(
    ("severity", "level", "said"),
    [
        (Severity.CRITICAL, 3, "critical"),
        (Severity.WARNING, 1, "warning"),
        (Severity.WARNING, 2, "error"),
        (Severity.INFO, 0, "info"),
    ],
)
async def test_severities(severity: Severity, level: int, said: str) -> None:
    (event,) = await events(message(notice(severity=severity, level=level)))
    assert event["payload"]["severity"] == said


async def test_a_digest_is_an_event_for_each_alert() -> None:
    told = message(notice(), recovered(alert_id=119), kind=NoticeKind.DIGEST)
    assert [(event["event_action"], event["dedup_key"][-3:]) for event in await events(told)] == [
        ("trigger", "118"),
        ("resolve", "119"),
    ]


async def test_a_test_opens_an_incident_of_the_lowest_severity_and_ends_it() -> None:
    opened, ended = await events(text_message())
    assert (opened["event_action"], opened["payload"]["severity"]) == ("trigger", "info")
    assert ended == {"routing_key": ROUTING, "event_action": "resolve", "dedup_key": opened["dedup_key"]}


async def test_a_drill_says_so() -> None:
    (event,) = await events(message(drill=True))
    assert event["payload"]["summary"].startswith("DRILL: this is a rehearsal")


def test_a_key_is_never_longer_than_pagerduty_takes_and_still_unlike_others() -> None:
    keys = {dedup_key(notice(subject="x" * 400, alert_id=number), "mon-1") for number in range(3)}
    assert len(keys) == 3
    assert all(len(key) == 255 for key in keys)


async def test_a_handover_is_no_incident() -> None:
    async with http_receiver(ACCEPTED) as inbox:
        told = text_message(NoticeKind.HANDOVER, "Ada takes over")
        failed = await failure(channel_of("pagerduty", url=inbox.url, routing_key=ROUTING), told)
    assert (failed.reason, failed.retry) == (FailureReason.UNSUPPORTED, False)
    assert inbox.bodies == []


async def refused(reply: bytes) -> tuple[Any, Inbox]:
    async with http_receiver(reply) as inbox:
        return await failure(channel_of("pagerduty", url=inbox.url, routing_key=ROUTING), message()), inbox


async def test_an_invalid_event_is_not_tried_again_and_shows_no_key() -> None:
    body = f'{{"status":"invalid event","message":"Event object is invalid","errors":["bad key {ROUTING}"]}}'
    failed, _ = await refused(answer(body.encode(), status="400 Bad Request"))
    assert (failed.reason, failed.retry) == (FailureReason.CLIENT_ERROR, False)
    assert "Event object is invalid, bad key ****" in str(failed)


async def test_a_busy_pagerduty_gets_minutes() -> None:
    failed, _ = await refused(answer(b"", status="429 Too Many Requests"))
    assert (failed.reason, failed.retry, failed.retry_after) == (FailureReason.RATE_LIMITED, True, 120.0)


@pytest.mark.parametrize("reply", [answer(b"<html>login</html>"), answer(b'{"status":"no"}', status="202 Accepted")])
async def test_an_answer_that_accepts_nothing(reply: bytes) -> None:
    failed, _ = await refused(reply)
    assert (failed.reason, failed.retry) == (FailureReason.INVALID_RESPONSE, True)
