"""Handlers of people's actions. They change an alert's owner and notes, never its condition."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from amt_console.alerts.lifecycle.transition import Step, Transition
from amt_console.clock import Instant
from amt_console.model import (
    MAX_NOTE_CHARS,
    Acknowledge,
    Action,
    AlertAction,
    AlertState,
    Close,
    Episode,
    Note,
    ProbeNow,
    Resolution,
    Unacknowledge,
)
from amt_console.text import age, safe_text


class AlertConflict(Exception):
    """The action came too late or does not fit the alert's state. The text is for the person."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The input of a handler."""

    actor: str
    """The person."""
    now: Instant
    episode: Episode | None = None
    """For an action on an alert: its stored state."""
    services: Collection[str] = ()
    """Names of all watched targets."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a handler: what to store and to do."""

    subject: str
    """The object of the action, in words."""
    step: Step | None = None
    """The change of the alert."""
    probes: tuple[str, ...] = ()
    """Services to probe at once."""


def handle(action: Action[Any], scene: Scene) -> Outcome:
    """Compute the effect of an action; no I/O.

    Raises:
        AlertConflict: The alert has resolved, already has an owner or has none, or is not at the expected version.
        LookupError: There is no such service.
        ValueError: The action is not valid.
    """
    return HANDLERS[type(action)](action, scene)


def acknowledge(action: Acknowledge, scene: Scene) -> Outcome:
    """Give an unacknowledged firing alert an owner."""
    episode = _open_alert(scene)
    if episode.acknowledged_by is not None:
        ago = age(episode.acknowledged_at, scene.now.wall)
        raise AlertConflict(f"{_name(episode)} is already acknowledged by {episode.acknowledged_by}, {ago} ago.")
    _must_be_version(episode, action)
    if episode.state is AlertState.PENDING:
        raise AlertConflict(f"{_name(episode)} is not confirmed yet. It can be acknowledged when it fires.")
    person, words = _person(scene), _words(action.note)
    transition = Transition(episode, scene.now)
    transition.change(acknowledged_by=person, acknowledged_at=transition.wall, note=words or episode.note)
    transition.event("acknowledged", f"acknowledged by {person}", actor=person, note=words)
    return _outcome(transition)


def unacknowledge(action: Unacknowledge, scene: Scene) -> Outcome:
    """Remove an alert's owner: it is unacknowledged again."""
    episode = _open_alert(scene)
    if episode.acknowledged_by is None:
        raise AlertConflict(f"{_name(episode)} is not acknowledged.")
    _must_be_version(episode, action)
    person = _person(scene)
    transition = Transition(episode, scene.now)
    transition.change(acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
    transition.event("unacknowledged", f"unacknowledged by {person}", actor=person)
    return _outcome(transition)


def add_note(action: Note, scene: Scene) -> Outcome:
    """Add a note to an alert, whatever its state and owner."""
    episode = _alert(scene)
    _must_be_version(episode, action)
    person, words = _person(scene), _words(action.note)
    if words is None:
        raise ValueError("A note needs some text.")
    transition = Transition(episode, scene.now)
    transition.change(note=words)
    transition.event("note", f"note by {person}", actor=person, note=words)
    return _outcome(transition)


def close(action: Close, scene: Scene) -> Outcome:
    """End an open alert. If the subject is still bad, a new alert starts from pending: closing mutes nothing."""
    episode = _open_alert(scene)
    _must_be_version(episode, action)
    person, words = _person(scene), _words(action.note)
    transition = Transition(episode, scene.now)
    transition.change(note=words or episode.note)
    transition.end(Resolution.MANUAL, f"closed by {person}", actor=person, note=words)
    return _outcome(transition)


def probe_now(action: ProbeNow, scene: Scene) -> Outcome:
    """Probe one service, or all."""
    if action.service is None:
        return Outcome("all services", probes=tuple(scene.services))
    if action.service not in scene.services:
        raise LookupError(f"no service is called '{safe_text(action.service, 100)}'")
    return Outcome(action.service, probes=(action.service,))


HANDLERS: Mapping[type[Action[Any]], Callable[[Any, Scene], Outcome]] = {
    Acknowledge: acknowledge,
    Unacknowledge: unacknowledge,
    Note: add_note,
    Close: close,
    ProbeNow: probe_now,
}


def _outcome(transition: Transition) -> Outcome:
    episode = transition.episode
    return Outcome(f"alert {episode.id} {episode.alert_type.value} {episode.subject}", transition.step())


def _alert(scene: Scene) -> Episode:
    if scene.episode is None:
        raise LookupError("there is no such alert")
    return scene.episode


def _open_alert(scene: Scene) -> Episode:
    episode = _alert(scene)
    if not episode.open:
        raise AlertConflict(f"{_name(episode)} has resolved.")
    return episode


def _name(episode: Episode) -> str:
    return f"Alert {episode.id}" if episode.id is not None else f"The alert on {episode.subject}"


def _must_be_version(episode: Episode, action: AlertAction) -> None:
    if action.expected_version is not None and action.expected_version != episode.version:
        raise AlertConflict(
            f"{_name(episode)} changed meanwhile: it is now {episode.severity} and {episode.state} "
            f"({episode.message}). Look at it and try again."
        )


def _person(scene: Scene) -> str:
    person = safe_text(scene.actor, 100).strip()
    if not person:
        raise ValueError("Somebody must be named as the one who acts.")
    return person


def _words(note: str | None) -> str | None:
    if note is None:
        return None
    words = note.strip()
    if len(words) > MAX_NOTE_CHARS:
        raise ValueError(f"A note holds {MAX_NOTE_CHARS:,} characters; this one has {len(words):,}.")
    return safe_text(words, MAX_NOTE_CHARS).strip() or None
