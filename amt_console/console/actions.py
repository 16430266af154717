"""What keys do to the platform: acknowledge, unacknowledge, note, probe, export; each to the selection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from amt_console.console.view_state import ViewState
from amt_console.model import Acknowledge, AlertState, AlertView, Note, ProbeNow, Unacknowledge
from amt_console.operations.acting import act_as_seen
from amt_console.operations.protocol import ConflictError, Operations, Reports
from amt_console.text import SEVERITY_WORDS, safe_text
from widgets.prompt import Prompt

ResultT = TypeVar("ResultT")
REPORTS_ELSEWHERE = "Reports are made beside the database: run 'amt-console export' on the monitor's host."
"""Told where the session has no reports."""
Tone = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What the cursor is on."""

    alert_id: int | None = None
    service: str | None = None
    reason: str | None = None
    """Why there is nothing to act on: what is selected has no alert, or a filter hides every row."""
    shown: frozenset[int] | None = None
    """With nothing selected: the alerts that a filter leaves, or ``None`` without one."""


class ActionHost(Protocol):
    """What the actions need of the app."""

    view: ViewState
    operations: Operations | None

    def tell(self, message: str, tone: Tone = "information") -> None:
        """Show a message for a few seconds."""
        ...

    def selection(self) -> Selection:
        """What the cursor is on."""
        ...

    def key_of(self, name: str) -> str:
        """The key that does a thing."""
        ...

    def local(self, moment: datetime) -> datetime:
        """A moment in the zone that is shown."""
        ...

    def note(self, text: str) -> None:
        """Show how far something is, until the next note; an empty one ends it. Callable from any thread."""
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
        """Run blocking work on a thread; a failure is told to the person and to ``failed``."""
        ...


