"""Alertmanager: what is posted to it, and that the real one shows it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from support.alertmanager import BINARY, fetch, real_alertmanager
from support.http_servers import answer
from support.messages import message, notice, recovered, text_message
from support.receivers import http_receiver
from support.sending import channel_of, failure, send

from amt_console.clock import FakeClock, SystemClock
from amt_console.model import AlertState, Severity
from amt_console.model.notifications import Message, NoticeKind
from amt_console.notify.channels.address_rules import AddressRules
from amt_console.notify.channels.alertmanager import PATH, AlertmanagerChannel
from amt_console.notify.channels.channel import FailureReason
from amt_console.notify.channels.http import HttpSender
from amt_console.notify.channels.receiver import HttpReceiver


async def posted(*messages: Message, **keys: Any) -> list[Any]:
    async with http_receiver() as inbox:
        await send(channel_of("alertmanager", url=inbox.server.url + "/", **keys), *messages)
    assert all(head.startswith(b"POST /api/v2/alerts ") for head in inbox.server.requests)
    return inbox.documents


async def test_a_firing_alert_lives_for_four_intervals_and_ends_by_itself_if_we_die() -> None:
    ((alert,),) = await posted(message())
    assert alert["labels"]["alertname"] == "service_down"
    assert alert["annotations"]["summary"] == "backend-api is down: HTTP 503 (3 of 3)"
    assert (alert["startsAt"], alert["endsAt"]) == ("2026-01-05T11:57:00.000Z", "2026-01-05T12:04:00.000Z")


async def test_values_and_words_never_make_another_alert() -> None:
    (first,), (again,) = await posted(message(), message(notice(value=9.9, message="other", owner="ada", level=3)))
    assert first["labels"] == again["labels"]


async def test_the_end_is_now() -> None:
    ((alert,),) = await posted(message(recovered()))
    assert alert["endsAt"] == "2026-01-05T12:00:00.000Z"
    assert alert["annotations"]["duration_seconds"] == "180.000"


async def test_a_change_of_severity_ends_the_alert_of_before() -> None:
    (alerts,) = await posted(message(notice(severity=Severity.CRITICAL), kind=NoticeKind.SEVERITY))
    ends = {alert["labels"]["severity"]: alert["endsAt"] for alert in alerts}
    assert ends["critical"] > ends["warning"] == ends["info"] == "2026-01-05T12:00:00.000Z"


async def test_a_test_is_an_alert_of_a_minute() -> None:
    ((alert,),) = await posted(text_message())
    assert alert["labels"] == {"alertname": "amt_test", "severity": "info", "instance": "mon-1"}
    assert alert["endsAt"] == "2026-01-05T12:01:00.000Z"


async def test_it_logs_in() -> None:
    async with http_receiver() as inbox:
        auth = {"username": "amt", "password": "s3cret"}
        await send(channel_of("alertmanager", url=inbox.server.url, auth=auth), message())
    assert inbox.header("authorization") == "Basic YW10OnMzY3JldA=="


async def test_what_alertmanager_refuses() -> None:
    async with http_receiver(answer(b'"start time must be before end time"', status="400 Bad Request")) as inbox:
        failed = await failure(channel_of("alertmanager", url=inbox.server.url), message())
    assert (failed.reason, failed.retry) == (FailureReason.CLIENT_ERROR, False)
    assert str(failed) == "Alertmanager answered 400: start time must be before end time"


@pytest.mark.slow
@pytest.mark.skipif(BINARY is None, reason="no alertmanager on this machine")
async def test_the_real_one_receives_shows_and_ends_our_alert(tmp_path: Path) -> None:
    async with real_alertmanager(tmp_path) as url:
        clock = SystemClock()
        receiver = HttpReceiver(url + PATH, HttpSender(AddressRules(restricted=False)), clock, label="Alertmanager")
        channel = AlertmanagerChannel("ops", receiver, clock, instance="mon-1")
        now = clock.now()
        firing = notice(opened_at=now)
        await channel.send(message(firing))
        (shown,) = json.loads(await asyncio.to_thread(fetch, f"{url}/api/v2/alerts"))
        assert shown["labels"] == {
            "alertname": "service_down",
            "service": "backend-api",
            "severity": "critical",
            "group": "platform",
            "instance": "mon-1",
        }
        assert shown["status"]["state"] in ("active", "unprocessed")
        assert shown["annotations"]["alert_id"] == "118"
        await channel.send(message(firing, id=99))
        assert len(json.loads(await asyncio.to_thread(fetch, f"{url}/api/v2/alerts"))) == 1
        ended = recovered(opened_at=now, resolved_at=clock.now(), state=AlertState.RESOLVED)
        await channel.send(message(ended))
        assert json.loads(await asyncio.to_thread(fetch, f"{url}/api/v2/alerts")) == []
        await channel.aclose()


async def test_what_still_fires_is_posted_again_with_a_new_end() -> None:
    clock = FakeClock()
    async with http_receiver() as inbox:
        channel = channel_of("alertmanager", url=inbox.server.url, clock=clock)
        clock.advance(60)
        assert isinstance(channel, AlertmanagerChannel)
        await channel.refresh([message(), message(recovered(alert_id=119, subject="web-app"))])
        await channel.aclose()
    ((firing, ended),) = inbox.documents
    assert (firing["labels"]["service"], firing["endsAt"]) == ("backend-api", "2026-01-05T12:05:00.000Z")
    assert (ended["labels"]["service"], ended["endsAt"]) == ("web-app", "2026-01-05T12:00:00.000Z")


def test_an_alertmanager_that_never_learns_of_the_end_is_refused() -> None:
    with pytest.raises(ValidationError, match="send_resolved"):
        channel_of("alertmanager", url="http://127.0.0.1:9/", send_resolved=False)
