"""Taking back what a person did last to an alert."""

from __future__ import annotations

from datetime import datetime

from amt_console.alerts.handling.scene import (
    AlertConflict,
    Outcome,
    Scene,
    alert_of,
    must_be_version,
    name_of,
    on_alert,
    person_of,
)
from amt_console.alerts.lifecycle.replay import UNDONE, told_before
from amt_console.alerts.lifecycle.transition import Transition
from amt_console.model import AlertEvent, Episode, Undo, UndoLast

_OWNERSHIP = frozenset(("acknowledged", "unacknowledged", "snoozed", "snooze_ended"))
_BY_THE_ENGINE = frozenset(("ack_revoked", "ack_expired"))
_HANDLING = _OWNERSHIP | _BY_THE_ENGINE | {"rated", "note", UNDONE}
_RESTORED = (
    "acknowledged_by",
    "acknowledged_at",
    "acknowledged_until",
    "snoozed_by",
    "snoozed_until",
    "rating",
    "note",
)


def undo(action: Undo | UndoLast, scene: Scene) -> Outcome:
    """Restore owner, times, rating and note of an alert as they were before the person's last action on it.

    Anything that somebody else did since, or that ended by itself, stands.
    """
    episode = alert_of(scene)
    must_be_version(episode, action.expected_version if isinstance(action, Undo) else None)
    person = person_of(scene)
    last = _last_action(episode, scene.events, person)
    before = told_before(episode, scene.events, last[0].seq)
    restored = {name: getattr(before, name) for name in _RESTORED}
    transition = Transition(episode, scene.now)
    transition.change(**restored)
    detail = {name: _text(value) for name, value in restored.items() if value is not None}
    handled_by = {"from": episode.acknowledged_by, "snooze_of": episode.snoozed_by}
    detail |= {name: who for name, who in handled_by.items() if who is not None}
    kinds = ", ".join(event.kind for event in last)
    transition.event(UNDONE, f"{person} took back: {kinds}", actor=person, detail=detail)
    return on_alert(transition)


def _last_action(episode: Episode, events: tuple[AlertEvent, ...], person: str) -> tuple[AlertEvent, ...]:
    """The events of the newest action, which is the person's. Raises AlertConflict."""
    name = name_of(episode)
    handled = [event for event in events if event.kind in _HANDLING or event.actor is not None]
    if not handled:
        raise AlertConflict(f"{name}: nobody has done anything to it yet.")
    newest = handled[-1]
    if newest.actor is None:
        raise AlertConflict(f"{name} changed since: {newest.message}.")
    if newest.actor != person:
        raise AlertConflict(f"{name}: the last action is {newest.actor}'s ({newest.message}).")
    if newest.kind == UNDONE:
        raise AlertConflict(f"{name}: your last action is undone already.")
    action = tuple(event for event in handled if (event.actor, event.at) == (person, newest.at))
    kinds = {event.kind for event in action}
    if not kinds <= _HANDLING:
        raise AlertConflict(f"{name} is closed and stays so. If its subject is still bad, a new alert starts.")
    if not episode.open and kinds & _OWNERSHIP:
        raise AlertConflict(f"{name} has resolved.")
    return action


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
