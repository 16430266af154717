"""The actions behind keys: acknowledge, unacknowledge, note, probe; each on the selection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal, Protocol, TypeVar

from amt_console import model
from amt_console.console.undoing import UndoMemory
from amt_console.console.view_state import ViewState
from amt_console.model import AlertState, AlertView
from amt_console.operations.acting import act_as_seen
from amt_console.operations.protocol import ConflictError, Operations
from amt_console.text import SEVERITY_WORDS, safe_text
from widgets.prompt import Prompt

ResultT = TypeVar("ResultT")
Tone = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected alert or service."""

    alert_id: int | None = None
    service: str | None = None
    reason: str | None = None
    """Why there is nothing to act on: the selected row has no alert, or a filter hides every row."""
    shown: frozenset[int] | None = None
    """Without a selection: the alerts that match the filter, or ``None`` without a filter."""
    began: datetime | None = None
    """When the selected alert began, where the live screen does not know it."""
    runbook: str | None = None
    marked: tuple[int, ...] = ()
    """The marked alerts: where there are any, keys act on all of them instead of the selected one."""


class ActionHost(Protocol):
    """The part of the app that the actions use."""

    view: ViewState
    operations: Operations | None

    @property
    def zone(self) -> tzinfo | None:
        """Time zone of displayed moments; ``None`` is the host's."""
        ...

    def tell(self, message: str, tone: Tone = "information") -> None:
        """Show a message for a few seconds."""
        ...

    def selection(self) -> Selection:
        """The selected alert or service."""
        ...

    def key_of(self, name: str) -> str:
        """The key of an action."""
        ...

    def local(self, moment: datetime) -> datetime:
        """A moment in the displayed time zone."""
        ...

    def note(self, text: str) -> None:
        """Show progress until the next note; an empty one ends it. Thread-safe."""
        ...

    def prompt(self) -> Prompt:
        """The prompt of the screen."""
        ...

    def job(
        self,
        work: Callable[[], ResultT],
        done: Callable[[ResultT], None],
        failed: Callable[[Exception], None] = lambda error: None,
    ) -> None:
        """Run blocking work on a thread; a failure is shown to the person and passed to ``failed``."""
        ...


