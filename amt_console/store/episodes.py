"""Alert episodes and their events are stored with compare-and-set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from amt_console.alerts import in_order
from amt_console.model import AlertEvent, Episode
from amt_console.store.episode_rows import episode_values, event_values
from amt_console.store.errors import VersionConflict
from amt_console.store.schema import table
from amt_console.store.tables import AlertEventRow, AlertRow

_ALERTS = table(AlertRow)
_EVENTS = table(AlertEventRow)
_INSERT = insert(_ALERTS)
_REPLACE = update(_ALERTS).where(_ALERTS.c.id == bindparam("of_id"), _ALERTS.c.version == bindparam("of_version"))
_LAST_EVENT = (
    select(_EVENTS.c.seq, _EVENTS.c.timestamp)
    .where(_EVENTS.c.alert_id == bindparam("alert_id"))
    .order_by(_EVENTS.c.seq.desc())
    .limit(1)
)


def save(connection: Connection, episode: Episode, events: Sequence[AlertEvent], *, simulated: bool) -> Episode:
    """Insert an episode without id, or replace the stored one if nobody changed it since it was read.

    Raises:
        VersionConflict: Another version is stored, it is gone, or another episode of its rule and subject is open.
    """
    first = 1
    if episode.id is not None and events:
        last = connection.execute(_LAST_EVENT, {"alert_id": episode.id}).first()
        if last is not None:
            first = int(last.seq) + 1
            episode, events = in_order(episode, events, last.timestamp)
    saved = replace(episode, version=episode.version + 1, simulated=episode.simulated or simulated)
    values = episode_values(saved)
    if episode.id is None:
        try:
            with connection.begin_nested():
                inserted = connection.execute(_INSERT, values)
        except IntegrityError as error:
            raise VersionConflict(f"An alert of {episode.rule_id} for {episode.subject} is open already.") from error
        key = inserted.inserted_primary_key
        assert key is not None
        saved = replace(saved, id=int(key[0]))
    else:
        changed = connection.execute(_REPLACE, {**values, "of_id": episode.id, "of_version": episode.version})
        if changed.rowcount != 1:
            raise VersionConflict(f"Alert {episode.id} was changed by somebody else in the meantime.")
    if events:
        rows = [event_values(event, saved.id, seq) for seq, event in enumerate(events, first)]
        connection.execute(insert(_EVENTS), rows)
    return saved
