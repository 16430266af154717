"""The actions behind the keys of alert handling: claim, snooze, hand off, close, undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from amt_console import model
from amt_console.console.actions import ActionHost, Actions
from amt_console.console.muting import LENGTHS, typed_seconds
from amt_console.console.undoing import UNDO_SECONDS, UndoMemory
from amt_console.model import AlertState, AlertView
from amt_console.operations.acting import act_as_seen
from amt_console.operations.protocol import ConflictError, OperationError, Operations
from amt_console.text import safe_text

# The first frame needs no actions: they are loaded with the first one.
if TYPE_CHECKING:
    from amt_console.model import Action, AlertAction, Rating

USUAL_SNOOZE = "1h"
UNTIL_RECOVERY = ("recovery", "until recovery", "r")


class HandlingActions:
    """Asks where something must be known, then acts on the alert that was selected when the key was pressed."""

    def __init__(self, host: ActionHost, actions: Actions, undo: UndoMemory) -> None:
        self._host = host
        self._actions = actions
        self._undo = undo

    def claim(self) -> None:
        """Ask for a note, then take the selected alert over from whoever has it."""
        found = self._selected("Claiming")
        if found is not None:
            self._ask_to_claim(*found)

    def snooze(self) -> None:
        """Ask how long, then hold the messages of the selected alert."""
        found = self._selected("Snoozing")
        if found is not None:
            self._ask_to_snooze(*found, USUAL_SNOOZE)

    def hand_off(self) -> None:
        """Ask for a person and a note, then give the selected alert to that person."""
        found = self._selected("Handing off")
        if found is not None:
            self._ask_whom(*found)

    def close(self) -> None:
        """Ask for a rating and a note, then close the selected alert; an ended one is rated only."""
        operations = self._actions.ready("Closing")
        if operations is None:
            return
        selection = self._host.selection()
        alert = None if selection.alert_id is None else self._host.view.known_alert(selection.alert_id)
        if alert is None:
            self._host.tell(selection.reason or "Select the alert to close first.", "warning")
            return
        self._ask_to_close(operations, alert)

    def undo(self) -> None:
        """Take back the last action of this console."""
        operations = self._actions.ready("Undoing")
        if operations is None:
            return
        last = self._undo.take()
        if last is None:
            self._host.tell(f"Nothing to undo: an action can be undone for {UNDO_SECONDS:.0f} s.", "warning")
            return

        def undone(refused: list[str]) -> None:
            if not refused:
                self._host.tell(f"Undone: {last.what}")
            else:
                done = len(last.by) - len(refused)
                self._host.tell(
                    f"Undone for {done} of {len(last.by)}. {refused[0]}", "error" if not done else "warning"
                )

        self._host.job(lambda: _all_done(operations, last.by), undone)

    def _selected(self, what: str) -> tuple[Operations, AlertView] | None:
        """The open alert that the key acts on; ``None`` after a message why there is none."""
        operations = self._actions.ready(what)
        if operations is None:
            return None
        selection = self._host.selection()
        alert = None if selection.alert_id is None else self._host.view.live_alert(selection.alert_id)
        if alert is None:
            ended = None if selection.alert_id is None else "That alert has ended."
            self._host.tell(selection.reason or ended or "Select an alert first.", "warning")
            return None
        return operations, alert

    def _ask_to_claim(self, operations: Operations, alert: AlertView, note: str = "") -> None:
        owner = f" from {safe_text(alert.acknowledged_by, 16)}" if alert.acknowledged_by else ""
        self._host.prompt().ask(
            f"Claim {_named(alert)}{owner}, note:",
            lambda words: self._act(
                operations,
                model.Claim(alert.id, words or None),
                alert,
                f"Claimed{owner}: {alert.subject}",
                partial(self._ask_to_claim, operations, alert, words) if words else None,
            ),
            answer=note,
            placeholder="or just enter; esc cancels",
        )

    def _ask_to_snooze(self, operations: Operations, alert: AlertView, answer: str) -> None:
        self._host.prompt().ask(
            f"Snooze {_named(alert)} for:",
            partial(self._snooze, operations, alert),
            answer=answer,
            placeholder="15m, 2h ... or recovery; esc cancels",
        )

    def _snooze(self, operations: Operations, alert: AlertView, text: str) -> None:
        again = partial(self._ask_to_snooze, operations, alert, text)
        length = typed_snooze(text)
        if length is None:
            self._host.tell(not_a_snooze(text), "warning")
            again()
            return
        told = f"Snoozed {length.words}: {alert.subject}"
        self._act(operations, model.Snooze(alert.id, length.seconds, length.until_recovery), alert, told, again)

    def _ask_whom(self, operations: Operations, alert: AlertView, name: str = "") -> None:
        self._host.prompt().ask(
            f"Hand {_named(alert)} off to:",
            partial(self._ask_what_they_should_know, operations, alert),
            answer=name,
            placeholder="a person's name; esc cancels",
        )

    def _ask_what_they_should_know(self, operations: Operations, alert: AlertView, name: str) -> None:
        if not name:
            self._host.tell("A hand-off needs a person: nothing was done.", "warning")
            return
        self._host.prompt().ask(
            f"Hand {_named(alert)} off to {safe_text(name, 16)}, note:",
            lambda words: self._act(
                operations,
                model.Handoff(alert.id, name, words or None),
                alert,
                f"Handed off to {name}: {alert.subject}",
                partial(self._ask_whom, operations, alert, name),
            ),
            placeholder="or just enter; esc cancels",
        )

    def _ask_to_close(self, operations: Operations, alert: AlertView, answer: str = "") -> None:
        ended = alert.state is AlertState.RESOLVED
        verb = "Rate" if ended else "Close"
        rating = "noise or actionable" if ended else "noise, actionable or neither"
        self._host.prompt().ask(
            f"{verb} {_named(alert)} ({rating}), note:",
            partial(self._close, operations, alert),
            answer=answer,
            placeholder="e.g. noise, then why; esc cancels",
        )

    def _close(self, operations: Operations, alert: AlertView, text: str) -> None:
        rating, note = typed_rating(text)
        if rating is None and alert.state is AlertState.RESOLVED:
            self._host.tell("An ended alert is rated: begin with noise or actionable.", "warning")
            self._ask_to_close(operations, alert, text)
            return
        rated = f", rated {rating}" if rating is not None else ""
        verb = "Rated" if alert.state is AlertState.RESOLVED else "Closed"
        told = f"Rated {rating}: {alert.subject}" if verb == "Rated" else f"Closed{rated}: {alert.subject}"
        again = partial(self._ask_to_close, operations, alert, text)
        self._act(operations, model.Close(alert.id, note or None, rating), alert, told, again, undoable=verb == "Rated")

    def _act(
        self,
        operations: Operations,
        action: AlertAction,
        seen: AlertView,
        told: str,
        again: Callable[[], None] | None,
        *,
        undoable: bool = True,
    ) -> None:
        """Act on an alert as it was seen.

        Args:
            operations: Act.
            action: What is done.
            seen: The alert when the key was pressed.
            told: The message afterwards.
            again: Asks once more, with what was typed; not where the alert is no longer what was seen.
            undoable: Whether a key takes it back.
        """

        def done(view: AlertView) -> None:
            if undoable:
                self._undo.remember(model.Undo(view.id), told)
            self._host.tell(f"{told}. {self._undo_words()}" if undoable else told)

        def failed(error: Exception) -> None:
            if again is not None and not isinstance(error, ConflictError):
                again()

        self._host.job(lambda: act_as_seen(operations, action, seen), done, failed)

    def _undo_words(self) -> str:
        return f"{self._host.key_of('undo')} undoes it."


def _named(alert: AlertView) -> str:
    """The alert as a question of 46 cells names it."""
    return safe_text(alert.subject, 24)


@dataclass(frozen=True, slots=True)
class SnoozeLength:
    """How long a snooze lasts."""

    seconds: float | None
    until_recovery: bool
    words: str


def typed_snooze(text: str) -> SnoozeLength | None:
    """A length as people type it; ``None`` for anything else."""
    if text.lower() in UNTIL_RECOVERY:
        return SnoozeLength(None, True, "until it recovers")
    seconds = typed_seconds(text)
    return None if seconds is None else SnoozeLength(seconds, False, f"for {text}")


def not_a_snooze(text: str) -> str:
    """What to say then."""
    return f"'{safe_text(text, 30)}' is neither {LENGTHS} nor 'recovery'."


def typed_rating(text: str) -> tuple[Rating | None, str]:
    """A rating at the begin of a text, and the note behind it."""
    first, _, rest = text.partition(" ")
    rating = next((each for each in model.Rating if first.lower().rstrip(",:") == each.value), None)
    return rating, rest.strip() if rating is not None else text


def _all_done(operations: Operations, actions: Sequence[Action[Any]]) -> list[str]:
    """Do all of them; returns why some could not be done. A single one that cannot be done raises."""
    refused: list[str] = []
    for action in actions:
        try:
            operations.act(action)
        except OperationError as error:
            if len(actions) == 1:
                raise
            refused.append(safe_text(error))
    return refused
