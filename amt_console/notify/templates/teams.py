"""A message as an Adaptive Card, for Microsoft Teams."""

from __future__ import annotations

import json
import re
from typing import Any

from amt_console.notify.templates.content import Content, MessageTone
from amt_console.notify.templates.html import web_link

VERSION = "1.4"
"""Teams takes no later one everywhere."""
MAX_BYTES = 20_000
"""Teams takes about 21 KB in practice."""
_STYLES = {
    MessageTone.CRITICAL: "attention",
    MessageTone.WARNING: "warning",
    MessageTone.INFO: "emphasis",
    MessageTone.GOOD: "good",
}
_COLOURS = {
    MessageTone.CRITICAL: "Attention",
    MessageTone.WARNING: "Warning",
    MessageTone.INFO: "Default",
    MessageTone.GOOD: "Good",
}
_MARKDOWN = re.compile(r"([\\*_`\[\]#~>-])")
_MOST_CHARS = 2000


def teams_message(content: Content) -> dict[str, Any]:
    """The body for a workflow; cut to what Teams takes."""
    for most in (_MOST_CHARS, 400, 100, 40):
        message = _message(content, most)
        if len(json.dumps(message, ensure_ascii=False).encode()) <= MAX_BYTES:
            break
    return message


def escaped(text: str) -> str:
    """Text that Teams shows as it is: no formatting, no links."""
    return _MARKDOWN.sub(r"\\\1", text).replace("\n", "\n\n")


def _message(content: Content, most: int) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "fallbackText": content.subject,
        "msteams": {"width": "Full"},
        "body": _body(content, most),
        "actions": _actions(content),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "summary": content.subject, "attachments": [attachment]}


def _body(content: Content, most: int) -> list[dict[str, Any]]:
    head = [_text(mark, most, weight="Bolder") for mark in content.marks]
    head.append(_text(content.headline, most, weight="Bolder", size="Medium"))
    body: list[dict[str, Any]] = [{"type": "Container", "style": _STYLES[content.tone], "bleed": True, "items": head}]
    if content.text:
        body.append(_text(content.text, most * 4))
    body += [_text(line.text, most, color=_COLOURS[line.tone], spacing="Small") for line in content.lines]
    if content.more:
        body.append(_text(f"and {content.more} more", most))
    if content.answer:
        body.append(_text(content.answer, most, fontType="Monospace"))
    if content.facts:
        facts = [{"title": label, "value": escaped(_cut(value, most))} for label, value in content.facts]
        body.append({"type": "FactSet", "facts": facts})
    if content.command:
        body.append(_text(content.command, most, fontType="Monospace", isSubtle=True))
    return body


def _actions(content: Content) -> list[dict[str, Any]]:
    links = (("Acknowledge", content.acknowledge_url), ("Runbook", web_link(content.runbook)))
    return [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in links if url]


def _text(text: str, most: int, **look: object) -> dict[str, Any]:
    return {"type": "TextBlock", "text": escaped(_cut(text, most)), "wrap": True, **look}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
