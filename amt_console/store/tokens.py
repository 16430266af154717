"""Access tokens of the API: who may come in over TCP, as what, and until when. A token itself is never stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, Text, insert, select, update
from sqlmodel import Field

from amt_console.store.reads import Reads
from amt_console.store.schema import StoreTable, table
from amt_console.store.utc import UtcDateTime
from amt_console.store.writes import Writes
from amt_console.text import safe_text

MAX_NAME_CHARS = 64


class TokenRow(StoreTable, table=True):
    """One access token: its public part, and the hash of the whole."""

    __tablename__ = "tokens"
    id: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    """SHA-256 of the token, as hex: it has 190 random bits, so that a slow hash would gain nothing."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(sa_type=Text)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_from: str | None = Field(default=None, sa_type=Text)
    """The address of the last use."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What is stored of a token."""

    id: str
    name: str
    role: str
    digest: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_from: str | None = None

    def valid_at(self, now: datetime) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


_TOKENS = table(TokenRow)


def add_token(writes: Writes, token: AccessToken) -> None:
    """Store a new token. Its id must be new."""
    writes._connection.execute(insert(_TOKENS), [{**asdict(token), "name": safe_text(token.name, MAX_NAME_CHARS)}])


def access_token(reads: Reads, token_id: str) -> AccessToken | None:
    """The token with this id, valid or not."""
    row = reads._connection.execute(select(_TOKENS).where(_TOKENS.c.id == token_id)).mappings().first()
    return None if row is None else _token(row)


def access_tokens(reads: Reads) -> list[AccessToken]:
    """All tokens that ever were, oldest first."""
    rows = reads._connection.execute(select(_TOKENS).order_by(_TOKENS.c.created_at, _TOKENS.c.id)).mappings()
    return [_token(row) for row in rows]


def revoke_token(writes: Writes, token_id: str, at: datetime) -> None:
    """End a token; one that is revoked already keeps its moment."""
    statement = update(_TOKENS).where(_TOKENS.c.id == token_id, _TOKENS.c.revoked_at.is_(None))
    writes._connection.execute(statement.values(revoked_at=at))


def token_used(writes: Writes, token_id: str, at: datetime, address: str) -> None:
    """Remember when and from which address a token was last used."""
    values = {"last_used_at": at, "last_used_from": safe_text(address, MAX_NAME_CHARS)}
    writes._connection.execute(update(_TOKENS).where(_TOKENS.c.id == token_id).values(values))


def _token(row: RowMapping) -> AccessToken:
    values = {name: row[name] for name in AccessToken.__slots__}
    for name in ("id", "name", "role", "created_by"):
        values[name] = safe_text(values[name], MAX_NAME_CHARS)
    if values["last_used_from"] is not None:
        values["last_used_from"] = safe_text(values["last_used_from"], MAX_NAME_CHARS)
    return AccessToken(**values)
