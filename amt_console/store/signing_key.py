"""The key that signs links in messages: made once, and kept encrypted in the database."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from amt_console.store.encryption.column import EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Unavailable
from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.tables import MetaRow
from amt_console.store.writes import Writes

_META = table(MetaRow)
NAME = "link key"
CELL = EncryptedCell(_META.name, "content", NAME)


def link_key(store: Store) -> bytes:
    """The key of this database, made at the first call. One that cannot be decrypted any more is replaced.

    Raises StoreError.
    """
    with store.transaction(durable=True) as writes:
        content = writes._connection.execute(select(_META.c.content).where(_META.c.key == NAME)).scalar()
        try:
            return bytes.fromhex(store.keys.open(CELL, Sealed(content or "")))
        except (Unavailable, ValueError):
            return _made(writes, store)


def _made(writes: Writes, store: Store) -> bytes:
    key = secrets.token_bytes(32)
    sealed = store.keys.seal(CELL, key.hex()) or Sealed.plain(key.hex())
    row = {"key": NAME, "number": 0, "content": str(sealed)}
    writes._connection.execute(writes._ingesters.upsert_meta, [row])
    return key
