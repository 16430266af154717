"""Which key the monitor of a database writes with. Not in ``rekey``, which loads all tables with encrypted values."""

from __future__ import annotations

from sqlalchemy import select

from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.tables import MetaRow

_META = table(MetaRow)
_WRITING_KEY = "writing key"


def note_writing_key(store: Store) -> None:
    """Note which key the monitor of this database writes with: ``db rekey`` asks. Raises StoreError."""
    with store.transaction() as writes:
        row = {"key": _WRITING_KEY, "number": 0, "content": store.keys.current}
        writes._connection.execute(writes._ingesters.upsert_meta, [row])


def writing_key(store: Store) -> str | None:
    """The id of the key that the monitor writes with; ``None`` if it had none yet. Raises StoreError."""
    with store.read() as reads:
        query = select(_META.c.content).where(_META.c.key == _WRITING_KEY)
        found: str | None = reads._connection.execute(query).scalar()
        return found
