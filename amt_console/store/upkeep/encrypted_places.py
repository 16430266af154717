"""Every place of the database that holds encrypted values, and the cell that a value there is bound to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Text, true, type_coerce

from amt_console.store import answers, evidence, idempotency, signing_key
from amt_console.store.answers import AlertAnswerRow
from amt_console.store.cluster import members
from amt_console.store.delivery import attempts
from amt_console.store.encryption.column import EncryptedCell
from amt_console.store.evidence import AlertEvidenceRow
from amt_console.store.inbound import arrivals
from amt_console.store.inbound.tables import ArrivalRow, HeartbeatRow, RelayedRow
from amt_console.store.outbox import queue
from amt_console.store.outbox.tables import DeliveryAttemptRow, OutboxRow
from amt_console.store.schema import table
from amt_console.store.tables import MetaRow
from amt_console.store.values import json_object

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EncryptedPlace:
    """A column with encrypted values."""

    column: Column[Any]
    cell: Callable[[Row], EncryptedCell]
    """The cell of a row, from its other columns."""
    only: ColumnElement[bool]
    """Which of the rows."""

    @property
    def name(self) -> str:
        """With its table: ``alert_answers.answer``."""
        return f"{self.column.table.name}.{self.column.name}"

    @property
    def stored(self) -> ColumnElement[str]:
        """The column as plain text, for comparisons."""
        return type_coerce(self.column, Text)

    @property
    def key(self) -> Column[Any]:
        """The primary key."""
        (key,) = self.column.table.primary_key
        found: Column[Any] = key
        return found


def _place(
    column: Column[Any], cell: Callable[[Row], EncryptedCell], only: ColumnElement[bool] | None = None
) -> EncryptedPlace:
    return EncryptedPlace(column, cell, true() if only is None else only)


_META = table(MetaRow)
PLACES = (
    _place(table(AlertAnswerRow).c.answer, lambda row: answers.cell_of(row["alert_id"])),
    _place(table(AlertEvidenceRow).c.evidence, lambda row: evidence.cell_of(row["alert_id"])),
    _place(table(RelayedRow).c.answer, lambda row: members.answer_cell(row["service_name"], row["timestamp"])),
    _place(table(OutboxRow).c.payload, lambda row: queue.payload_cell(row["dedup_key"])),
    _place(table(DeliveryAttemptRow).c.error, lambda row: attempts.error_cell(row["outbox_id"], row["timestamp"])),
    _place(table(ArrivalRow).c.output, lambda row: arrivals.arrival_cell(json_object(row["content"]))),
    _place(table(HeartbeatRow).c.last_output, lambda row: arrivals.output_cell(row["name"])),
    _place(table(idempotency.IdempotencyRow).c.answer, lambda row: idempotency.answer_cell(row["id"])),
    _place(_META.c.content, lambda _: signing_key.CELL, _META.c.key == signing_key.NAME),
)
