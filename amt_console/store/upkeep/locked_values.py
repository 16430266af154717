"""Which encrypted values nobody can read here, because their keys are missing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Text, func, select, type_coerce

from amt_console.store.encryption.column import encrypted_columns
from amt_console.store.reads import Reads
from amt_console.store.schema import StoreTable
from amt_console.text import safe_text

_ID_BEGINS, _ID_CHARS = 4, 8
"""The id of the key behind ``v1:``."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Values of one column that were encrypted with one key."""

    column: str
    """With its table: ``alert_answers.answer``."""
    key_id: str
    values: int


def locked_values(reads: Reads) -> tuple[Locked, ...]:
    """By column and key, those whose key is not here."""
    found = []
    for column in encrypted_columns(StoreTable.metadata):
        text = type_coerce(column, Text)
        key_id = func.substr(text, _ID_BEGINS, _ID_CHARS)
        query = select(key_id, func.count()).where(text.startswith("v1:")).group_by(key_id).order_by(key_id)
        for name, values in reads._connection.execute(query):
            if name not in reads._keys.known:
                found.append(Locked(f"{column.table.name}.{column.name}", safe_text(name, _ID_CHARS), int(values)))
    return tuple(found)
