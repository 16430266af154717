"""Silences, maintenance windows and overrides that people added: reading, adding and ending them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, insert, select, true, update

from amt_console.model import AlertType, Severity
from amt_console.model.policy import Added, MaintenanceWindow, Policies, RotaOverride, Silence
from amt_console.store.policies.tables import MaintenanceRow, OverrideRow, SilenceRow
from amt_console.store.schema import table
from amt_console.store.utc import UtcDateTime
from amt_console.store.values import Row, clean, clean_text, json_object, member, to_json

_SILENCES = table(SilenceRow)
_WINDOWS = table(MaintenanceRow)
_OVERRIDES = table(OverrideRow)
_KEPT = _OVERRIDES.c.undone_at.is_(None)
_AT = bindparam("at", type_=UtcDateTime)
_ALL_WINDOWS = select(_WINDOWS).order_by(_WINDOWS.c.id)
_WINDOWS_AFTER = _ALL_WINDOWS.where(_WINDOWS.c.ends_at > _AT)
"""Asked with each batch of results; built once, because that takes longer than the answer."""
_IS_THERE = select(
    exists().where(_SILENCES.c.ends_at > _AT),
    exists().where(_WINDOWS.c.ends_at > _AT),
    exists().where(_KEPT, _OVERRIDES.c.ends_at > _AT),
)
"""Asked with each batch and each snapshot: nearly always nothing is there."""


class PolicyReads:
    """What people added, in the order in which they did.

    Each read takes the earliest end that is still of interest; without one it returns everything that is stored.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def added_to(self, policies: Policies, at: datetime) -> Policies:
        """The configuration's policies with what people added and what has not ended at a moment."""
        is_silenced, is_worked_on, is_replaced = self._connection.execute(_IS_THERE, {"at": at}).one()
        if not (is_silenced or is_worked_on or is_replaced):
            return policies
        silences = self.silences(at) if is_silenced else ()
        windows = self.maintenance(at) if is_worked_on else ()
        overrides = self.overrides(at) if is_replaced else ()
        rotas = {
            name: replace(rota, overrides=(*rota.overrides, *(each for each in overrides if each.rota == name)))
            for name, rota in policies.rotas.items()
        }
        return replace(
            policies,
            silences=(*policies.silences, *silences),
            maintenance=(*policies.maintenance, *windows),
            rotas=rotas,
        )

    def silences(self, ends_after: datetime | None = None) -> tuple[Silence, ...]:
        """Silences, also those that have not begun."""
        query = select(_SILENCES).where(_later(_SILENCES.c.ends_at, ends_after)).order_by(_SILENCES.c.id)
        return tuple(map(_silence, self._connection.execute(query).mappings()))

    def maintenance(self, ends_after: datetime | None = None) -> tuple[MaintenanceWindow, ...]:
        """Maintenance windows, also those that have not begun."""
        found = self._connection.execute(_ALL_WINDOWS if ends_after is None else _WINDOWS_AFTER, {"at": ends_after})
        return tuple(map(_window, found.mappings()))

    def overrides(self, ends_after: datetime | None = None) -> tuple[RotaOverride, ...]:
        """Overrides that were not undone."""
        query = select(_OVERRIDES).where(_KEPT, _later(_OVERRIDES.c.ends_at, ends_after)).order_by(_OVERRIDES.c.id)
        return tuple(map(_override, self._connection.execute(query).mappings()))


class PolicyWrites(PolicyReads):
    """Adds and ends what people add."""

    def add(self, new: Added, *, at: datetime) -> Added:
        """Store a silence, a maintenance window or an override of a rota; returns it as it is stored."""
        if isinstance(new, Silence):
            return add_silence(self._connection, new, at=at)
        if isinstance(new, RotaOverride):
            return add_override(self._connection, new, at=at)
        return add_maintenance(self._connection, new, at=at)

    def end(self, ended: Added, *, at: datetime, by: str) -> bool:
        """End a silence, a maintenance window or an override now; ``False`` if it has ended."""
        if isinstance(ended, Silence):
            return end_silence(self._connection, int(ended.id), at=at, by=by)
        if isinstance(ended, RotaOverride):
            return undo_override(self._connection, ended, at=at)
        return end_maintenance(self._connection, ended.name, at=at, by=by)


