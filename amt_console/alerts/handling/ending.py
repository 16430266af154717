"""Notes, the end of an alert by hand, and what people think of it."""

from __future__ import annotations

from amt_console.alerts.handling.scene import (
    Outcome,
    Scene,
    alert_of,
    must_be_version,
    on_alert,
    open_alert_of,
    person_of,
    words_of,
)
from amt_console.alerts.lifecycle.transition import Transition
from amt_console.model import Close, Note, Rating, Resolution


def add_note(action: Note, scene: Scene) -> Outcome:
    """Add a note to an alert, whatever its state and owner."""
    episode = alert_of(scene)
    must_be_version(episode, action.expected_version)
    person, words = person_of(scene), words_of(action.note)
    if words is None:
        raise ValueError("A note needs some text.")
    transition = Transition(episode, scene.now)
    transition.change(note=words)
    transition.event("note", f"note by {person}", actor=person, note=words)
    return on_alert(transition)


def close(action: Close, scene: Scene) -> Outcome:
    """End an open alert, and rate it. An ended alert can still be rated.

    If the subject is still bad, a new alert starts from pending: closing mutes nothing.
    """
    rating, words = action.rating, words_of(action.note)
    episode = open_alert_of(scene) if rating is None else alert_of(scene)
    must_be_version(episode, action.expected_version)
    person = person_of(scene)
    transition = Transition(episode, scene.now)
    transition.change(note=words or episode.note)
    if episode.open:
        transition.end(Resolution.MANUAL, f"closed by {person}", actor=person, note=words)
        words = None
    if rating is not None:
        transition.change(rating=rating)
        detail = {"rating": rating.value}
        transition.event("rated", _told(person, rating), actor=person, note=words, detail=detail)
    return on_alert(transition)


def _told(person: str, rating: Rating) -> str:
    return f"rated {rating} by {person}"
