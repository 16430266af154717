"""The handlers of people's actions, by action. They change who has an alert and who is told, never its condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from amt_console.alerts.handling.ending import add_note, close
from amt_console.alerts.handling.maintenance import add_maintenance, end_maintenance
from amt_console.alerts.handling.oncall import override_oncall, take_oncall, undo_oncall
from amt_console.alerts.handling.ownership import acknowledge, claim, hand_off, snooze, unacknowledge
from amt_console.alerts.handling.probing import probe_now
from amt_console.alerts.handling.recording import ran_command
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