def add_silence(connection: Connection, silence: Silence, *, at: datetime) -> Silence:
    """Store a silence; returns it with its id."""
    matchers = {
        "services": list(silence.services),
        "groups": list(silence.groups),
        "alert_types": [kind.value for kind in silence.alert_types],
        "severity": None if silence.severity is None else silence.severity.value,
        "match": silence.match,
    }
    values = {
        "created_at": at,
        "starts_at": silence.starts_at or at,
        "ends_at": silence.ends_at,
        "created_by": clean_text(silence.created_by or ""),
        "reason": clean_text(silence.reason),
        "matchers": to_json({name: value for name, value in matchers.items() if value}),
    }
    return _silence({**values, "ended_by": None, "id": _insert(connection, _SILENCES, values)})


def end_silence(connection: Connection, silence_id: int, *, at: datetime, by: str) -> bool:
    """End a silence now; ``False`` if there is none that has not ended."""
    return _end(connection, _SILENCES, _SILENCES.c.id == silence_id, at, by)


def add_maintenance(connection: Connection, window: MaintenanceWindow, *, at: datetime) -> MaintenanceWindow:
    """Store a maintenance window with a beginning and an end.

    Raises:
        ValueError: It has none: recurring windows stand in the configuration.
    """
    if window.starts_at is None or window.ends_at is None:
        raise ValueError("a stored maintenance window has a beginning and an end")
    values = {
        "name": clean_text(window.name),
        "created_at": at,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "created_by": clean_text(window.created_by or ""),
        "matchers": to_json({"services": list(window.services), "groups": list(window.groups)}),
        "note": clean(window.note),
    }
    _insert(connection, _WINDOWS, values)
    return _window({**values, "ended_by": None})


def end_maintenance(connection: Connection, name: str, *, at: datetime, by: str) -> bool:
    """End a maintenance window now; ``False`` if there is none that has not ended."""
    return _end(connection, _WINDOWS, _WINDOWS.c.name == name, at, by)


def add_override(connection: Connection, override: RotaOverride, *, at: datetime) -> RotaOverride:
    """Store an override of a rota; returns it with its id."""
    values = {
        "rota": clean_text(override.rota),
        "person": clean_text(override.person),
        "created_at": at,
        "starts_at": override.starts_at,
        "ends_at": override.ends_at,
        "created_by": clean_text(override.created_by or ""),
    }
    return _override({**values, "id": _insert(connection, _OVERRIDES, values)})


def undo_override(connection: Connection, override: RotaOverride, *, at: datetime) -> bool:
    """Take an override back; ``False`` if it is gone. One that has begun ends now: who was on call stays true."""
    open_ = (_OVERRIDES.c.id == override.id, _OVERRIDES.c.undone_at.is_(None), _OVERRIDES.c.ends_at > at)
    changed = {"ends_at": at} if override.starts_at < at else {"undone_at": at}
    return connection.execute(update(_OVERRIDES).where(*open_).values(changed)).rowcount > 0


def _insert(connection: Connection, into: Any, values: dict[str, Any]) -> int:
    key = connection.execute(insert(into).values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _end(connection: Connection, of: Any, which: ColumnElement[bool], at: datetime, by: str) -> bool:
    running = update(of).where(which, of.c.ends_at > at, of.c.ended_by.is_(None))
    changed = connection.execute(running.values(ends_at=at, ended_by=clean_text(by)))
    return changed.rowcount > 0


def _later(column: ColumnElement[datetime], moment: datetime | None) -> ColumnElement[bool]:
    return true() if moment is None else column > moment


def _silence(row: Row) -> Silence:
    matchers = json_object(row["matchers"])
    kinds = (member(AlertType, str(kind)) for kind in matchers.get("alert_types", ()))
    return Silence(
        reason=row["reason"],
        ends_at=row["ends_at"],
        id=str(row["id"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        starts_at=row["starts_at"],
        services=tuple(matchers.get("services", ())),
        groups=tuple(matchers.get("groups", ())),
        alert_types=tuple(kind for kind in kinds if kind is not None),
        severity=member(Severity, matchers.get("severity")),
        match=matchers.get("match"),
        ended_by=row["ended_by"],
    )


def _window(row: Row) -> MaintenanceWindow:
    matchers = json_object(row["matchers"])
    return MaintenanceWindow(
        name=row["name"],
        services=tuple(matchers.get("services", ())),
        groups=tuple(matchers.get("groups", ())),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        note=row["note"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        ended_by=row["ended_by"],
    )


def _override(row: Row) -> RotaOverride:
    return RotaOverride(
        person=row["person"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        rota=row["rota"],
        id=int(row["id"]),
        created_by=row["created_by"],
    )
