"""A message as Slack shows it."""

from __future__ import annotations

import re
from typing import Any

from amt_console.notify.templates.content import Content, MessageTone
from amt_console.notify.templates.html import COLOURS, web_link

SECTION_CHARS = 3000
FIELD_CHARS = 2000
MAX_FIELDS = 10
_SIGNS = {
    MessageTone.CRITICAL: ":red_circle:",
    MessageTone.WARNING: ":large_yellow_circle:",
    MessageTone.INFO: ":large_blue_circle:",
    MessageTone.GOOD: ":large_green_circle:",
}
_FORMATTING = re.compile(r"([*_~`])")
_INVISIBLE = "\u200b"
_SHORTHAND = re.compile(r"@(?=channel|here|everyone)|(?<!\d):(?=[a-z0-9_+-]+:)")


def slack_message(content: Content) -> dict[str, Any]:
    """The body for an incoming webhook: ``text`` is the notification, blocks are what the channel shows."""
    return {
        "text": escaped(content.subject),
        "attachments": [
            {"color": COLOURS[content.tone], "fallback": escaped(content.subject), "blocks": _blocks(content)}
        ],
    }


def escaped(text: str) -> str:
    """Text that Slack shows as it is: no mentions, links, formatting, emoji."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SHORTHAND.sub(lambda found: found[0] + _INVISIBLE, _FORMATTING.sub(rf"\1{_INVISIBLE}", safe))


def _cut(text: str, most: int) -> str:
    """Escaped text of a length that Slack accepts, never cut within an escape."""
    kept = text
    while len(shown := escaped(kept)) > most:
        kept = kept[: len(kept) - max(1, (len(shown) - most) // 5)]
    return shown if kept == text else shown[: most - 1] + "…"


def _blocks(content: Content) -> list[dict[str, Any]]:
    blocks = [_section(f"*{_cut(mark, FIELD_CHARS)}*") for mark in content.marks]
    blocks.append(_section(f"*{_cut(content.headline, FIELD_CHARS)}*"))
    if content.text:
        blocks.append(_section(_cut(content.text, SECTION_CHARS)))
    if content.lines:
        lines = [f"{_SIGNS[line.tone]} {_cut(line.text, 200)}" for line in content.lines]
        blocks.append(_section("\n".join([*lines, f"and {content.more} more"] if content.more else lines)))
    if content.answer:
        blocks.append(_section(f"Answer: {_cut(content.answer, FIELD_CHARS)}"))
    if content.facts:
        fields = [
            {"type": "mrkdwn", "text": f"*{label}*\n{_cut(value, FIELD_CHARS - len(label) - 3)}"}
            for label, value in content.facts[:MAX_FIELDS]
        ]
        blocks.append({"type": "section", "fields": fields})
    hints = _hints(content)
    if hints:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": hint} for hint in hints]})
    return blocks


def _hints(content: Content) -> list[str]:
    hints = []
    if content.acknowledge_url:
        hints.append(f"<{_link(content.acknowledge_url)}|Acknowledge>")
    if runbook := web_link(content.runbook):
        hints.append(f"<{_link(runbook)}|Runbook>")
    elif content.runbook:
        hints.append(f"Runbook: {_cut(content.runbook, FIELD_CHARS)}")
    if content.command:
        hints.append(f"`{content.command}`")
    return hints


def _link(url: str) -> str:
    return url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}
