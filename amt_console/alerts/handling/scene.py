"""What handlers get and give, and what they have in common."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from amt_console.alerts.lifecycle.transition import Step, Transition
from amt_console.clock import Instant
from amt_console.model import MAX_NOTE_CHARS, AlertAction, AlertEvent, AlertState, Episode, Role
from amt_console.model.policy import Added, Policies
from amt_console.text import duration, safe_text

OPERATOR_SECONDS = 24 * 3600.0
"""An operator may hold messages back this long."""
ADMIN_SECONDS = 366 * 86400.0
MAX_PERSON_CHARS = 100


class AlertConflict(Exception):
    """The action came too late or does not fit the state of what it acts on. The text is for the person."""


class RoleTooLow(Exception):
    """Only an admin may do this. The text is for the person."""


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
    events: tuple[AlertEvent, ...] = ()
    """For undoing: the events of the alert, oldest first."""
    policies: Policies = field(default_factory=Policies)
    role: Role = Role.ADMIN
    """What the person may do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a handler: what to store and to do."""

    subject: str
    """The object of the action, in words."""
    step: Step | None = None
    """The change of the alert."""
    probes: tuple[str, ...] = ()
    """Services to probe at once."""
    added: Added | None = None
    """To be stored; it has no number yet."""
    ended: Added | None = None
    """A stored one that ends now."""
    planned_end: datetime | None = None
    """When that one would have ended."""


def on_alert(transition: Transition) -> Outcome:
    """The outcome of an action on an alert."""
    episode = transition.episode
    return Outcome(f"alert {episode.id} {episode.alert_type.value} {episode.subject}", transition.step())


def alert_of(scene: Scene) -> Episode:
    """The alert. Raises LookupError."""
    if scene.episode is None:
        raise LookupError("there is no such alert")
    return scene.episode


def open_alert_of(scene: Scene) -> Episode:
    """The alert, which has not ended. Raises LookupError, AlertConflict."""
    episode = alert_of(scene)
    if not episode.open:
        raise AlertConflict(f"{name_of(episode)} has resolved.")
    return episode


def firing_alert_of(scene: Scene, action: AlertAction, done: str) -> Episode:
    """The alert, which is confirmed, has not ended and is at the version that the person saw.

    Args:
        scene: The scene.
        action: What the person wants.
        done: What is done to the alert, as a participle.

    Raises:
        LookupError: There is none.
        AlertConflict: It has ended, is not confirmed or has changed.
    """
    episode = open_alert_of(scene)
    must_be_version(episode, action.expected_version)
    if episode.state is AlertState.PENDING:
        raise AlertConflict(f"{name_of(episode)} is not confirmed yet. It can be {done} when it fires.")
    return episode


def name_of(episode: Episode) -> str:
    """The alert as a message names it."""
    return f"Alert {episode.id}" if episode.id is not None else f"The alert on {episode.subject}"


def must_be_version(episode: Episode, expected: int | None) -> None:
    """Raises AlertConflict if the person saw another version."""
    if expected is not None and expected != episode.version:
        raise AlertConflict(
            f"{name_of(episode)} changed meanwhile: it is now {episode.severity} and {episode.state} "
            f"({episode.message}). Look at it and try again."
        )


def person_of(scene: Scene) -> str:
    """The name of the one who acts. Raises ValueError for nobody."""
    person = safe_text(scene.actor, MAX_PERSON_CHARS).strip()
    if not person:
        raise ValueError("Somebody must be named as the one who acts.")
    return person


def words_of(note: str | None) -> str | None:
    """A note as it is stored; ``None`` for an empty one. Raises ValueError for one that is too long."""
    if note is None:
        return None
    words = note.strip()
    if len(words) > MAX_NOTE_CHARS:
        raise ValueError(f"A note holds {MAX_NOTE_CHARS:,} characters; this one has {len(words):,}.")
    return safe_text(words, MAX_NOTE_CHARS).strip() or None


def end_of(scene: Scene, seconds: float) -> datetime:
    """The end of what holds messages back from now on, for so many seconds. Raises as ``check_length``."""
    check_length(scene, seconds)
    return scene.now.wall + timedelta(seconds=seconds)


def check_length(scene: Scene, seconds: float) -> None:
    """Whether the person may hold messages back for so many seconds.

    Raises:
        ValueError: The time is not positive, or beyond all reason.
        RoleTooLow: Only an admin may hold messages back that long.
    """
    if not 0 < seconds <= ADMIN_SECONDS:
        raise ValueError(f"It must last more than 0 seconds and at most {duration(ADMIN_SECONDS)}.")
    if seconds > OPERATOR_SECONDS and not scene.role.includes(Role.ADMIN):
        limit, asked = duration(OPERATOR_SECONDS), duration(seconds)
        raise RoleTooLow(f"The role {scene.role} holds messages back for at most {limit}, not {asked}: ask an admin.")


def end_between(scene: Scene, start: datetime, seconds: float | None, until: datetime | None) -> datetime:
    """The end of what holds messages back from a moment on, given as a length or as a moment.

    Raises:
        ValueError: Neither or both are given, it is over, or it has no length.
        RoleTooLow: As ``check_length``.
    """
    if (seconds is None) is (until is None):
        raise ValueError("An end is needed: either how long it lasts, or until when.")
    if until is None:
        assert seconds is not None
        check_length(scene, seconds)
        return start + timedelta(seconds=seconds)
    if until.tzinfo is None:
        raise ValueError("A moment needs an offset, such as 2026-03-01T21:00:00Z.")
    if until <= scene.now.wall:
        raise ValueError(f"The end must lie ahead: {until:%Y-%m-%d %H:%M} UTC is over.")
    if until <= start:
        raise ValueError(f"The end must lie after the start, {start:%Y-%m-%d %H:%M} UTC.")
    check_length(scene, (until - start).total_seconds())
    return until


def check_names(kind: str, names: Collection[str], known: Collection[str]) -> None:
    """Whether there are things of these names. Raises LookupError."""
    for name in names:
        if name not in known:
            near = get_close_matches(name, sorted(known))
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise LookupError(f"no {kind} is called '{safe_text(name, 100)}'{hint}")
