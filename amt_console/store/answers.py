"""What services answered while they failed: kept encrypted with the alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Executable, bindparam, select
from sqlmodel import Field

from amt_console.model import Episode, EpisodeChange, KeptAnswer
from amt_console.store.encryption.column import Encrypted, EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.schema import BIG, GIVEN, StoreTable, table
from amt_console.store.utc import UtcDateTime
from amt_console.text import safe_text


class AlertAnswerRow(StoreTable, table=True):
    """The beginning of what the service answered when an alert's failure was first seen, or became another one."""

    __tablename__ = "alert_answers"
    alert_id: int = Field(
        primary_key=True, foreign_key="alerts.id", ondelete="CASCADE", sa_type=BIG, sa_column_kwargs=GIVEN
    )
    timestamp: datetime = Field(sa_type=UtcDateTime)
    answer: str = Field(sa_type=Encrypted)


_ANSWERS = table(AlertAnswerRow)
_OF_ALERTS = select(_ANSWERS).where(_ANSWERS.c.alert_id.in_(bindparam("alerts", expanding=True)))
_AT_ONCE = 500
_MAX_CHARS = 2048


def cell_of(alert_id: int) -> EncryptedCell:
    """Where the answer of an alert stands."""
    return EncryptedCell(_ANSWERS.name, "answer", str(alert_id))


def keep(connection: Connection, upsert: Executable, keys: Keyring, episode: Episode, change: EpisodeChange) -> None:
    """Keep the answer of a change in place of the one before; nothing happens without a key."""
    if change.answer is None or episode.id is None:
        return
    sealed = keys.seal(cell_of(episode.id), safe_text(change.answer, _MAX_CHARS, keep_newlines=True))
    if sealed is not None:
        at = change.events[-1].at if change.events else episode.opened_at
        connection.execute(upsert, [{"alert_id": episode.id, "timestamp": at, "answer": sealed}])


def kept(connection: Connection, keys: Keyring, alert_ids: Sequence[int], at: datetime | None) -> dict[int, KeptAnswer]:
    """The answers of some alerts, those that were known at a moment."""
    found: dict[int, KeptAnswer] = {}
    for begin in range(0, len(alert_ids), _AT_ONCE):
        some = list(alert_ids[begin : begin + _AT_ONCE])
        for row in connection.execute(_OF_ALERTS, {"alerts": some}).mappings():
            if at is None or row["timestamp"] <= at:
                found[int(row["alert_id"])] = _read(keys, row["alert_id"], row["timestamp"], row["answer"])
    return found


def _read(keys: Keyring, alert_id: int, at: datetime, sealed: Sealed) -> KeptAnswer:
    try:
        return KeptAnswer(at, safe_text(keys.open(cell_of(int(alert_id)), sealed), _MAX_CHARS, keep_newlines=True))
    except Unavailable as error:
        return KeptAnswer(at, None, str(error))
