"""A message as a mail: plain text and HTML, in one thread with the other mails about the same alert."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from mimetypes import guess_type
from pathlib import Path

from amt_console.clock import micros
from amt_console.model.notifications import Message, Notice
from amt_console.model.states import AlertState, Severity
from amt_console.notify.templates.content import Content
from amt_console.notify.templates.html import html_mail
from amt_console.notify.templates.plain import plain_text
from amt_console.text import safe_text

MOST_ATTACHED = 10 * 1024 * 1024
"""Bytes of all files of a mail: many servers take 20 MB, and base64 adds a third."""
MAX_REFERENCES = 20
"""Alerts of a grouped mail whose threads it joins."""


def mail_message(
    message: Message,
    content: Content,
    *,
    sender: str,
    recipients: Sequence[str],
    instance: str,
    now: datetime,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """The whole mail.

    Args:
        message: What it is about.
        content: What it says.
        sender: Address.
        recipients: Addresses.
        instance: Which monitor sends it.
        now: The date of the mail.
        attachments: Files of a report.
    """
    domain = sender.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = safe_text(content.subject)
    mail["From"] = Address("amt-console", addr_spec=sender)
    mail["To"] = [Address(addr_spec=recipient) for recipient in recipients]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(message, instance, domain)
    threads = [thread_id(notice, instance, domain) for notice in message.notices[:MAX_REFERENCES] if notice.alert_id]
    if threads:
        mail["In-Reply-To"] = threads[0]
        mail["References"] = " ".join(threads)
    mail["Auto-Submitted"] = "auto-generated"  # nobody's out-of-office notice answers
    mail["X-Auto-Response-Suppress"] = "All"
    if any(
        notice.severity is Severity.CRITICAL and notice.state is not AlertState.RESOLVED for notice in message.notices
    ):
        mail["Importance"] = "high"
    mail.set_content(plain_text(content))
    mail.add_alternative(html_mail(content, instance), subtype="html")
    for file in attachments:
        main, _, sub = (guess_type(file.name)[0] or "application/octet-stream").partition("/")
        mail.add_attachment(file.content, maintype=main, subtype=sub, filename=safe_text(file.name, 120))
    return mail


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail."""

    name: str
    content: bytes = field(repr=False)


def read_attachments(
    paths: Sequence[str], most_bytes: int = MOST_ATTACHED
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """The files that can be read and fit into one mail together, in their order; blocks.

    A file may lie on the host of another monitor, or have been moved away since.

    Returns:
        The files, and of each other one its name and why it is left out.
    """
    found: list[Attachment] = []
    left_out: list[str] = []
    for path in map(Path, paths):
        try:
            content = path.read_bytes() if path.stat().st_size <= most_bytes else None
        except FileNotFoundError:
            left_out.append(f"{path.name} (not on the host that sent this mail)")
            continue
        except OSError as error:
            left_out.append(f"{path.name} ({error.strerror or error})")
            continue
        if content is None or len(content) > most_bytes:
            left_out.append(f"{path.name} (too large)")
            continue
        most_bytes -= len(content)
        found.append(Attachment(path.name, content))
    return tuple(found), tuple(left_out)


def message_id(message: Message, instance: str, domain: str) -> str:
    """Equal in every attempt to send a message, and never in two messages, even after the database was made anew."""
    return f"<{message.id}.{micros(message.created_at)}.{_short(instance)}@{domain}>"


def thread_id(notice: Notice, instance: str, domain: str) -> str:
    """Equal for all messages about one alert."""
    return f"<alert.{notice.alert_id}.{micros(notice.opened_at)}.{_short(instance)}@{domain}>"


def _short(instance: str) -> str:
    return hashlib.sha256(instance.encode()).hexdigest()[:10]
