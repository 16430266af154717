"""The channels of a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.http_servers import answer, header_of
from support.messages import message
from support.receivers import http_receiver, mail_server
from support.sending import channel_of, failure, send

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.notify.channels.channel import Channel, DeliveryError, FailureReason
from amt_console.notify.channels.factory import channels_of


def channels(document: dict[str, Any], env: dict[str, str] | None = None) -> dict[str, Channel]:
    return channels_of(Settings.model_validate(document), clock=FakeClock(), instance="mon-1", env=env or {})


def slack(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "slack", "url": url, **more}


async def test_the_originals_mail_section_is_a_channel_and_reaches_a_plain_server() -> None:
    async with mail_server() as box:
        section = {
            "enabled": True,
            "smtp_server": "localhost",
            "smtp_port": box.port,
            "sender_email": "alerts@ai-marketing-tools.com",
            "recipients": ["admin@ai-marketing-tools.com"],
        }
        built = channels({"email_alerts": section})
        await built["email"].send(message())
    assert list(built) == ["email"]
    assert box.recipients == [["admin@ai-marketing-tools.com"]]


def test_disabled_channels_are_left_out() -> None:
    assert channels({"channels": [slack("a", "https://x.example/a", enabled=False)]}) == {}


async def test_a_secret_that_cannot_be_read_breaks_its_channel_alone() -> None:
    async with http_receiver() as inbox:
        document = {
            "notify": {"allow_private": ["127.0.0.1"]},
            "channels": [slack("a", "${MISSING}"), slack("b", "${HOOK}")],
        }
        built = channels(document, {"HOOK": inbox.url})
        with pytest.raises(DeliveryError, match="MISSING") as caught:
            await built["a"].send(message())
        await built["b"].send(message())
        await built["b"].aclose()
    assert (caught.value.reason, caught.value.retry) == (FailureReason.CONFIGURATION, False)
    assert len(inbox.bodies) == 1


async def test_a_private_receiver_needs_to_be_listed() -> None:
    async with http_receiver() as inbox:
        built = channels({"channels": [slack("a", inbox.url)]})
        with pytest.raises(DeliveryError, match=r"notify\.allow_private"):
            await built["a"].send(message())
        await built["a"].aclose()
    assert inbox.bodies == []


async def test_a_secret_that_was_changed_in_its_file_is_read_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old-token")

    def reply(_: int) -> bytes:
        good = header_of(inbox.server.requests[-1], "authorization") == "Bearer new-token"
        return answer(b"", status="200 OK" if good else "401 Unauthorized")

    async with http_receiver(reply) as inbox:
        channel = channel_of("ntfy", url=f"{inbox.server.url}/t", token=f"file:{token}")
        failed = await failure(channel, message())
        assert failed.reason is FailureReason.AUTH
        assert len(inbox.bodies) == 1
        token.write_text("new-token")
        await send(channel, message())
    assert len(inbox.bodies) == 3
