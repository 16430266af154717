"""What the demo's mailbox and webhook receiver got: shown on the control page, kept in memory only."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from amt_console.text import safe_text

MOST_KEPT = 200
MOST_CHARS = 4000
MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """One message that arrived."""

    at: datetime
    by: str
    """``mail`` or ``webhook``."""
    to: str
    subject: str
    text: str


class DemoInbox:
    """The newest messages, newest first.

    Args:
        now: The time.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._messages: deque[DemoMessage] = deque(maxlen=MOST_KEPT)

    def add_mail(self, recipients: list[str], content: bytes) -> None:
        """Take a mail."""
        mail = message_from_bytes(content, policy=policy.default)
        body = mail.get_body(("plain",))
        text = body.get_content().replace("\r\n", "\n") if body is not None else ""
        self._add("mail", ", ".join(recipients), str(mail["subject"] or ""), text)

    def add_webhook(self, body: bytes) -> None:
        """Take what a webhook channel sent: Alertmanager's format, or any other."""
        try:
            document: Any = json.loads(body)
            alerts = document["alerts"]
            subject = f"{document['status']}: {', '.join(alert['annotations']['summary'] for alert in alerts)}"
            text = "\n".join(str(alert["annotations"].get("description", "")) for alert in alerts)
        except (ValueError, KeyError, TypeError, RecursionError):
            subject, text = "a message in another format", body.decode("utf-8", "replace")
        self._add("webhook", "demo-hook", subject, text)

    def document(self) -> list[dict[str, str]]:
        """All messages for the control page."""
        return [
            {
                "at": message.at.isoformat(timespec="seconds"),
                "by": message.by,
                "to": message.to,
                "subject": message.subject,
                "text": message.text,
            }
            for message in self._messages
        ]

    def _add(self, by: str, to: str, subject: str, text: str) -> None:
        self._messages.appendleft(
            DemoMessage(
                self._now(),
                by,
                safe_text(to, 200),
                safe_text(subject, 300),
                safe_text(text, MOST_CHARS, keep_newlines=True),
            )
        )


class _Mailbox:
    """Takes every mail."""

    def __init__(self, inbox: DemoInbox) -> None:
        self._inbox = inbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        self._inbox.add_mail(list(envelope.rcpt_tos), content if isinstance(content, bytes) else b"")
        return "250 kept in the demo's mailbox"


def mail_server(inbox: DemoInbox) -> SMTP:
    """The mail server's protocol for one connection."""
    return SMTP(_Mailbox(inbox), hostname="demo.invalid", data_size_limit=MOST_BYTES, enable_SMTPUTF8=True)
