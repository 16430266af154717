"""Between alert episodes, their events and their rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from amt_console.model import (
    AlertEvent,
    AlertState,
    AlertType,
    Episode,
    ErrorClass,
    Paging,
    Rating,
    Receiver,
    Resolution,
    Severity,
)
from amt_console.store.values import (
    Row,
    clean,
    clean_text,
    finite,
    instant_json,
    instant_of,
    json_object,
    moment_of,
    to_json,
)

_NOT_TOLD = Paging()
_STATES = {state.value: state for state in AlertState}
_SEVERITIES = {severity.value: severity for severity in Severity}


def episode_values(episode: Episode) -> dict[str, Any]:
    """A row of ``alerts``, without its number."""
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
        "began": instant_json(episode.began),
        "fired_at": episode.fired_at,
        "duration_seconds": finite(episode.duration_seconds),
        "resolution": None if episode.resolution is None else episode.resolution.value,
        "value": finite(episode.value),
        "threshold": finite(episode.threshold),
        "error_class": None if episode.error_class is None else episode.error_class.value,
        "stale": episode.stale,
        "stale_since": instant_json(episode.stale_since),
        "acknowledged_by": clean(episode.acknowledged_by),
        "acknowledged_at": episode.acknowledged_at,
        "acknowledged_until": episode.acknowledged_until,
        "snoozed_by": clean(episode.snoozed_by),
        "snoozed_until": episode.snoozed_until,
        "rating": None if episode.rating is None else episode.rating.value,
        "note": clean(episode.note),
        "escalation_level": episode.escalation_level,
        "paging": _paging_json(episode.paging),
        "previous_episode_id": episode.previous_episode_id,
        "runbook": clean(episode.runbook),
        "simulated": episode.simulated,
    }


def episode_of(row: Row) -> Episode:
    """The episode in a row of ``alerts``."""
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
        began=instant_of(row["began"]),
        fired_at=row["fired_at"],
        duration_seconds=row["duration_seconds"],
        resolved_at=row["resolved_at"],
        resolution=None if row["resolution"] is None else _enum(Resolution, row["resolution"], Resolution.MANUAL),
        value=row["value"],
        threshold=row["threshold"],
        error_class=None if row["error_class"] is None else _enum(ErrorClass, row["error_class"], None),
        stale=bool(row["stale"]),
        stale_since=instant_of(row["stale_since"]),
        acknowledged_by=row["acknowledged_by"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_until=row["acknowledged_until"],
        snoozed_by=row["snoozed_by"],
        snoozed_until=row["snoozed_until"],
        rating=None if row["rating"] is None else _enum(Rating, row["rating"], None),
        note=row["note"],
        escalation_level=int(row["escalation_level"]),
        paging=_paging_of(row["paging"]),
        previous_episode_id=row["previous_episode_id"],
        runbook=row["runbook"],
        simulated=bool(row["simulated"]),
    )


def _paging_json(paging: Paging) -> str | None:
    if paging == _NOT_TOLD:
        return None
    stored = {
        "base": instant_json(paging.base),
        "told": [[receiver.channel, receiver.name] for receiver in paging.told],
        "last_told": instant_json(paging.last_told),
        "held": paging.held,
        "held_since": instant_json(paging.held_since),
        "released": instant_json(paging.released),
        "settled": paging.settled,
        "owner_reminded": paging.owner_reminded,
        "returning": paging.returning,
        "flips": [flip.isoformat() for flip in paging.flips],
        "flapping": paging.flapping,
    }
    return to_json({name: value for name, value in stored.items() if value})


def _paging_of(text: str | None) -> Paging:
    stored = json_object(text)
    if not stored:
        return _NOT_TOLD
    flips = [moment_of(flip) for flip in stored.get("flips", ())]
    return Paging(
        base=instant_of(stored.get("base")),
        told=tuple(Receiver(str(channel), str(name)) for channel, name in stored.get("told", ())),
        last_told=instant_of(stored.get("last_told")),
        held=stored.get("held"),
        held_since=instant_of(stored.get("held_since")),
        released=instant_of(stored.get("released")),
        settled=bool(stored.get("settled")),
        owner_reminded=bool(stored.get("owner_reminded")),
        returning=stored.get("returning"),
        flips=tuple(flip for flip in flips if flip is not None),
        flapping=bool(stored.get("flapping")),
    )


def _enum(kind: Any, value: str, otherwise: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        return otherwise


def event_values(event: AlertEvent, alert_id: int | None, seq: int) -> dict[str, Any]:
    """A row of ``alert_events``."""
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
        "detail": to_json(dict(event.detail)) if event.detail else None,
    }


EVENT_COLUMNS = (
    "kind",
    "timestamp",
    "state",
    "severity",
    "message",
    "actor",
    "note",
    "value",
    "detail",
    "seq",
    "alert_id",
)
"""In the order of ``AlertEvent``."""


def event_of(row: Row) -> AlertEvent:
    """The event in a row of ``alert_events``."""
    return event_of_values(*[row[name] for name in EVENT_COLUMNS])


def event_of_values(kind: str, at: datetime, state: str, severity: str, *others: Any) -> AlertEvent:
    """The event in the values of ``EVENT_COLUMNS``."""
    message, actor, note, value, detail, seq, alert_id = others
    return AlertEvent(
        kind,
        at,
        _STATES.get(state, AlertState.FIRING),
        _SEVERITIES.get(severity, Severity.WARNING),
        message,
        actor,
        note,
        value,
        {str(name): str(each) for name, each in json_object(detail).items()} if detail else {},
        int(seq),
        int(alert_id),
    )
