"""The demo's mailbox and webhook receiver."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from amt_console.clock import FakeClock
from amt_console.demo.inbox import MOST_KEPT, DemoInbox
from amt_console.demo.listener import LOOPBACK
from amt_console.demo.platform import HOOK_PATH
from amt_console.demo.process import PlatformProcess
from amt_console.demo.server import ServerOptions


def mail(subject: str = "CRITICAL web down", text: str = "web is down\nsince 12:00") -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "alerts@demo.invalid", "oncall@demo.invalid"
    message.set_content(text)
    message.add_alternative("<p>web is down</p>", subtype="html")
    return message


def alert(summary: str) -> dict[str, Any]:
    return {"annotations": {"summary": summary, "description": f"{summary}, described"}}


def test_what_arrived_is_listed_newest_first_and_made_safe() -> None:
    inbox = DemoInbox(FakeClock().now)
    inbox.add_mail(["oncall@demo.invalid"], mail(subject="one\x1b[2J").as_bytes())
    inbox.add_webhook(json.dumps({"status": "firing", "alerts": [alert("web is down"), alert("api is down")]}).encode())
    hook, first = inbox.document()
    assert hook["subject"] == "firing: web is down, api is down"
    assert (first["by"], first["to"]) == ("mail", "oncall@demo.invalid")
    assert "\x1b" not in first["subject"]
    assert first["text"].splitlines() == ["web is down", "since 12:00"]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"alerts": 3}', b"[" * 100_000, b"\xff\xfe"])
def test_any_body_is_kept(body: bytes) -> None:
    inbox = DemoInbox(FakeClock().now)
    inbox.add_webhook(body)
    assert inbox.document()[0]["subject"] == "a message in another format"


def test_only_the_newest_are_kept() -> None:
    inbox = DemoInbox(FakeClock().now)
    for number in range(MOST_KEPT + 5):
        inbox.add_webhook(json.dumps({"status": "firing", "alerts": [alert(str(number))]}).encode())
    assert len(inbox.document()) == MOST_KEPT
    assert inbox.document()[0]["subject"] == f"firing: {MOST_KEPT + 4}"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    log = tmp_path_factory.mktemp("platform") / "platform.log"
    options = ServerOptions(seed=3, ports={"api": 0, "web": 0, "mobile": 0})
    with PlatformProcess(options, log=log) as running:
        yield running


@pytest.mark.slow
def test_the_platform_takes_mail_and_webhooks(platform: PlatformProcess, tmp_path: Path) -> None:
    with smtplib.SMTP(LOOPBACK, platform.ports["mail"], timeout=20) as server:
        server.send_message(mail())
    with httpx.Client(base_url=platform.url("web"), trust_env=False) as client:
        assert client.post(HOOK_PATH, json={"status": "resolved", "alerts": [alert("web")]}).status_code == 200
        assert client.post(HOOK_PATH, content=b"x" * 300_000).status_code == 413
        subjects = [message["subject"] for message in client.get("/control/messages").json()]
        assert subjects == ["resolved: web", "CRITICAL web down"]
        assert "Messages that arrived" in client.get("/control").text
