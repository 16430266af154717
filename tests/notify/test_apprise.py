"""Apprise, the extra for further services."""

from __future__ import annotations

import sys

import pytest
from support.http_servers import answer
from support.messages import message
from support.receivers import http_receiver
from support.sending import channel_of, failure, send

from amt_console.notify.channels.channel import FailureReason

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # its own, while its plugins are imported


@pytest.mark.slow
async def test_a_service_of_apprise_gets_the_message() -> None:
    pytest.importorskip("apprise", exc_type=ImportError)
    async with http_receiver() as inbox:
        host = inbox.server.url.removeprefix("http://")
        await send(channel_of("apprise", url=f"json://{host}/secretpath"), message())
    (document,) = inbox.documents
    assert document["title"] == "CRITICAL backend-api down: HTTP 503 for 3 min"
    assert document["type"] == "failure"
    assert "amt-console alerts ack 118" in document["message"]


async def test_a_refusal_is_tried_again_and_shows_no_part_of_the_url() -> None:
    pytest.importorskip("apprise", exc_type=ImportError)
    async with http_receiver(answer(b"", status="403 Forbidden")) as inbox:
        host = inbox.server.url.removeprefix("http://")
        failed = await failure(channel_of("apprise", url=f"json://user:s3cretpw@{host}/secretpath"), message())
    assert (failed.reason, failed.retry) == (FailureReason.SERVER_ERROR, True)
    assert "s3cretpw" not in str(failed)
    assert "secretpath" not in str(failed)


async def test_an_unknown_service_is_named() -> None:
    pytest.importorskip("apprise", exc_type=ImportError)
    failed = await failure(channel_of("apprise", url="pigeon://s3cret"), message())
    assert (failed.reason, failed.retry) == (FailureReason.CONFIGURATION, False)
    assert "pigeon://" in str(failed)
    assert "s3cret" not in str(failed)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fd00:ec2::254]", "2852039166:80", "user:pw@169.254.169.254:80"])
async def test_metadata_addresses_are_refused(host: str) -> None:
    pytest.importorskip("apprise", exc_type=ImportError)
    failed = await failure(channel_of("apprise", url=f"json://{host}/latest"), message())
    assert (failed.reason, failed.retry) == (FailureReason.BLOCKED_ADDRESS, False)
    assert "pw" not in str(failed)


async def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "apprise", raising=False)
    failed = await failure(channel_of("apprise", url="json://localhost"), message())
    assert (failed.reason, failed.retry) == (FailureReason.CONFIGURATION, False)
    assert "pip install 'amt-console[apprise]'" in str(failed)
