"""Answers of actions by the keys of their callers: a repeated request gets the first answer and acts no more."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, Text, delete, insert, select, update
from sqlmodel import Field

from amt_console.store.encryption.column import Encrypted, EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.schema import StoreTable, table
from amt_console.store.utc import UtcDateTime
from amt_console.store.writes import Writes

KEPT = timedelta(hours=24)
MOST_OF_A_CALLER = 1000
"""Keys of one caller; the oldest go first."""
_CHARS = 255


class IdempotencyRow(StoreTable, table=True):
    """One request with a key, and its answer once there is one."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("ix_idempotency_keys_caller", "caller", "created_at"),
        Index("ix_idempotency_keys_created_at", "created_at"),
    )
    id: str = Field(primary_key=True, sa_type=Text)
    """Hash of caller and key."""
    caller: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    """Of the request."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    status: int | None = Field(default=None)
    """Of the answer; null while there is none."""
    answer: str | None = Field(default=None, sa_type=Encrypted)
    """Its body; null if it could not be encrypted."""


_KEYS = table(IdempotencyRow)


@dataclass(frozen=True, slots=True)
class KeptAnswerOf:
    """What is known of an earlier request with the same key."""

    digest: str
    created_at: datetime
    status: int | None
    """``None``: it has no answer so far."""
    body: str | None
    """``None``: it was not kept, or cannot be read any more."""


def claim_key(writes: Writes, keys: Keyring, caller: str, key: str, digest: str, at: datetime) -> KeptAnswerOf | None:
    """Note that a request with a key begins; ``None`` if it is the first one, else what is known of that.

    Expired keys go, and the oldest of a caller with too many. Writing transactions take turns, so of several equal
    requests one is the first.
    """
    connection, number = writes._connection, _id(caller, key)
    connection.execute(delete(_KEYS).where(_KEYS.c.created_at <= at - KEPT))
    row = connection.execute(select(_KEYS).where(_KEYS.c.id == number)).mappings().first()
    if row is not None:
        body = _opened(keys, number, row["answer"])
        return KeptAnswerOf(row["digest"], row["created_at"], row["status"], body)
    mine = select(_KEYS.c.id).where(_KEYS.c.caller == caller[:_CHARS])
    surplus = mine.order_by(_KEYS.c.created_at.desc(), _KEYS.c.id).offset(MOST_OF_A_CALLER - 1)
    if old := connection.execute(surplus).scalars().all():
        connection.execute(delete(_KEYS).where(_KEYS.c.id.in_(old)))
    new = {"id": number, "caller": caller[:_CHARS], "digest": digest, "created_at": at}
    connection.execute(insert(_KEYS), [new])
    return None


def keep_answer(writes: Writes, keys: Keyring, caller: str, key: str, status: int, body: str) -> None:
    """Keep the answer of the first request with a key."""
    number = _id(caller, key)
    sealed = keys.seal(answer_cell(number), body)
    writes._connection.execute(update(_KEYS).where(_KEYS.c.id == number).values(status=status, answer=sealed))


def release_key(writes: Writes, caller: str, key: str) -> None:
    """Forget a key: nothing was done, and the request may be sent again."""
    writes._connection.execute(delete(_KEYS).where(_KEYS.c.id == _id(caller, key)))


def _id(caller: str, key: str) -> str:
    return hashlib.sha256(f"{caller}\n{key}".encode()).hexdigest()


def answer_cell(number: str) -> EncryptedCell:
    """Where the answer of a request stands."""
    return EncryptedCell(_KEYS.name, "answer", number)


def _opened(keys: Keyring, number: str, sealed: Sealed | None) -> str | None:
    try:
        return None if sealed is None else keys.open(answer_cell(number), sealed)
    except Unavailable:
        return None
