"""The actions on all marked alerts: one question that says how many, each alert checked, one message at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from amt_console import model
from amt_console.console.actions import ActionHost, Actions
from amt_console.console.handling import USUAL_SNOOZE, not_a_snooze, typed_rating, typed_snooze
from amt_console.console.muting import LENGTHS, USUAL_SILENCE, typed_seconds
from amt_console.console.undoing import UndoMemory
from amt_console.model import AlertState, AlertView
from amt_console.operations.acting import act_as_seen
from amt_console.operations.protocol import OperationError, Operations
from amt_console.text import SEVERITY_WORDS, safe_text

# The first frame needs no actions: they are loaded with the first one.
if TYPE_CHECKING:
    from amt_console.model import AlertAction
    from amt_console.model.policy import Silence

_NAMED_REFUSALS = 2
"""So many refused alerts are named in a message."""

Check = Callable[[AlertView, AlertView | None], str | None]
"""Why an action on an alert as it was seen is not done, given what it is now; ``None`` where nothing stands against
it."""


class BulkHost(ActionHost, Protocol):
    """The part of the app that these actions use."""

    def clear_marks(self) -> None:
        """Take all marks away."""
        ...


@dataclass(frozen=True, slots=True)
class _Outcome:
    done: tuple[AlertView, ...]
    refused: tuple[tuple[str, str], ...]
    """Subjects with the reasons."""


class BulkActions:
    """What keys do when alerts are marked."""

    def __init__(self, host: BulkHost, actions: Actions, undo: UndoMemory) -> None:
        self._host = host
        self._actions = actions
        self._undo = undo

    def acknowledge(self) -> None:
        """Ask for a note, then acknowledge them."""
        marked = self._marked("Acknowledging")
        if marked is not None:
            operations, alerts = marked
            self._host.prompt().ask(
                f"Acknowledge {_count(alerts)}, note:",
                lambda note: self._act(
                    operations, alerts, lambda each: model.Acknowledge(each.id, note or None), "Acknowledged", _free
                ),
                placeholder="or just enter; esc cancels",
            )

    def unacknowledge(self) -> None:
        """Ask, then end their acknowledgements and snoozes."""
        marked = self._marked("Unacknowledging")
        if marked is not None:
            operations, alerts = marked
            self._host.prompt().confirm(
                f"Unacknowledge {_count(alerts)}? y does it, any other key keeps them.",
                lambda: self._act(
                    operations, alerts, lambda each: model.Unacknowledge(each.id), "Unacknowledged", _owned_or_snoozed
                ),
            )

    def snooze(self) -> None:
        """Ask how long, then hold their messages."""
        marked = self._marked("Snoozing")
        if marked is not None:
            self._ask_to_snooze(*marked, USUAL_SNOOZE)

    def note(self) -> None:
        """Ask for a note, then write it on each of them."""
        marked = self._marked("Adding a note")
        if marked is not None:
            self._ask_for_note(*marked)

    def silence(self) -> None:
        """Ask how long and why, then silence their subjects."""
        marked = self._marked("Silencing")
        if marked is not None:
            self._ask_to_silence(*marked, f"{USUAL_SILENCE} ")

    def close(self) -> None:
        """Ask for a rating and a note, then close them; ended ones are rated only."""
        marked = self._marked("Closing")
        if marked is not None:
            self._ask_to_close(*marked)

    def _marked(self, what: str) -> tuple[Operations, tuple[AlertView, ...]] | None:
        """The marked alerts as they are now."""
        operations = self._actions.ready(what)
        if operations is None:
            return None
        found = (self._host.view.known_alert(number) for number in self._host.selection().marked)
        alerts = tuple(alert for alert in found if alert is not None)
        if not alerts:
            self._host.tell("The marked alerts ended more than an hour ago.", "warning")
            return None
        return operations, alerts

    def _ask_to_snooze(self, operations: Operations, alerts: tuple[AlertView, ...], answer: str) -> None:
        self._host.prompt().ask(
            f"Snooze {_count(alerts)} for:",
            partial(self._snooze, operations, alerts),
            answer=answer,
            placeholder="15m, 2h ... or recovery; esc cancels",
        )

    def _snooze(self, operations: Operations, alerts: tuple[AlertView, ...], text: str) -> None:
        length = typed_snooze(text)
        if length is None:
            self._host.tell(not_a_snooze(text), "warning")
            self._ask_to_snooze(operations, alerts, text)
            return
        self._act(
            operations,
            alerts,
            lambda each: model.Snooze(each.id, length.seconds, length.until_recovery),
            f"Snoozed {length.words}",
            _open,
        )

    def _ask_for_note(self, operations: Operations, alerts: tuple[AlertView, ...]) -> None:
        def write(text: str) -> None:
            if text:
                self._act(operations, alerts, lambda each: model.Note(each.id, text), "Note stored on", _nothing)
            else:
                self._host.tell("A note needs text: nothing was stored.", "warning")

        self._host.prompt().ask(f"Note on {_count(alerts)}:", write, placeholder="what others should know; esc cancels")

    def _ask_to_close(self, operations: Operations, alerts: tuple[AlertView, ...]) -> None:
        def close(text: str) -> None:
            rating, note = typed_rating(text)

            def check(seen: AlertView, live: AlertView | None) -> str | None:
                ended = (live or seen).state is AlertState.RESOLVED
                return (
                    "it has ended, and is rated only: begin with noise or actionable" if ended and not rating else None
                )

            verb = "Closed" if rating is None else f"Closed or rated {rating}"
            self._act(
                operations, alerts, lambda each: model.Close(each.id, note or None, rating), verb, check, undoable=False
            )

        self._host.prompt().ask(
            f"Close {_count(alerts)} (noise, actionable or neither), note:",
            close,
            placeholder="e.g. noise, then why; esc cancels",
        )

    def _ask_to_silence(self, operations: Operations, alerts: tuple[AlertView, ...], answer: str) -> None:
        self._host.prompt().ask(
            f"Silence {_count(alerts)}, how long and why:",
            partial(self._silence, operations, alerts),
            answer=answer,
            placeholder="e.g. 2h new release; esc cancels",
        )

    def _silence(self, operations: Operations, alerts: tuple[AlertView, ...], text: str) -> None:
        length, _, reason = text.partition(" ")
        seconds, reason = typed_seconds(length), reason.strip()
        again = partial(self._ask_to_silence, operations, alerts, f"{text} ")
        if seconds is None or not reason:
            missing = f"begin with {LENGTHS}" if seconds is None else "say why, behind the time"
            self._host.tell(f"Nothing is silenced yet: {missing}.", "warning")
            again()
            return
        subjects = tuple(dict.fromkeys(alert.subject for alert in alerts))
        live = self._host.view.live
        services = {each.name for each in live.services} if live is not None else set()
        if services.issuperset(subjects):
            action = model.AddSilence(reason, services=subjects, for_=seconds)
        else:
            action = model.AddSilence(reason, match=f"^({'|'.join(map(re.escape, subjects))})$", for_=seconds)

        def done(silence: Silence) -> None:
            self._undo.remember(model.EndSilence(silence.id), f"silence of {len(subjects)} subjects")
            self._host.clear_marks()
            until = self._host.local(silence.ends_at)
            self._host.tell(f"Silenced until {until:%H:%M}: {len(subjects)} subjects. {self._undo_words()}")

        self._host.job(lambda: operations.act(action), done, lambda _: again())

    def _act(
        self,
        operations: Operations,
        alerts: Sequence[AlertView],
        action: Callable[[AlertView], AlertAction],
        verb: str,
        check: Check,
        *,
        undoable: bool = True,
    ) -> None:
        """Do it to each of them, unless it changed since the key was pressed, and say at the end how it went."""
        wanted: list[AlertView] = []
        refused: list[tuple[str, str]] = []
        for seen in alerts:
            live = self._host.view.known_alert(seen.id)
            reason = check(seen, live)
            if reason is None:
                wanted.append(live or seen)
            else:
                refused.append((seen.subject, reason))

        def work() -> _Outcome:
            done: list[AlertView] = []
            failed = list(refused)
            for each in wanted:
                try:
                    done.append(act_as_seen(operations, action(each), each))
                except OperationError as error:
                    failed.append((each.subject, safe_text(error)))
            return _Outcome(tuple(done), tuple(failed))

        self._host.job(work, lambda outcome: self._ended(outcome, verb, undoable=undoable))

    def _ended(self, outcome: _Outcome, verb: str, *, undoable: bool) -> None:
        done, refused = outcome.done, outcome.refused
        asked = len(done) + len(refused)
        words = f"{verb} {len(done)} of {_number(asked)}" if refused else f"{verb} {_number(asked)}"
        if done and undoable:
            self._undo.remember([model.Undo(each.id) for each in done], words)
            words = f"{words}. {self._undo_words()}"
        if done:
            self._host.clear_marks()
        if not refused:
            self._host.tell(words)
            return
        named = "; ".join(f"{safe_text(subject, 30)}: {reason}" for subject, reason in refused[:_NAMED_REFUSALS])
        rest = len(refused) - _NAMED_REFUSALS
        more = f"; and {rest} more" if rest > 0 else ""
        self._host.tell(f"{words.removesuffix('.')}. Not done: {named}{more}", "warning")

    def _undo_words(self) -> str:
        return f"{self._host.key_of('undo')} undoes it."


def _open(seen: AlertView, live: AlertView | None) -> str | None:
    if live is None or live.state is AlertState.RESOLVED:
        return "it has ended"
    return None


def _free(seen: AlertView, live: AlertView | None) -> str | None:
    """Whether nobody has it, and it is what was seen."""
    if live is None or live.state is AlertState.RESOLVED:
        return "it has ended"
    if live.acknowledged_by is not None:
        return f"{safe_text(live.acknowledged_by, 30)} has it"
    if live.severity is not seen.severity:
        return f"it is {SEVERITY_WORDS[live.severity]} now"
    return None


def _owned_or_snoozed(seen: AlertView, live: AlertView | None) -> str | None:
    if live is None or live.state is AlertState.RESOLVED:
        return "it has ended"
    return None if live.acknowledged_by or live.snoozed_by else "nobody has it"


def _nothing(seen: AlertView, live: AlertView | None) -> str | None:
    return None


def _count(alerts: Sequence[AlertView]) -> str:
    return _number(len(alerts))


def _number(count: int) -> str:
    return "1 alert" if count == 1 else f"{count} alerts"