class Actions:
    """The actions behind the keys."""

    def __init__(self, host: ActionHost, undo: UndoMemory) -> None:
        self._host = host
        self._undo = undo

    def acknowledge(self) -> None:
        """Ask for a note, then acknowledge the selected alert, or the worst unacknowledged one."""
        operations = self.ready("Acknowledging")
        if operations is None:
            return
        selection = self._host.selection()
        if selection.reason is not None:
            self._host.tell(selection.reason, "warning")
            return
        if selection.alert_id is not None:
            alert, none = self._selected(selection), "That alert has ended."
        else:
            alert = self._host.view.worst_unacknowledged(selection.shown)
            none = (
                "No open alert is unacknowledged."
                if selection.shown is None
                else "No unacknowledged alert matches the filter."
            )
        if alert is None:
            self._host.tell(none)
            return
        if not alert.is_confirmed:
            self._host.tell(f"{alert.subject} is not confirmed yet. It can be acknowledged when it fires.", "warning")
            return
        if alert.acknowledged_by is not None:
            keys = f"{self._host.key_of('claim')} claims it, {self._host.key_of('note')} adds a note"
            self._host.tell(f"{alert.subject}: {alert.acknowledged_by} already has it. {keys}.", "warning")
            return
        self._ask_to_take(operations, alert)

    def unacknowledge(self) -> None:
        """End the acknowledgement of the selected alert."""
        operations = self.ready("Unacknowledging")
        if operations is None:
            return
        selection = self._host.selection()
        alert = self._selected(selection)
        if alert is None:
            self._host.tell(selection.reason or "Select the alert to unacknowledge first.", "warning")
            return
        if alert.acknowledged_by is None and alert.snoozed_by is None:
            self._host.tell(f"{alert.subject}: nobody has it.", "warning")
            return
        given = alert
        self._host.job(
            lambda: act_as_seen(operations, model.Unacknowledge(given.id), given),
            lambda view: self._done(view, f"Unacknowledged: {view.subject}"),
        )

    def add_note(self) -> None:
        """Ask for a note on the selected alert, whatever its state and owner."""
        operations = self.ready("Adding a note")
        if operations is None:
            return
        selection = self._host.selection()
        if selection.alert_id is None:
            self._host.tell(selection.reason or "Select the alert for the note first.", "warning")
            return
        alert = self._host.view.known_alert(selection.alert_id)
        self._ask_for_note(operations, selection.alert_id, alert.subject if alert else f"alert {selection.alert_id}")

    def probe_now(self) -> None:
        """Request a probe of the selected service, or of all."""
        operations = self.ready("Probing")
        if operations is None:
            return
        selection = self._host.selection()
        service = selection.service
        if service is None and selection.reason is not None:
            self._host.tell(selection.reason, "warning")
            return
        self._host.job(
            lambda: operations.act(model.ProbeNow(service)),
            lambda _: self._host.tell(f"Probing {service or 'all services'} now"),
        )

    def _ask_to_take(self, operations: Operations, alert: AlertView, note: str = "") -> None:
        self._host.prompt().ask(
            f"Acknowledge {SEVERITY_WORDS[alert.severity]} {safe_text(alert.subject, 40)}, note:",
            lambda words: self._take(operations, alert, words),
            answer=note,
            placeholder="or just enter; esc cancels",
        )

    def _take(self, operations: Operations, pressed: AlertView, note: str) -> None:
        """Acknowledge the alert that was selected when the key was pressed, unless it changed meanwhile."""
        live = self._host.view.live_alert(pressed.id)
        if live is None or live.state is AlertState.RESOLVED:
            self._host.tell(f"{pressed.subject}: the alert ended meanwhile; it was not acknowledged.", "warning")
            self._keep_note(operations, pressed, note)
        elif live.acknowledged_by is not None:
            self._host.tell(f"{pressed.subject}: {live.acknowledged_by} acknowledged it meanwhile.", "warning")
            self._keep_note(operations, pressed, note)
        elif live.severity is not pressed.severity:
            self._host.tell(
                f"{pressed.subject}: it is {SEVERITY_WORDS[live.severity]} now; enter acknowledges it.", "warning"
            )
            self._ask_to_take(operations, live, note)
        else:
            self._host.job(
                lambda: act_as_seen(operations, model.Acknowledge(live.id, note or None), live),
                lambda view: self._done(view, f"Acknowledged by {view.acknowledged_by}: {view.subject}"),
                lambda error: self._not_taken(operations, live, note, error),
            )

    def _not_taken(self, operations: Operations, alert: AlertView, note: str, error: Exception) -> None:
        """Keep the typed note: offer it as a note if somebody else was quicker, else for the next try."""
        if isinstance(error, ConflictError):
            self._keep_note(operations, alert, note)
        elif note:
            self._ask_to_take(operations, alert, note)

    def _keep_note(self, operations: Operations, alert: AlertView, note: str) -> None:
        """Offer to store the typed note on an alert that could not be acknowledged."""
        if note:
            self._ask_for_note(operations, alert.id, alert.subject, note)

    def _ask_for_note(self, operations: Operations, alert_id: int, subject: str, note: str = "") -> None:
        self._host.prompt().ask(
            f"Note on {safe_text(subject, 40)}:",
            lambda words: self._write_note(operations, alert_id, subject, words),
            answer=note,
            placeholder="what others should know; esc cancels",
        )

    def _write_note(self, operations: Operations, alert_id: int, subject: str, note: str) -> None:
        if not note:
            self._host.tell("A note needs text: nothing was stored.", "warning")
            return
        self._host.job(
            lambda: operations.act(model.Note(alert_id, note)),
            lambda view: self._done(view, f"Note stored: {view.subject}"),
            lambda _: self._ask_for_note(operations, alert_id, subject, note),
        )

    def _done(self, alert: AlertView, told: str) -> None:
        self._undo.remember(model.Undo(alert.id), told)
        self._host.tell(told)

    def _selected(self, selection: Selection) -> AlertView | None:
        return None if selection.alert_id is None else self._host.view.live_alert(selection.alert_id)

    def ready(self, what: str) -> Operations | None:
        """The operations; ``None`` after a message why nothing can be done now."""
        at = self._host.view.at
        if at is not None:
            self._host.tell(
                f"{what} is not possible: the past cannot be changed, and this is "
                f"{self._host.local(at):%Y-%m-%d %H:%M %Z}. {self._host.key_of('live')} goes back to now.",
                "warning",
            )
        elif self._host.view.read_only:
            self._host.tell(f"{what} is not possible: this console is read-only.", "warning")
        elif self._host.operations is None:
            self._host.tell("Still starting.", "warning")
        else:
            return self._host.operations
        return None
