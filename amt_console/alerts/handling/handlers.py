"""The handlers of people's actions, by action. They change who has an alert and who is told, never its condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amt_console.alerts.handling.ending import add_note, close
from amt_console.alerts.handling.maintenance import add_maintenance, end_maintenance
from amt_console.alerts.handling.oncall import override_oncall, take_oncall, undo_oncall
from amt_console.alerts.handling.ownership import acknowledge, claim, hand_off, snooze, unacknowledge
from amt_console.alerts.handling.scene import Outcome, Scene
from amt_console.alerts.handling.silences import add_silence, end_silence
from amt_console.alerts.handling.undo import undo
from amt_console.model import (
    Acknowledge,
    Action,
    AddMaintenance,
    AddSilence,
    Claim,
    Close,
    EndMaintenance,
    EndSilence,
    Handoff,
    Note,
    OverrideOncall,
    ProbeNow,
    RanCommand,
    Snooze,
    TakeOncall,
    Unacknowledge,
    Undo,
    UndoLast,
    UndoOncall,
)
from amt_console.text import safe_text

MAX_NAME_CHARS = 64
MAX_ARGUMENTS = 100
MAX_COMMAND_CHARS = 16_000
MAX_WORDS_CHARS = 200


def probe_now(action: ProbeNow, scene: Scene) -> Outcome:
    """Probe one service, or all."""
    if action.service is None:
        return Outcome("all services", probes=tuple(scene.services))
    if action.service not in scene.services:
        raise LookupError(f"no service is called '{safe_text(action.service, 100)}'")
    return Outcome(action.service, probes=(action.service,))


def ran_command(action: RanCommand, scene: Scene) -> Outcome:
    """Record an own command. Raises ValueError for one that no console runs."""
    name = safe_text(action.name_, MAX_NAME_CHARS).strip()
    if not name or not action.command:
        raise ValueError("A command has a name and a program.")
    words = (action.ended, action.service or "")
    if len(action.command) > MAX_ARGUMENTS or sum(map(len, action.command)) > MAX_COMMAND_CHARS:
        raise ValueError(
            f"A command has at most {MAX_ARGUMENTS} arguments of {MAX_COMMAND_CHARS:,} characters in total."
        )
    if any(len(each) > MAX_WORDS_CHARS for each in words):
        raise ValueError(f"How it ended, and the service, have at most {MAX_WORDS_CHARS} characters.")
    return Outcome(f"command {name}")


HANDLERS: Mapping[type[Action[Any]], Callable[[Any, Scene], Outcome]] = {
    Acknowledge: acknowledge,
    Claim: claim,
    Handoff: hand_off,
    Unacknowledge: unacknowledge,
    Snooze: snooze,
    Note: add_note,
    Close: close,
    Undo: undo,
    UndoLast: undo,
    AddSilence: add_silence,
    EndSilence: end_silence,
    AddMaintenance: add_maintenance,
    EndMaintenance: end_maintenance,
    TakeOncall: take_oncall,
    OverrideOncall: override_oncall,
    UndoOncall: undo_oncall,
    ProbeNow: probe_now,
    RanCommand: ran_command,
}


def handle(action: Action[Any], scene: Scene) -> Outcome:
    """Compute the effect of an action; no I/O.

    Raises:
        AlertConflict: What it acts on has ended, is in another state, or is not at the expected version.
        RoleTooLow: The person may not do it.
        LookupError: There is no such alert, service, person, silence, window or rota.
        ValueError: The action is not valid.
    """
    return HANDLERS[type(action)](action, scene)
