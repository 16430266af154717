"""What people do to an alert. Acknowledging says who has it; it never changes the condition."""

from __future__ import annotations

from amt_console.alerts.lifecycle.transition import Step, Transition
from amt_console.clock import Instant
from amt_console.model import AlertState, Episode, Resolution
from amt_console.text import age, safe_text


class AlertConflict(Exception):
    """The action came too late, or does not fit what the alert has become. The text is for the person who asked."""


def acknowledge(
    episode: Episode, *, actor: str, now: Instant, note: str | None = None, expected_version: int | None = None
) -> Step:
    """Take an alert: somebody has it.

    Args:
        episode: As it is stored at this moment.
        actor: Who takes it.
        now: When.
        note: What the person wants others to know.
        expected_version: The version that the person was looking at; ``None`` acts on whatever is there.

    Raises:
        AlertConflict: It has resolved, is not confirmed yet, somebody has it already, or it is not what was looked at.
    """
    _must_be_open(episode)
    if episode.acknowledged_by is not None:
        ago = age(episode.acknowledged_at, now.wall)
        raise AlertConflict(f"{_name(episode)} is already acknowledged by {episode.acknowledged_by}, {ago} ago.")
    _must_be_version(episode, expected_version)
    if episode.state is AlertState.PENDING:
        raise AlertConflict(f"{_name(episode)} is not confirmed yet. It can be acknowledged when it fires.")
    person, words = _person(actor), _words(note)
    transition = Transition(episode, now)
    transition.change(acknowledged_by=person, acknowledged_at=now.wall, note=words or episode.note)
    transition.event("acknowledged", f"acknowledged by {person}", actor=person, note=words)
    return transition.step()


def unacknowledge(episode: Episode, *, actor: str, now: Instant, expected_version: int | None = None) -> Step:
    """Give an alert back: it needs somebody again.

    Raises:
        AlertConflict: It has resolved, nobody has it, or it is not what was looked at.
    """
    _must_be_open(episode)
    if episode.acknowledged_by is None:
        raise AlertConflict(f"{_name(episode)} is not acknowledged.")
    _must_be_version(episode, expected_version)
    person = _person(actor)
    transition = Transition(episode, now)
    transition.change(acknowledged_by=None, acknowledged_at=None)
    transition.event("unacknowledged", f"given back by {person}", actor=person)
    return transition.step()


def close(
    episode: Episode, *, actor: str, now: Instant, note: str | None = None, expected_version: int | None = None
) -> Step:
    """End an open alert by hand. If it is still bad, a new episode starts from pending: nothing is muted by it.

    Raises:
        AlertConflict: It has resolved, or is not what was looked at.
    """
    _must_be_open(episode)
    _must_be_version(episode, expected_version)
    person, words = _person(actor), _words(note)
    transition = Transition(episode, now)
    transition.change(note=words or episode.note)
    transition.end(Resolution.MANUAL, f"closed by {person}", actor=person, note=words)
    return transition.step()


def add_note(episode: Episode, *, actor: str, now: Instant, note: str, expected_version: int | None = None) -> Step:
    """Write a note on an alert, open or resolved; it becomes the one that is shown, the older ones stay in the events.

    Raises:
        AlertConflict: It is not what was looked at.
        ValueError: The note is empty.
    """
    _must_be_version(episode, expected_version)
    person, words = _person(actor), _words(note)
    if words is None:
        raise ValueError("A note needs some text.")
    transition = Transition(episode, now)
    transition.change(note=words)
    transition.event("note", f"note by {person}", actor=person, note=words)
    return transition.step()


def _name(episode: Episode) -> str:
    return f"Alert {episode.id}" if episode.id is not None else f"The alert on {episode.subject}"


def _must_be_open(episode: Episode) -> None:
    if not episode.open:
        raise AlertConflict(f"{_name(episode)} has resolved.")


def _must_be_version(episode: Episode, expected_version: int | None) -> None:
    if expected_version is not None and expected_version != episode.version:
        raise AlertConflict(
            f"{_name(episode)} changed meanwhile: it is now {episode.severity} and {episode.state} "
            f"({episode.message}). Look at it and try again."
        )


def _person(actor: str) -> str:
    person = safe_text(actor, 100).strip()
    if not person:
        raise ValueError("Somebody must be named as the one who acts.")
    return person


def _words(note: str | None) -> str | None:
    return safe_text(note).strip() or None if note is not None else None
