"""Reads what people did."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select

from amt_console.model import AuditEntry
from amt_console.store.reads import Reads
from amt_console.store.schema import table
from amt_console.store.tables import AuditRow
from amt_console.text import safe_text

_AUDIT = table(AuditRow)


def audit_entries(reads: Reads, *, since: datetime | None = None, limit: int = 200) -> list[AuditEntry]:
    """The newest entries, newest first."""
    query = select(_AUDIT).order_by(_AUDIT.c.timestamp.desc(), _AUDIT.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(_AUDIT.c.timestamp >= since)
    return [
        AuditEntry(
            id=row["id"],
            at=row["timestamp"],
            actor=safe_text(row["actor"], 255),
            action=safe_text(row["action"], 255),
            subject=safe_text(row["subject"], 255),
            detail=_detail(row["detail"]),
        )
        for row in reads._connection.execute(query).mappings()
    ]


def _detail(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
