"""What keys do to the platform: acknowledge, give back, probe, export; each to what was pointed at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from amt_console.console.view_state import ViewState
from amt_console.model import AlertState, AlertView
from amt_console.operations.protocol import ConflictError, Operations
from amt_console.text import SEVERITY_WORDS, safe_text
from widgets.prompt import Prompt

ResultT = TypeVar("ResultT")
Tone = Literal["information", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Selection:
    """What the screen points at."""

    alert_id: int | None = None
    service: str | None = None
    reason: str | None = None
    """Why there is no alert, when something is selected that has none."""


class ActionHost(Protocol):
    """What the actions need of the app."""

    picture: ViewState
    operations: Operations | None

    def tell(self, message: str, tone: Tone = "information") -> None:
        """Show a message for a few seconds."""
        ...

    def target(self) -> Selection:
        """What the screen points at."""
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

    def job(self, work: Callable[[], ResultT], done: Callable[[ResultT], None]) -> None:
        """Run blocking work on a thread; a failure is told to the person."""
        ...


class Actions:
    """The use cases behind the keys."""

    def __init__(self, host: ActionHost, *, read_only: bool, at: datetime | None) -> None:
        self._host = host
        self._read_only = read_only
        self._at = at
        self._exporting = False

    def acknowledge(self) -> None:
        """Ask for a note, then take the alert that the screen points at, or the worst that nobody has."""
        operations = self._ready("Acknowledging")
        if operations is None:
            return
        target = self._host.target()
        if target.reason is not None:
            self._host.tell(target.reason, "warning")
            return
        alert = self._pointed(target) if target.alert_id is not None else self._host.picture.worst_unacknowledged()
        if alert is None:
            gone = "That alert has ended." if target.alert_id is not None else "No open alert waits for anybody."
            self._host.tell(gone)
            return
        if alert.acknowledged_by is not None:
            back = f"{self._host.key_of('give_back')} gives it back"
            self._host.tell(f"{alert.subject}: {alert.acknowledged_by} already has it. {back}.", "warning")
            return
        pressed = alert
        self._host.prompt().ask(
            f"Take {SEVERITY_WORDS[alert.severity]} {safe_text(alert.subject, 40)}, note:",
            lambda note: self._take(operations, pressed, note),
            placeholder="none; enter takes it, esc cancels",
        )

    def unacknowledge(self) -> None:
        """Give back the alert that the screen points at."""
        operations = self._ready("Giving back")
        if operations is None:
            return
        target = self._host.target()
        alert = self._pointed(target)
        if alert is None:
            self._host.tell(target.reason or "Select the alert to give back first.", "warning")
            return
        if alert.acknowledged_by is None:
            self._host.tell(f"{alert.subject}: nobody has it.", "warning")
            return
        given = alert
        self._host.job(
            lambda: operations.unacknowledge(given.id, expected_version=given.version),
            lambda view: self._host.tell(f"Given back: {view.subject}"),
        )

    def probe_now(self) -> None:
        """Ask for a probe of the service that the screen points at, or of all."""
        operations = self._ready("Probing")
        if operations is None:
            return
        service = self._host.target().service
        self._host.job(
            lambda: operations.probe_now(service),
            lambda _: self._host.tell(f"Probing {service or 'all services'} now"),
        )

    def export(self, folder: Path) -> None:
        """Ask for the folder, then write all reports there."""
        operations = self._host.operations
        if operations is None:
            self._host.tell("Still starting.", "warning")
            return
        if self._exporting:
            self._host.tell("An export is still running.", "warning")
            return
        refusal = self._host.picture.facts.no_reports
        if refusal is not None:
            self._host.tell(refusal[0].upper() + refusal[1:], "warning")
            return
        opened = operations
        what = "Export all reports" if self._at is None else f"Reports up to {self._host.local(self._at):%d %b %H:%M},"
        self._host.prompt().ask(
            f"{what} into:", lambda name: self._export(opened, Path(name or folder)), answer=str(folder)
        )

    def _take(self, operations: Operations, pressed: AlertView, note: str) -> None:
        """Take what was pointed at when the key was pressed; if that is another thing by now, nothing."""
        live = self._host.picture.live_alert(pressed.id)
        if live is None or live.state is AlertState.RESOLVED:
            self._host.tell(f"{pressed.subject}: the alert ended meanwhile; nothing was taken.", "warning")
            return
        if live.acknowledged_by is not None:
            self._host.tell(f"{pressed.subject}: {live.acknowledged_by} took it meanwhile.", "warning")
            return
        if live.severity is not pressed.severity:
            now = SEVERITY_WORDS[live.severity]
            self._host.tell(
                f"{pressed.subject}: it is {now} now; nothing was taken. "
                f"Press {self._host.key_of('acknowledge')} again.",
                "warning",
            )
            return
        self._host.job(
            lambda: take(operations, live, note or None),
            lambda view: self._host.tell(f"Taken by {view.acknowledged_by}: {view.subject}"),
        )

    def _export(self, operations: Operations, folder: Path) -> None:
        self._exporting = True
        host = self._host
        host.tell(f"Exporting into {folder} ...")

        def work() -> tuple[Path, ...]:
            try:
                return operations.export(folder.expanduser(), end=self._at, progress=self._step)
            finally:
                self._exporting = False
                host.note("")

        host.job(work, lambda files: host.tell(f"Wrote {len(files)} files into {folder.expanduser().resolve()}"))

    def _step(self, what: str, done: int, total: int) -> None:
        """What is being drawn, as people count."""
        self._host.note(f"exporting {done + 1} of {total}: {what}" if done < total else "")

    def _pointed(self, target: Selection) -> AlertView | None:
        return None if target.alert_id is None else self._host.picture.live_alert(target.alert_id)

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


def take(operations: Operations, alert: AlertView, note: str | None) -> AlertView:
    """Acknowledge an alert that may get a new value at the same moment.

    The monitor raises the version with every observation it stores. When only that happened, nothing that the person
    saw is different, and the alert is taken at its new version; when severity or owner changed or it ended, the
    conflict stands.
    """
    try:
        return operations.acknowledge(alert.id, note=note, expected_version=alert.version)
    except ConflictError:
        episode = operations.alert(alert.id).episode
        same = episode.open and episode.acknowledged_by is None and episode.severity is alert.severity
        if not same or episode.version == alert.version:
            raise
        return operations.acknowledge(alert.id, note=note, expected_version=episode.version)
