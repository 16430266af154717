"""The actions behind the keys of silences and planned work: add one, end one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from amt_console import model
from amt_console.console.actions import ActionHost, Actions
from amt_console.console.undoing import UndoMemory
from amt_console.moments import length_of
from amt_console.operations.protocol import Operations
from amt_console.text import safe_text

# The first frame needs no actions: they are loaded with the first one.
if TYPE_CHECKING:
    from amt_console.model import AddMaintenance
    from amt_console.model.policy import MaintenanceWindow, Silence

USUAL_SILENCE = "2h"
USUAL_WORK = "1h"
LENGTHS = "a length of time such as 15m, 2h or 1d"


class Muting:
    """Asks how long and why, then acts. Each question takes both in one line."""

    def __init__(self, host: ActionHost, actions: Actions, undo: UndoMemory) -> None:
        self._host = host
        self._actions = actions
        self._undo = undo

    def silence(self) -> None:
        """Ask for end and reason, then silence the selected service or the subject of the selected alert."""
        operations = self._actions.ready("Silencing")
        if operations is None:
            return
        selection = self._host.selection()
        alert = None if selection.alert_id is None else self._host.view.known_alert(selection.alert_id)
        subject = selection.service or (alert.subject if alert is not None else None)
        if subject is None:
            self._host.tell(selection.reason or "Select the alert or service to silence first.", "warning")
            return
        self._ask_to_silence(operations, subject, selection.service is not None, f"{USUAL_SILENCE} ")

    def plan_work(self, done: Callable[[], None]) -> None:
        """Ask for a service or group, then for length and name, then announce planned work."""
        operations = self._actions.ready("Planning work")
        if operations is not None:
            self._ask_where(operations, done)

    def end(self, muted: Silence | MaintenanceWindow, done: Callable[[], None]) -> None:
        """Ask whether to end a silence or planned work, then end it."""
        operations = self._actions.ready("Ending")
        if operations is None:
            return
        from amt_console.model.policy import Silence  # it is loaded by now

        name = f"silence {muted.id} of {muted.what}" if isinstance(muted, Silence) else f"maintenance {muted.name}"
        what = safe_text(name, 60)

        def end() -> None:
            if isinstance(muted, Silence):
                operations.act(model.EndSilence(muted.id))
            else:
                operations.act(model.EndMaintenance(muted.name))

        def ended(_: None) -> None:
            self._host.tell(f"Ended: {what}")
            done()

        question = f"End {what}? y ends it, any other key keeps it."
        self._host.prompt().confirm(question, lambda: self._host.job(end, ended))

    def _ask_to_silence(self, operations: Operations, subject: str, service: bool, answer: str) -> None:
        self._host.prompt().ask(
            f"Silence {safe_text(subject, 24)}, how long and why:",
            partial(self._silence, operations, subject, service),
            answer=answer,
            placeholder="e.g. 2h new release; esc cancels",
        )

    def _silence(self, operations: Operations, subject: str, service: bool, text: str) -> None:
        length, _, reason = text.partition(" ")
        seconds, reason = typed_seconds(length), reason.strip()
        again = partial(self._ask_to_silence, operations, subject, service, f"{text} ")
        if seconds is None or not reason:
            missing = f"begin with {LENGTHS}" if seconds is None else "say why, behind the time"
            self._host.tell(f"Nothing is silenced yet: {missing}.", "warning")
            again()
            return
        if service:
            action = model.AddSilence(reason, services=(subject,), for_=seconds)
        else:
            action = model.AddSilence(reason, match=f"^{re.escape(subject)}$", for_=seconds)

        def done(silence: Silence) -> None:
            until = self._host.local(silence.ends_at)
            self._undo.remember(model.EndSilence(silence.id), f"silence of {subject}")
            self._host.tell(f"Silenced until {until:%H:%M}: {subject}. {self._undo_words()}")

        self._host.job(lambda: operations.act(action), done, lambda _: again())

    def _ask_where(self, operations: Operations, done: Callable[[], None], answer: str = "") -> None:
        self._host.prompt().ask(
            "Work on which service or group:",
            partial(self._work_on, operations, done),
            answer=answer,
            placeholder="a name; esc cancels",
        )

    def _work_on(self, operations: Operations, done: Callable[[], None], name: str) -> None:
        services = self._host.view.live.services if self._host.view.live is not None else ()
        if any(service.name == name for service in services):
            self._ask_for_work(operations, done, model.AddMaintenance("", services=(name,)), name)
        elif any(service.group == name for service in services):
            self._ask_for_work(operations, done, model.AddMaintenance("", groups=(name,)), name)
        else:
            self._host.tell(f"No service and no group is called '{safe_text(name, 40)}'.", "warning")
            self._ask_where(operations, done, name)

    def _ask_for_work(
        self,
        operations: Operations,
        done: Callable[[], None],
        where: AddMaintenance,
        on: str,
        answer: str = f"{USUAL_WORK} ",
    ) -> None:
        self._host.prompt().ask(
            f"Work on {safe_text(on, 20)}, how long and its name:",
            partial(self._plan, operations, done, where, on),
            answer=answer,
            placeholder="e.g. 1h new disks; esc cancels",
        )

    def _plan(
        self, operations: Operations, done: Callable[[], None], where: AddMaintenance, on: str, text: str
    ) -> None:
        length, _, name = text.partition(" ")
        seconds, name = typed_seconds(length), name.strip()
        again = partial(self._ask_for_work, operations, done, where, on, f"{text} ")
        if seconds is None or not name:
            missing = f"begin with {LENGTHS}" if seconds is None else "name the work, behind the time"
            self._host.tell(f"Nothing is planned yet: {missing}.", "warning")
            again()
            return

        def planned(window: MaintenanceWindow) -> None:
            self._undo.remember(model.EndMaintenance(window.name), f"maintenance {window.name}")
            self._host.tell(f"Maintenance {window.name} has begun. {self._undo_words()}")
            done()

        work = replace(where, name_=name, for_=seconds)
        self._host.job(lambda: operations.act(work), planned, lambda _: again())

    def _undo_words(self) -> str:
        return f"{self._host.key_of('undo')} undoes it."


def typed_seconds(text: str) -> float | None:
    """A length of time as people type it, in seconds; ``None`` for anything else, also for a number without a unit."""
    return length_of(text) if text.rstrip()[-1:].isalpha() else None
