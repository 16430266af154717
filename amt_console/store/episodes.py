"""Alert episodes and their events: stored with compare-and-set, read as they are or as they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, RowMapping, Select, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from amt_console.model import AlertEvent, AlertState, AlertType, Episode, Resolution, Severity
from amt_console.store.errors import VersionConflict
from amt_console.store.readable import LATEST, readable
from amt_console.store.schema import table
from amt_console.store.tables import AlertEventRow, AlertRow
from amt_console.store.values import Row, clean, clean_text, finite, instant_json, instant_of

_ALERTS = table(AlertRow)
_EVENTS = table(AlertEventRow)
_OLDEST_FIRST = select(_ALERTS).order_by(_ALERTS.c.timestamp, _ALERTS.c.id)
_OPEN = _OLDEST_FIRST.where(_ALERTS.c.resolved.is_(False))


def save(connection: Connection, episode: Episode, events: Sequence[AlertEvent], *, simulated: bool) -> Episode:
    """Insert an episode without id, or replace the stored one if nobody changed it since it was read.

    Raises:
        VersionConflict: Another version is stored, it is gone, or another episode of its rule and subject is open.
    """
    saved = replace(episode, version=episode.version + 1, simulated=episode.simulated or simulated)
    values = _episode_row(saved)
    if episode.id is None:
        try:
            with connection.begin_nested():
                inserted = connection.execute(insert(_ALERTS).values(values))
        except IntegrityError as error:
            raise VersionConflict(f"An alert of {episode.rule_id} for {episode.subject} is open already.") from error
        key = inserted.inserted_primary_key
        assert key is not None
        saved = replace(saved, id=int(key[0]))
        first = 1
    else:
        changed = connection.execute(
            update(_ALERTS).where(_ALERTS.c.id == episode.id, _ALERTS.c.version == episode.version).values(values)
        )
        if changed.rowcount != 1:
            raise VersionConflict(f"Alert {episode.id} was changed by somebody else in the meantime.")
        last = connection.execute(select(func.max(_EVENTS.c.seq)).where(_EVENTS.c.alert_id == episode.id)).scalar()
        first = (last or 0) + 1
    if events:
        rows = [_event_row(event, saved.id, seq) for seq, event in enumerate(events, first)]
        connection.execute(insert(_EVENTS), rows)
    return saved


def episode(connection: Connection, alert_id: int) -> Episode | None:
    """One episode as it is."""
    row = connection.execute(select(_ALERTS).where(_ALERTS.c.id == alert_id)).mappings().first()
    return None if row is None or row["timestamp"] is None else _episode_of(row)


def events(connection: Connection, alert_id: int) -> list[AlertEvent]:
    """Everything that happened to an episode, oldest first."""
    rows = connection.execute(select(_EVENTS).where(_EVENTS.c.alert_id == alert_id).order_by(_EVENTS.c.seq))
    return [_event_of(row) for row in rows.mappings()]


def episodes(
    connection: Connection,
    *,
    start: datetime,
    end: datetime,
    states: Sequence[AlertState] | None,
    subject: str | None,
    limit: int,
) -> list[Episode]:
    """Episodes as they are that were open at any time in ``[start, end)``, newest first."""
    query = _within(None if states is None else frozenset(states), subject is not None)
    rows = connection.execute(query, {"start": start, "end": end, "subject": subject, "most": limit})
    return [_episode_of(row) for row in _datable(rows.mappings())]


@cache
def _within(states: frozenset[AlertState] | None, of_subject: bool) -> Select[Any]:
    begun, resolved = _ALERTS.c.timestamp < bindparam("end"), _ALERTS.c.resolved
    query = select(_ALERTS).where(
        begun, or_(resolved.is_(False), _ALERTS.c.resolved_at.between(bindparam("start"), LATEST))
    )
    if states is not None:
        # Rows that others wrote say only in ``resolved`` that they have ended.
        running = sorted(state.value for state in states if state is not AlertState.RESOLVED)
        wanted = and_(resolved.is_(False), _ALERTS.c.state.in_(running))
        query = query.where(or_(wanted, resolved.is_(True)) if AlertState.RESOLVED in states else wanted)
    if of_subject:
        query = query.where(_ALERTS.c.subject == bindparam("subject"))
    newest = _ALERTS.c.timestamp.desc(), _ALERTS.c.id.desc()
    return query.order_by(*newest).limit(bindparam("most", type_=Integer))


def open_episodes(connection: Connection, at: datetime | None) -> list[Episode]:
    """Episodes that are open, or that were open at a moment, as they were then; oldest first."""
    if at is None:
        rows = connection.execute(_OPEN).mappings()
        return [_episode_of(row) for row in readable(rows)]
    later = and_(_ALERTS.c.resolved_at > at, _ALERTS.c.resolved_at <= LATEST)
    rows = connection.execute(
        _OLDEST_FIRST.where(_ALERTS.c.timestamp <= at, or_(_ALERTS.c.resolved.is_(False), later))
    ).mappings()
    found = {int(row["id"]): _episode_of(row) for row in _datable(rows)}
    happened: dict[int, list[AlertEvent]] = {alert_id: [] for alert_id in found}
    for row in connection.execute(
        select(_EVENTS)
        .where(_EVENTS.c.alert_id.in_(list(found)), _EVENTS.c.timestamp <= at)
        .order_by(_EVENTS.c.alert_id, _EVENTS.c.seq)
    ).mappings():
        happened[int(row["alert_id"])].append(_event_of(row))
    past = (as_of(current, happened[alert_id]) for alert_id, current in found.items())
    return [each for each in past if each.open]


def _datable(rows: Iterable[RowMapping]) -> Iterable[RowMapping]:
    """Those of which can be read when they began and, if so, ended."""
    return (row for row in readable(rows) if not row["resolved"] or row["resolved_at"] is not None)


def as_of(current: Episode, happened: Iterable[AlertEvent]) -> Episode:
    """An episode as it was after the given events, its first ones.

    Counters and the instants of the running streaks are not kept by events; they come out empty.
    """
    past = replace(
        current,
        state=AlertState.PENDING,
        fired_at=None,
        resolved_at=None,
        resolution=None,
        stale=False,
        stale_since=None,
        acknowledged_by=None,
        acknowledged_at=None,
        note=None,
        bad_since=None,
        ok_since=None,
        bad_count=0,
        critical_count=0,
        warning_count=0,
        ok_count=0,
    )
    for event in happened:
        past = _after(past, event)
    return past


def _after(episode: Episode, event: AlertEvent) -> Episode:
    changes: dict[str, Any] = {"state": event.state, "severity": event.severity, "message": event.message}
    if event.value is not None:
        changes["value"] = event.value
    match event.kind:
        case "fired":
            changes["fired_at"] = event.at
        case "stale" | "fresh":
            changes["stale"] = event.kind == "stale"
        case "acknowledged":
            changes |= {"acknowledged_by": event.actor, "acknowledged_at": event.at, "note": event.note}
        case "unacknowledged" | "ack_revoked":
            changes |= {"acknowledged_by": None, "acknowledged_at": None, "note": None}
        case "note":
            changes["note"] = event.note
        case "resolved" | "cleared":
            changes["resolved_at"] = event.at
    return replace(episode, **changes)


def _episode_row(episode: Episode) -> dict[str, Any]:
    return {
        "timestamp": episode.opened_at,
        "alert_type": episode.alert_type.value,
        "severity": episode.severity.value,
        "message": clean_text(episode.message),
        "resolved": not episode.open,
        "resolved_at": episode.resolved_at,
        "rule_id": episode.rule_id,
        "subject": episode.subject,
        "state": episode.state.value,
        "version": episode.version,
        "bad_since": instant_json(episode.bad_since),
        "ok_since": instant_json(episode.ok_since),
        "bad_count": episode.bad_count,
        "critical_count": episode.critical_count,
        "warning_count": episode.warning_count,
        "ok_count": episode.ok_count,
        "fired_at": episode.fired_at,
        "resolution": None if episode.resolution is None else episode.resolution.value,
        "value": finite(episode.value),
        "threshold": finite(episode.threshold),
        "stale": episode.stale,
        "stale_since": instant_json(episode.stale_since),
        "acknowledged_by": clean(episode.acknowledged_by),
        "acknowledged_at": episode.acknowledged_at,
        "note": clean(episode.note),
        "escalation_level": episode.escalation_level,
        "previous_episode_id": episode.previous_episode_id,
        "runbook": clean(episode.runbook),
        "simulated": episode.simulated,
    }


def _episode_of(row: Row) -> Episode:
    resolved = bool(row["resolved"])
    state = AlertState.RESOLVED if resolved else _enum(AlertState, row["state"], AlertState.FIRING)
    return Episode(
        rule_id=row["rule_id"],
        subject=row["subject"],
        alert_type=_enum(AlertType, row["alert_type"], AlertType.MONITOR),
        severity=_enum(Severity, row["severity"], Severity.WARNING),
        message=row["message"],
        state=state,
        opened_at=row["timestamp"],
        id=int(row["id"]),
        version=int(row["version"]),
        bad_since=instant_of(row["bad_since"]),
        ok_since=instant_of(row["ok_since"]),
        bad_count=int(row["bad_count"]),
        critical_count=int(row["critical_count"]),
        warning_count=int(row["warning_count"]),
        ok_count=int(row["ok_count"]),
        fired_at=row["fired_at"],
        resolved_at=row["resolved_at"],
        resolution=None if row["resolution"] is None else _enum(Resolution, row["resolution"], Resolution.MANUAL),
        value=row["value"],
        threshold=row["threshold"],
        stale=bool(row["stale"]),
        stale_since=instant_of(row["stale_since"]),
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
        note=row["note"],
        escalation_level=int(row["escalation_level"]),
        previous_episode_id=row["previous_episode_id"],
        runbook=row["runbook"],
        simulated=bool(row["simulated"]),
    )


def _enum(kind: Any, value: str, otherwise: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return otherwise


def _event_row(event: AlertEvent, alert_id: int | None, seq: int) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "seq": seq,
        "timestamp": event.at,
        "kind": event.kind,
        "state": event.state.value,
        "severity": event.severity.value,
        "message": clean_text(event.message),
        "actor": clean(event.actor),
        "note": clean(event.note),
        "value": finite(event.value),
    }


def _event_of(row: Row) -> AlertEvent:
    return AlertEvent(
        kind=row["kind"],
        at=row["timestamp"],
        state=_enum(AlertState, row["state"], AlertState.FIRING),
        severity=_enum(Severity, row["severity"], Severity.WARNING),
        message=row["message"],
        actor=row["actor"],
        note=row["note"],
        value=row["value"],
        seq=int(row["seq"]),
        alert_id=int(row["alert_id"]),
    )
