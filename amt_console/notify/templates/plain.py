"""A message as plain text: for mail and whatever else takes text."""

from __future__ import annotations

from amt_console.notify.templates.content import Content


def plain_text(content: Content) -> str:
    """The whole message, ending in a newline."""
    parts = [_marks(content), content.headline, content.text or "", _lines(content), _answer(content), _facts(content)]
    return "\n\n".join(part for part in (*parts, _actions(content)) if part) + "\n"


def short_text(content: Content) -> str:
    """What a phone shows below the subject: the same without what the subject and the buttons say."""
    facts = "\n".join(f"{label}: {value}" for label, value in content.facts if label not in ("Severity", "Alert"))
    parts = [_marks(content), content.headline, content.text or "", _lines(content), content.answer or "", facts]
    command = content.command or ""
    return "\n".join(part for part in (*parts, command) if part)


def _marks(content: Content) -> str:
    return "\n".join(f"*** {mark} ***" for mark in content.marks)


def _lines(content: Content) -> str:
    lines = [line.text for line in content.lines]
    return "\n".join([*lines, f"and {content.more} more"] if content.more else lines)


def _answer(content: Content) -> str:
    return f"Answer:\n  {content.answer}" if content.answer else ""


def _facts(content: Content) -> str:
    width = max((len(label) for label, _ in content.facts), default=0) + 1
    return "\n".join(f"{label + ':':<{width}} {value}" for label, value in content.facts)


def _actions(content: Content) -> str:
    actions = []
    if content.runbook:
        actions.append(f"Runbook:     {content.runbook}")
    if content.acknowledge_url:
        actions.append(f"Acknowledge: {content.acknowledge_url}")
    if content.command:
        word = "List them:  " if content.command.endswith("list") else "Acknowledge:"
        actions.append(f"{word} {content.command}")
    return "\n".join(actions)
