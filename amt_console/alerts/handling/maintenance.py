"""Planned work that people announce and end."""

from __future__ import annotations

from dataclasses import replace

from amt_console.alerts.handling.scene import (
    AlertConflict,
    Outcome,
    Scene,
    check_names,
    end_between,
    person_of,
    words_of,
)
from amt_console.model import AddMaintenance, EndMaintenance
from amt_console.model.policy import MaintenanceWindow
from amt_console.text import safe_text

MAX_NAME_CHARS = 64


def add_maintenance(action: AddMaintenance, scene: Scene) -> Outcome:
    """Announce planned work, once: recurring work stands in the configuration."""
    person = person_of(scene)
    name = safe_text(action.name_.strip(), MAX_NAME_CHARS + 1)
    if not 0 < len(name) <= MAX_NAME_CHARS:
        raise ValueError(f"The work needs a name of 1 to {MAX_NAME_CHARS} characters.")
    if any(window.name == name for window in scene.policies.maintenance):
        raise AlertConflict(f"There is planned work called '{name}' already: end it, or choose another name.")
    if not (action.services or action.groups):
        raise ValueError("Say what is worked on: services or groups.")
    check_names("service", action.services, scene.services)
    check_names("group", action.groups, frozenset(scene.policies.groups.values()))
    start = action.starts_at or scene.now.wall
    if start.tzinfo is None:
        raise ValueError("A moment needs an offset, such as 2026-03-01T21:00:00Z.")
    window = MaintenanceWindow(
        name=name,
        services=action.services,
        groups=action.groups,
        starts_at=start,
        ends_at=end_between(scene, start, action.for_, action.ends_at),
        note=words_of(action.note),
        created_by=person,
        created_at=scene.now.wall,
    )
    return Outcome(f"maintenance {name}", added=window)


def end_maintenance(action: EndMaintenance, scene: Scene) -> Outcome:
    """End planned work now, or call it off. Work of the configuration ends where it stands."""
    person = person_of(scene)
    wanted = safe_text(action.name_, MAX_NAME_CHARS)
    window = next((each for each in scene.policies.maintenance if each.name == wanted), None)
    if window is None:
        shows = "amt-console maintenance list shows it"
        raise LookupError(f"there is no planned work '{wanted}' that has not ended ({shows})")
    if window.created_at is None:
        raise ValueError(f"Maintenance '{wanted}' is in the configuration, under [[maintenance]]: end it there.")
    ended = replace(window, ends_at=scene.now.wall, ended_by=person)
    return Outcome(f"maintenance {wanted}", ended=ended, planned_end=window.ends_at)