class Actions:
    """The use cases behind the keys."""

    def __init__(self, host: ActionHost, *, read_only: bool, at: datetime | None) -> None:
        self._host = host
        self._read_only = read_only
        self._at = at
        self._exporting = False

    def acknowledge(self) -> None:
        """Ask for a note, then take the alert that the cursor is on, or the worst that nobody has."""
        operations = self._ready("Acknowledging")
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
            where = "No open alert" if selection.shown is None else "None that the filter shows"
            none = f"{where} needs an owner."
        if alert is None:
            self._host.tell(none)
            return
        if alert.acknowledged_by is not None:
            keys = f"{self._host.key_of('note')} adds a note, {self._host.key_of('unacknowledge')} unacknowledges"
            self._host.tell(f"{alert.subject}: {alert.acknowledged_by} already has it. {keys}.", "warning")
            return
        self._ask_to_take(operations, alert)

    def unacknowledge(self) -> None:
        """End the acknowledgement of the alert that the cursor is on."""
        operations = self._ready("Unacknowledging")
        if operations is None:
            return
        selection = self._host.selection()
        alert = self._selected(selection)
        if alert is None:
            self._host.tell(selection.reason or "Select the alert to unacknowledge first.", "warning")
            return
        if alert.acknowledged_by is None:
            self._host.tell(f"{alert.subject}: nobody has it.", "warning")
            return
        given = alert
        self._host.job(
            lambda: act_as_seen(operations, Unacknowledge(given.id), given),
            lambda view: self._host.tell(f"Unacknowledged: {view.subject}"),
        )

    def add_note(self) -> None:
        """Ask for a note on the alert that the cursor is on, open or ended, whoever has it."""
        operations = self._ready("Adding a note")
        if operations is None:
            return
        selection = self._host.selection()
        if selection.alert_id is None:
            self._host.tell(selection.reason or "Select the alert for the note first.", "warning")
            return
        alert = self._host.view.known_alert(selection.alert_id)
        self._ask_for_note(operations, selection.alert_id, alert.subject if alert else f"alert {selection.alert_id}")

    def probe_now(self) -> None:
        """Ask for a probe of the service that the cursor is on, or of all."""
        operations = self._ready("Probing")
        if operations is None:
            return
        selection = self._host.selection()
        service = selection.service
        if service is None and selection.reason is not None:
            self._host.tell(selection.reason, "warning")
            return
        self._host.job(
            lambda: operations.act(ProbeNow(service)),
            lambda _: self._host.tell(f"Probing {service or 'all services'} now"),
        )

    def export(self, folder: Path) -> None:
        """Ask for the folder, then write all reports there."""
        if self._host.view.live is None:
            self._host.tell("Still starting.", "warning")
            return
        if self._exporting:
            self._host.tell("An export is still running.", "warning")
            return
        reports = self._host.view.facts.reports
        if reports is None:
            self._host.tell(REPORTS_ELSEWHERE, "warning")
            return
        what = "Export all reports" if self._at is None else f"Reports up to {self._host.local(self._at):%d %b %H:%M},"
        self._host.prompt().ask(
            f"{what} into:", lambda name: self._export(reports, Path(name or folder)), answer=str(folder)
        )

    def _ask_to_take(self, operations: Operations, alert: AlertView, note: str = "") -> None:
        self._host.prompt().ask(
            f"Take {SEVERITY_WORDS[alert.severity]} {safe_text(alert.subject, 40)}, note:",
            lambda words: self._take(operations, alert, words),
            answer=note,
            placeholder="none; enter takes it, esc cancels",
        )

    def _take(self, operations: Operations, pressed: AlertView, note: str) -> None:
        """Take what was selected when the key was pressed; if that is another thing by now, nothing."""
        live = self._host.view.live_alert(pressed.id)
        if live is None or live.state is AlertState.RESOLVED:
            self._host.tell(f"{pressed.subject}: the alert ended meanwhile; nothing was taken.", "warning")
            self._keep_note(operations, pressed, note)
        elif live.acknowledged_by is not None:
            self._host.tell(f"{pressed.subject}: {live.acknowledged_by} took it meanwhile.", "warning")
            self._keep_note(operations, pressed, note)
        elif live.severity is not pressed.severity:
            self._host.tell(f"{pressed.subject}: it is {SEVERITY_WORDS[live.severity]} now; enter takes it.", "warning")
            self._ask_to_take(operations, live, note)
        else:
            self._host.job(
                lambda: act_as_seen(operations, Acknowledge(live.id, note or None), live),
                lambda view: self._host.tell(f"Taken by {view.acknowledged_by}: {view.subject}"),
                lambda error: self._not_taken(operations, live, note, error),
            )

    def _not_taken(self, operations: Operations, alert: AlertView, note: str, error: Exception) -> None:
        """What was typed is not lost: as a note where somebody was quicker, else for the next try."""
        if isinstance(error, ConflictError):
            self._keep_note(operations, alert, note)
        elif note:
            self._ask_to_take(operations, alert, note)

    def _keep_note(self, operations: Operations, alert: AlertView, note: str) -> None:
        """Offer to write what was typed on an alert that could not be taken."""
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
            self._host.tell("A note needs some text: nothing was written.", "warning")
            return
        self._host.job(
            lambda: operations.act(Note(alert_id, note)),
            lambda view: self._host.tell(f"Note written: {view.subject}"),
            lambda _: self._ask_for_note(operations, alert_id, subject, note),
        )

    def _export(self, reports: Reports, folder: Path) -> None:
        self._exporting = True
        host = self._host
        host.tell(f"Exporting into {folder} ...")

        def work() -> tuple[Path, ...]:
            try:
                return reports.export(folder.expanduser(), end=self._at, progress=self._step)
            finally:
                self._exporting = False
                host.note("")

        host.job(work, lambda files: host.tell(f"Wrote {len(files)} files into {folder.expanduser().resolve()}"))

    def _step(self, what: str, done: int, total: int) -> None:
        """What is being drawn, as people count."""
        self._host.note(f"exporting {done + 1} of {total}: {what}" if done < total else "")

    def _selected(self, selection: Selection) -> AlertView | None:
        return None if selection.alert_id is None else self._host.view.live_alert(selection.alert_id)

    def _ready(self, what: str) -> Operations | None:
        """The operations, or a word why nothing can be done now."""
        if self._at is not None:
            self._host.tell(
                f"{what} is not possible: this is the past, {self._host.local(self._at):%Y-%m-%d %H:%M %Z}. "
                "Start without --at to act.",
                "warning",
            )
        elif self._read_only:
            self._host.tell(f"{what} is not possible: this console is read-only.", "warning")
        elif self._host.operations is None:
            self._host.tell("Still starting.", "warning")
        else:
            return self._host.operations
        return None
