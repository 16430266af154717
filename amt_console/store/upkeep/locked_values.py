"""Which encrypted values nobody can read here, because their keys are missing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from amt_console.store.reads import Reads
from amt_console.store.upkeep.encrypted_places import PLACES
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
    for place in PLACES:
        key_id = func.substr(place.stored, _ID_BEGINS, _ID_CHARS)
        encrypted = place.stored.startswith("v1:")
        query = select(key_id, func.count()).where(place.only, encrypted).group_by(key_id).order_by(key_id)
        for name, values in reads._connection.execute(query):
            if name not in reads._keys.known:
                found.append(Locked(place.name, safe_text(name, _ID_CHARS), int(values)))
    return tuple(found)
