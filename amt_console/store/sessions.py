"""Sessions of browsers that logged in with an access token. A session's secret is never stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Text, delete, insert, select
from sqlmodel import Field

from amt_console.store.reads import Reads
from amt_console.store.schema import StoreTable, table
from amt_console.store.utc import UtcDateTime
from amt_console.store.writes import Writes

MOST_PER_TOKEN = 20
"""Most sessions of one token at a time. A further login ends the oldest."""


class SessionRow(StoreTable, table=True):
    """One session. A row lasts until the session ends."""

    __tablename__ = "sessions"
    digest: str = Field(primary_key=True, sa_type=Text)
    """SHA-256 of the secret in the cookie, as hex."""
    token_id: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class LoginSession:
    """What is stored of a session."""

    digest: str
    token_id: str
    created_at: datetime
    expires_at: datetime


_SESSIONS = table(SessionRow)


def add_session(writes: Writes, session: LoginSession) -> None:
    """Store a new session, and drop those that are over."""
    connection, columns = writes._connection, _SESSIONS.c
    connection.execute(delete(_SESSIONS).where(columns.expires_at <= session.created_at))
    own = select(columns.digest).where(columns.token_id == session.token_id).order_by(columns.created_at.desc())
    crowded = connection.execute(own.offset(MOST_PER_TOKEN - 1)).scalars().all()
    connection.execute(delete(_SESSIONS).where(columns.digest.in_(crowded)))
    connection.execute(insert(_SESSIONS), [asdict(session)])


def login_session(reads: Reads, digest: str) -> LoginSession | None:
    """The session with this digest, whether it is over or not."""
    row = reads._connection.execute(select(_SESSIONS).where(_SESSIONS.c.digest == digest)).mappings().first()
    return None if row is None else LoginSession(**row)


def end_session(writes: Writes, digest: str) -> bool:
    """End a session. Returns whether there was one."""
    return bool(writes._connection.execute(delete(_SESSIONS).where(_SESSIONS.c.digest == digest)).rowcount)


def end_sessions_of(writes: Writes, token_id: str) -> int:
    """End all sessions of a token. Returns their number."""
    return int(writes._connection.execute(delete(_SESSIONS).where(_SESSIONS.c.token_id == token_id)).rowcount)
