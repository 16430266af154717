"""Silences that people add and end."""

from __future__ import annotations

from dataclasses import replace

from amt_console.alerts.handling.scene import Outcome, Scene, check_names, end_between, person_of
from amt_console.model import AddSilence, EndSilence
from amt_console.model.policy import Silence
from amt_console.patterns import PatternError, compile_pattern
from amt_console.text import safe_text

MAX_REASON_CHARS = 500
MAX_PATTERN_CHARS = 2000


def add_silence(action: AddSilence, scene: Scene) -> Outcome:
    """Mute matching alerts until an end, which a silence always has."""
    person = person_of(scene)
    reason = safe_text(action.reason, MAX_REASON_CHARS).strip()
    if not reason:
        raise ValueError("A silence needs a reason: others will ask for it.")
    if not (action.services or action.groups or action.alert_types or action.severity or action.match):
        raise ValueError("Say what is silenced: services, groups, types of alerts, a severity or a pattern.")
    check_names("service", action.services, scene.services)
    check_names("group", action.groups, frozenset(scene.policies.groups.values()))
    _check_pattern(action.match)
    now = scene.now.wall
    silence = Silence(
        reason=reason,
        ends_at=end_between(scene, now, action.for_, action.until),
        created_by=person,
        created_at=now,
        starts_at=now,
        services=action.services,
        groups=action.groups,
        alert_types=action.alert_types,
        severity=action.severity,
        match=action.match or None,
    )
    return Outcome(f"silence of {silence.what}", added=silence)


def end_silence(action: EndSilence, scene: Scene) -> Outcome:
    """End a silence now. One of the configuration ends where it stands."""
    person = person_of(scene)
    wanted = safe_text(action.silence_id, 40)
    silence = next((each for each in scene.policies.silences if each.id == wanted), None)
    if silence is None:
        raise LookupError(f"there is no silence '{wanted}' that has not ended (amt-console silences list shows them)")
    if silence.created_at is None:
        number = wanted.rpartition("-")[2]
        raise ValueError(f"Silence {wanted} is number {number} of [[silences]] in the configuration: end it there.")
    ended = replace(silence, ends_at=scene.now.wall, ended_by=person)
    return Outcome(f"silence {wanted} of {silence.what}", ended=ended, planned_end=silence.ends_at)


def _check_pattern(pattern: str | None) -> None:
    if pattern is None:
        return
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError(f"A regular expression has at most {MAX_PATTERN_CHARS:,} characters.")
    try:
        compile_pattern(pattern)
    except PatternError as error:
        raise ValueError(f"'{safe_text(pattern, 60)}' {error}") from None
