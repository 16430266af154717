"""Shifts that people take or give to others, and take back."""

from __future__ import annotations

from datetime import datetime, timedelta
from difflib import get_close_matches

from amt_console.alerts.handling.scene import AlertConflict, Outcome, Scene, person_of
from amt_console.alerts.policy.rota import next_shift, on_call
from amt_console.model.actions import OverrideOncall, TakeOncall, UndoOncall
from amt_console.model.policy import ONCALL, Person, Rota, RotaOverride
from amt_console.text import safe_text, there_are

LONGEST = timedelta(days=366)


def take_oncall(action: TakeOncall, scene: Scene) -> Outcome:
    """Put the one who acts on call, by default up to the end of the shift that runs."""
    rota, person, now = _rota(action.rota, scene), _me(scene), scene.now.wall
    shift = on_call(rota, now)
    until = action.until
    if shift is not None and shift.person == person.name and (until is None or shift.ends_at is None):
        raise AlertConflict(f"{person.name} is on call already ({rota.name}){_until(shift.ends_at)}.")
    if until is None:
        following = next_shift(rota, now)
        until = shift.ends_at if shift is not None else following.starts_at if following is not None else None
    if until is None:
        raise ValueError("This shift has no end: say until when you take it.")
    return _override(rota, person, now, until, scene)


def override_oncall(action: OverrideOncall, scene: Scene) -> Outcome:
    """Put a person on call for a while. What is over cannot be changed: it begins now at the earliest."""
    rota, person, now = _rota(action.rota, scene), _person(action.person, scene), scene.now.wall
    return _override(rota, person, now if action.from_ is None else action.from_, action.until, scene)


def undo_oncall(action: UndoOncall, scene: Scene) -> Outcome:
    """Take back the newest override of the one who acts that has not ended."""
    actor = person_of(scene)
    rotas = scene.policies.rotas.values() if action.rota is None else (_rota(action.rota, scene),)
    own = [each for rota in rotas for each in rota.overrides if each.created_by == actor]
    if not own:
        shows = "amt-console oncall --week shows the shifts"
        raise LookupError(f"{actor} has taken and given no shift that has not ended ({shows})")
    newest = max(own, key=lambda override: override.id or 0)
    return Outcome(_subject(newest), ended=newest, planned_end=newest.ends_at)


def _override(rota: Rota, person: Person, start: datetime, until: datetime, scene: Scene) -> Outcome:
    now = scene.now.wall
    if start.tzinfo is None or until.tzinfo is None:
        raise ValueError("A moment needs an offset, such as 2026-03-01T21:00:00Z.")
    if until <= max(start, now):
        raise ValueError(f"The end must lie ahead of the beginning and of now: {until:%Y-%m-%d %H:%M} UTC does not.")
    if until - now > LONGEST:
        raise ValueError(f"An override ends within {LONGEST.days} days: change the rota in the configuration.")
    added = RotaOverride(person.name, max(start, now), until, rota.name, created_by=person_of(scene))
    return Outcome(_subject(added), added=added)


def _subject(override: RotaOverride) -> str:
    return f"rota {override.rota}, {override.person}{_until(override.ends_at)}"


def _until(moment: datetime | None) -> str:
    return "" if moment is None else f" until {moment:%Y-%m-%d %H:%M} UTC"


def _rota(name: str, scene: Scene) -> Rota:
    """The rota of a name; the only one for the usual name."""
    rotas = scene.policies.rotas
    if name in rotas:
        return rotas[name]
    if name == ONCALL and len(rotas) == 1:
        return next(iter(rotas.values()))
    if not rotas:
        raise LookupError("there is no rota: list people under oncall.people in the configuration")
    raise LookupError(f"no rota is called '{safe_text(name, 64)}'; {_hint(name, list(rotas))}")


def _person(name: str, scene: Scene) -> Person:
    people = scene.policies.people
    found = next((person for person in people.values() if person.is_actor(name)), None)
    if found is None:
        raise LookupError(f"nobody in oncall.people is called '{safe_text(name, 64)}'; {_hint(name, list(people))}")
    return found


def _me(scene: Scene) -> Person:
    actor = person_of(scene)
    found = next((person for person in scene.policies.people.values() if person.is_actor(actor)), None)
    if found is None:
        raise LookupError(f"nobody in oncall.people has the account '{actor}': add it to the `accounts` of a person")
    return found


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known)
    return f"did you mean '{near[0]}'?" if near else there_are(sorted(known)[:10])
