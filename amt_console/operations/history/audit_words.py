"""A row of the audit trail in words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from amt_console.model import MAX_NOTE_CHARS, AuditEntry
from amt_console.model.queries.activity import AuditLine
from amt_console.text import safe_text

_MOST_CHANGES = 6


def audit_line(entry: AuditEntry) -> AuditLine:
    """The row with what else is known of it as one text."""
    return AuditLine(
        id=entry.id or 0,
        at=entry.at,
        actor=safe_text(entry.actor, 64),
        action=safe_text(entry.action, 64),
        subject=safe_text(entry.subject, 255),
        detail="; ".join(_details(entry.detail)),
        via=origin(entry),
    )


def origin(entry: AuditEntry) -> str:
    """Where the person came from, by what the system knows: ``socket, uid 1000, login ann``."""
    facts = [safe_text(entry.detail.get("via") or "this host", 100)]
    if entry.detail.get("uid") is not None:
        facts.append(f"uid {safe_text(entry.detail['uid'], 20)}")
    if entry.detail.get("login"):
        facts.append(f"login {safe_text(entry.detail['login'], 64)}")
    return ", ".join(facts)


def words_of(entry: AuditEntry) -> str:
    """The person's own words: a note or a reason; of a command how it ended and what ran."""
    own = entry.detail.get("note") or entry.detail.get("reason") or ""
    return safe_text(own, MAX_NOTE_CHARS) or "; ".join(_run(entry.detail))


def _details(detail: Mapping[str, Any]) -> list[str]:
    found = [safe_text(detail[name], MAX_NOTE_CHARS) for name in ("note", "reason") if detail.get(name)]
    if detail.get("role"):
        found.append(f"role {safe_text(detail['role'], 20)}")
    found += _run(detail)
    before, after = detail.get("before"), detail.get("after")
    if isinstance(after, Mapping):
        known = before if isinstance(before, Mapping) else {}
        changes = [_change(name, known.get(name), value) for name, value in after.items() if value != known.get(name)]
        found += changes[:_MOST_CHANGES]
    return found


def _run(detail: Mapping[str, Any]) -> list[str]:
    """How an own command ended, and what ran, quoted as a shell would need it; empty for other rows."""
    command = detail.get("command")
    if not isinstance(command, list) or not command:
        return []
    ran = safe_text(shlex.join(map(str, command)), MAX_NOTE_CHARS)
    ended = safe_text(detail.get("ended") or "", 200)
    return [f"{ended}: {ran}" if ended else ran]


def _change(name: object, before: object, after: object) -> str:
    told = f"{safe_text(name, 40)}: "
    if before is not None:
        told += f"{safe_text(before, 80)} → "
    return told + ("none" if after is None else safe_text(after, 80))
