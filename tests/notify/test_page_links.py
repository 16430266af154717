"""The link in a page: who gets one, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.links import LINKS
from support.outbox import queued
from support.stores import at

from amt_console.config import Settings
from amt_console.links import LINK_PATH, AcknowledgeClaim
from amt_console.model import AlertState, AlertType, Severity
from amt_console.model.notifications import Message, Notice, NoticeKind
from amt_console.notify.messages import compose
from amt_console.notify.settings import delivery_of
from amt_console.store import ClaimedMessage, MessageClaim

BASE = "https://amt.example/console/"
NOTICE = Notice(7, 3, AlertType.SERVICE_DOWN, Severity.CRITICAL, "web", "web is down", AlertState.FIRING, at(0))


def composed(*notices: Notice, kind: NoticeKind = NoticeKind.FIRED, receiver: str = "Ada", url: str = BASE) -> Message:
    settings = Settings.model_validate(
        {
            "web_app_url": "http://127.0.0.1:1",
            "api": {"public_url": url} if url else {},
            "channels": [{"name": "ops", "type": "slack", "url": "https://hooks.slack.com/services/x"}],
            "oncall": {"people": [{"name": "Ada", "channels": ["ops"]}]},
        }
    )
    delivery = delivery_of(settings, LINKS).of("ops")
    rows = [
        ClaimedMessage(replace(queued(number, kind, 0), alert_id=notice.alert_id, receiver=receiver), notice, None)
        for number, notice in enumerate(notices, 1)
    ]
    return compose(MessageClaim(1, tuple(rows)), now=at(0), times=delivery.groups, link=delivery.link)


def claim(message: Message) -> AcknowledgeClaim:
    assert message.acknowledge_url is not None
    prefix = BASE.rstrip("/") + LINK_PATH + "/"
    assert message.acknowledge_url.startswith(prefix)
    return LINKS.read(message.acknowledge_url.removeprefix(prefix))


def test_a_page_to_a_person_carries_a_link_for_that_person() -> None:
    found = claim(composed(NOTICE))
    assert (found.alert_id, found.version, found.severity, found.receiver, found.person) == (
        7,
        3,
        "critical",
        "Ada",
        True,
    )


def test_a_page_to_a_channel_says_that_it_is_not_a_person() -> None:
    assert not claim(composed(NOTICE, receiver="ops")).person


@pytest.mark.parametrize("kind", [NoticeKind.RESOLVED, NoticeKind.ACKNOWLEDGED, NoticeKind.DRILL])
def test_what_cannot_be_taken_has_no_link(kind: NoticeKind) -> None:
    assert composed(NOTICE, kind=kind).acknowledge_url is None


def test_an_alert_with_an_owner_has_no_link() -> None:
    assert composed(replace(NOTICE, owner="Grace")).acknowledge_url is None


def test_a_message_about_several_alerts_has_no_link() -> None:
    assert composed(NOTICE, replace(NOTICE, alert_id=8)).acknowledge_url is None


def test_without_a_public_url_there_is_no_link() -> None:
    assert composed(NOTICE, url="").acknowledge_url is None
