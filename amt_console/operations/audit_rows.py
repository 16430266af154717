"""Audit rows of what is no action on alerts: what somebody opened, exported or changed by a command."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from amt_console.clock import Clock
from amt_console.model import AuditEntry
from amt_console.operations.actor import Actor
from amt_console.operations.json_views import iso

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from amt_console.store import Store

OPENED = "opened"
EXPORT = "export"
CONSOLE = "console"
logger = logging.getLogger("amt_console.audit")
_PLAIN = (str, int, float, bool, type(None))


def add_row(
    store: Store, clock: Clock, actor: Actor, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add a row in a transaction of its own. Raises StoreError."""
    with store.transaction() as writes:
        writes.add_audit(AuditEntry(actor.name, action, subject, clock.now(), {**actor.facts(), **(detail or {})}))


def note_row(
    store: Store, clock: Clock, actor: Actor, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> bool:
    """Add a row; a database that takes none is logged. For what must work with a full disk: to look, above all."""
    from amt_console.store import StoreError

    try:
        add_row(store, clock, actor, action, subject, detail)
    except StoreError as error:
        logger.warning("%s %s left no audit row: %s", action, subject, error)
        return False
    return True


def changes(before: DataclassInstance, after: DataclassInstance, *, without: frozenset[str]) -> dict[str, Any]:
    """The fields that differ between two versions of an object, as ``before`` and ``after`` of an audit row."""
    named = [field.name for field in fields(after) if field.name not in without]
    pairs = {name: (_plain(getattr(before, name, None)), _plain(getattr(after, name))) for name in named}
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return {
        "before": {name: pair[0] for name, pair in differing.items()},
        "after": {name: pair[1] for name, pair in differing.items()},
    }


def values(found: DataclassInstance) -> dict[str, Any]:
    """The fields of a new object, as ``after`` of an audit row."""
    return {field.name: _plain(getattr(found, field.name)) for field in fields(found)}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value if isinstance(value, _PLAIN) else str(value)
