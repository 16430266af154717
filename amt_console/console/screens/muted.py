"""What mutes messages at a moment: silences and planned work."""

from __future__ import annotations

from datetime import datetime

from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.operations.json_views import maintenance_json, silence_json
from amt_console.operations.protocol import Operations
from widgets.tables.muted_table import Muted


def read_muted(operations: Operations, at: datetime | None) -> tuple[Muted, ...]:
    """Those that have not ended; of a past moment those that were known and had not ended then. Blocking."""
    if at is None:
        return (*operations.silences(), *operations.maintenance())
    every: tuple[Muted, ...] = (*operations.silences(ended=True), *operations.maintenance(ended=True))
    return tuple(row for row in every if _known_at(row, at))


def muted_document(row: Silence | MaintenanceWindow) -> object:
    """The row as ``silences list --json`` and ``maintenance list --json`` have it."""
    return silence_json(row) if isinstance(row, Silence) else maintenance_json(row)


def _known_at(row: Silence | MaintenanceWindow, at: datetime) -> bool:
    begun = row.created_at is None or row.created_at <= at
    return begun and (row.ends_at is None or row.ends_at > at)
