"""Who has an alert, and until when it may wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import get_close_matches

from amt_console.alerts.handling.scene import (
    MAX_PERSON_CHARS,
    AlertConflict,
    Outcome,
    Scene,
    end_of,
    firing_alert_of,
    must_be_version,
    name_of,
    on_alert,
    open_alert_of,
    person_of,
    words_of,
)
from amt_console.alerts.lifecycle.transition import Transition
from amt_console.model import Acknowledge, Claim, Episode, Handoff, Snooze, Unacknowledge
from amt_console.text import age, safe_text, there_are


def acknowledge(action: Acknowledge, scene: Scene) -> Outcome:
    """Give an unacknowledged firing alert an owner."""
    episode = open_alert_of(scene)
    if episode.acknowledged_by is not None:
        ago = age(episode.acknowledged_at, scene.now.wall)
        raise AlertConflict(f"{name_of(episode)} is already acknowledged by {episode.acknowledged_by}, {ago} ago.")
    return _give(firing_alert_of(scene, action, "acknowledged"), scene, person_of(scene), action)


def claim(action: Claim, scene: Scene) -> Outcome:
    """Take a firing alert, whoever has it. The event names the previous owner."""
    return _give(firing_alert_of(scene, action, "claimed"), scene, person_of(scene), action)


def hand_off(action: Handoff, scene: Scene) -> Outcome:
    """Give a firing alert to another person, whoever has it. The event names the new and the previous owner."""
    episode = firing_alert_of(scene, action, "handed off")
    owner = _known_person(action.to, scene)
    if owner == episode.acknowledged_by:
        raise AlertConflict(f"{name_of(episode)} is {owner}'s already.")
    return _give(episode, scene, owner, action)


def unacknowledge(action: Unacknowledge, scene: Scene) -> Outcome:
    """Remove an alert's owner, and end its snooze: somebody is needed again."""
    episode = open_alert_of(scene)
    if episode.acknowledged_by is None and episode.snoozed_by is None:
        raise AlertConflict(f"{name_of(episode)} is not acknowledged.")
    must_be_version(episode, action.expected_version)
    person = person_of(scene)
    transition = Transition(episode, scene.now)
    if episode.acknowledged_by is not None:
        transition.change(acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
        transition.event("unacknowledged", f"unacknowledged by {person}", actor=person)
    if episode.snoozed_by is not None:
        transition.change(snoozed_by=None, snoozed_until=None)
        transition.event("snooze_ended", f"snooze ended by {person}", actor=person)
    return on_alert(transition)


def snooze(action: Snooze, scene: Scene) -> Outcome:
    """Hold an alert's messages for a while, or until it recovers. A later snooze takes the place of an earlier one."""
    if (action.for_ is None) is not action.until_recovery:
        raise ValueError("A snooze lasts either for a time or until recovery: give one of the two.")
    episode = firing_alert_of(scene, action, "snoozed")
    person, words = person_of(scene), words_of(action.note)
    until = None if action.for_ is None else end_of(scene, action.for_)
    transition = Transition(episode, scene.now)
    transition.change(snoozed_by=person, snoozed_until=until, note=words or episode.note)
    how_long = "until it recovers" if until is None else f"until {until:%Y-%m-%d %H:%M:%S} UTC"
    detail = {} if until is None else {"until": until.isoformat()}
    transition.event("snoozed", f"snoozed by {person} {how_long}", actor=person, note=words, detail=detail)
    return on_alert(transition)


def _give(episode: Episode, scene: Scene, owner: str, action: Acknowledge | Claim | Handoff) -> Outcome:
    person, words = person_of(scene), words_of(action.note)
    before, until = episode.acknowledged_by, _acknowledged_until(scene, action.for_)
    detail = {"until": until.isoformat()}
    if owner != person:
        detail["owner"] = owner
    if before is not None and before != owner:
        detail["from"] = before
    transition = Transition(episode, scene.now)
    transition.change(
        acknowledged_by=owner,
        acknowledged_at=transition.wall,
        acknowledged_until=until,
        snoozed_by=None,
        snoozed_until=None,
        note=words or episode.note,
    )
    transition.event("acknowledged", _told(person, owner, before), actor=person, note=words, detail=detail)
    return on_alert(transition)


def _told(person: str, owner: str, before: str | None) -> str:
    from_whom = f" from {before}" if before is not None and before not in (owner, person) else ""
    if owner != person:
        return f"handed to {owner} by {person}" + (f", taken{from_whom}" if from_whom else "")
    if before == owner:
        return f"acknowledged longer by {person}"
    return f"taken over by {person}{from_whom}" if before is not None else f"acknowledged by {person}"


def _acknowledged_until(scene: Scene, seconds: float | None) -> datetime:
    if seconds is None:
        return scene.now.wall + timedelta(seconds=scene.policies.times.acknowledgement)
    return end_of(scene, seconds)


def _known_person(name: str, scene: Scene) -> str:
    """The person with a name. Where the configuration names people it is one of them, so that it can be told."""
    wanted = safe_text(name, MAX_PERSON_CHARS).strip()
    if not wanted:
        raise ValueError("Name the person who gets the alert.")
    people = scene.policies.people.values()
    if people and not any(person.is_actor(wanted) for person in people):
        known = sorted(person.name for person in people)
        near = get_close_matches(wanted, known)
        hint = f"did you mean {near[0]}?" if near else there_are(known[:10])
        raise LookupError(f"nobody in oncall.people is called '{wanted}'; {hint}")
    return wanted
