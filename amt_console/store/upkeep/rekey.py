"""Encrypting everything with the current data key, in transactions so short that nobody waits for them.

Which values are left is read from the values themselves, which name their key. So a run that was killed is continued by
the next one, and a run beside a monitor that still wrote with an older key is completed by another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select, update

from amt_console.store.encryption.column import Sealed
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.store import Store
from amt_console.store.upkeep.encrypted_places import PLACES, EncryptedPlace
from amt_console.text import safe_text

ROWS_AT_ONCE = 100
"""Of one transaction; a value is encrypted in some microseconds."""
CHANGED = "changed or of another row"
"""In place of a key's id: the key is here, and the value is not one that it made for this place."""


@dataclass(slots=True)
class Rekeyed:
    """What a run has done so far."""

    done: Counter[str] = field(default_factory=Counter)
    """Values by column."""
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Values by column and the id of the missing key; they are left as they are."""


def left(store: Store, keys: Keyring) -> Counter[str]:
    """How many values by column are not encrypted with the current key. Raises StoreError."""
    found: Counter[str] = Counter()
    with store.read() as reads:
        for place in PLACES:
            query = select(func.count()).select_from(place.column.table).where(_old(place, keys))
            found[place.name] = int(reads._connection.execute(query).scalar() or 0)
    return +found


def rekey(store: Store, *, found: Rekeyed) -> Iterator[Rekeyed]:
    """Encrypt with the current key what is encrypted with another one or not at all; yields after each transaction.

    Args:
        store: Open for writing, with all keys.
        found: Is counted on.

    Raises:
        StoreError: The database cannot be written; what is done so far stays done.
    """
    for place in PLACES:
        after: Any = None
        while True:
            with store.transaction() as writes:
                connection = writes._connection
                rows = _next(connection, place, store.keys, after)
                if rows:
                    after = rows[-1][place.key.name]
                    _rewrite(connection, place, store.keys, rows, found)
            if not rows:
                break
            yield found


def _old(place: EncryptedPlace, keys: Keyring) -> ColumnElement[bool]:
    return and_(place.only, place.column.is_not(None), ~place.stored.startswith(f"v1:{keys.current}:"))


def _next(connection: Connection, place: EncryptedPlace, keys: Keyring, after: Any) -> list[dict[str, Any]]:
    condition = _old(place, keys) if after is None else and_(_old(place, keys), place.key > after)
    query = select(place.column.table).where(condition).order_by(place.key).limit(ROWS_AT_ONCE)
    return [dict(row) for row in connection.execute(query).mappings()]


def _rewrite(
    connection: Connection, place: EncryptedPlace, keys: Keyring, rows: list[dict[str, Any]], found: Rekeyed
) -> None:
    changes = []
    for row in rows:
        old = Sealed(row[place.column.name])
        cell = place.cell(row)
        try:
            new = keys.seal(cell, keys.open(cell, old))
        except Unavailable:
            parts = old.parts
            key_id = CHANGED if parts is None or parts.key_id in keys.known else safe_text(parts.key_id, 8)
            found.lost[place.name, key_id] += 1
            continue
        if new is not None:
            changes.append({"at": row[place.key.name], "old": str(old), "new": str(new)})
    if changes:
        # A value that somebody has written meanwhile is theirs.
        statement = (
            update(place.column.table)
            .where(place.key == bindparam("at"), place.stored == bindparam("old"))
            .values({place.column.name: bindparam("new", type_=place.stored.type)})
        )
        connection.execute(statement, changes)
        found.done[place.name] += len(changes)
