"""The screen of the monitor: its process, who is present, and all notices in full."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from textual.containers import Container, Vertical
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.exporting import Export, ListExport
from amt_console.console.screens.detail import DetailBody, DetailScreen
from amt_console.console.screens.seen import sections_of
from amt_console.console.session import SessionFacts
from amt_console.model import MonitorState, Snapshot
from amt_console.model.inbound import HeartbeatState
from amt_console.operations.json_views import snapshot_json
from amt_console.text import near_moment, reason_of, soon_moment
from widgets.cells import Run, Runs, clean, padded, width_of
from widgets.fact_lines import FactLines
from widgets.look import Look

MONITOR_INDENT = 14
_NAME_CELLS = 24
"""What stands behind longer names is not aligned."""
_STATES = {
    MonitorState.RUNNING: "running",
    MonitorState.SILENT: "silent: it holds the database, but writes nothing",
    MonitorState.STOPPED: "none runs: nothing is probed",
}


class MonitorScreen(DetailScreen):
    """Opened with its key from every screen."""

    def body(self) -> Iterable[Widget]:
        """The lists."""
        look = self.look
        with DetailBody(id="detail"):
            with Container(id="columns"):
                with Vertical(id="left"):
                    yield FactLines("WHO IS LOOKING", look=look, id="presence", wrap_at=2)
                    yield FactLines("WHO IS ON CALL", look=look, id="on-call", wrap_at=2)
                with Vertical(id="right"):
                    yield FactLines("MONITOR", look=look, id="monitor", wrap_at=MONITOR_INDENT)
            yield FactLines("JOBS", look=look, id="jobs", wrap_at=2)
            yield FactLines("NOTICES", look=look, id="notices", wrap_at=2)

    def selection(self) -> Selection:
        """Nothing can be selected."""
        return Selection()

    def exported(self) -> Export:
        """The lines, or the document of ``status --json``."""
        shown = self.host.view.shown
        document = {} if shown is None else snapshot_json(shown)
        return ListExport("the monitor's state", "monitor", document, sections=sections_of(self))

    def load(self) -> None:
        """Nothing to load: everything is in the snapshot."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        now, look, session = self.now, self.look, self.host.view.facts
        count = len(snapshot.presence)
        self.query_one("#presence", FactLines).show(
            presence_lines(snapshot, now, look), note=str(count) if count else ""
        )
        self.query_one("#on-call", FactLines).show(on_call_lines(snapshot, look))
        self.query_one("#monitor", FactLines).show(monitor_lines(snapshot, session, now, look))
        jobs = self.query_one("#jobs", FactLines)
        jobs.display = bool(snapshot.heartbeats)
        jobs.show(job_lines(snapshot, look))
        self.query_one("#notices", FactLines).show(notice_lines(snapshot, session, look))

    def relook(self) -> None:
        """Redraw with other colours: the lines contain styles."""
        super().relook()
        self.redraw()


def presence_lines(snapshot: Snapshot, now: datetime, look: Look) -> list[Runs]:
    """A line per person: name, since when, from where."""
    palette = look.palette
    if snapshot.at is not None:
        return [[("not recorded: this is the past", palette.muted)]]
    if not snapshot.presence:
        return [[("unknown: no monitor answers", palette.muted)]]
    width = min(_NAME_CELLS, max(width_of(clean(person.name)) for person in snapshot.presence))
    return [
        [
            (f"{padded(clean(person.name), width)}  ", palette.strong),
            (
                f"since {near_moment(person.since, now, look.zone)} (for {look.age_words(person.since, now)})",
                palette.text,
            ),
            (f"  {person.place}", palette.muted),
        ]
        for person in snapshot.presence
    ]


def on_call_lines(snapshot: Snapshot, look: Look) -> list[Runs]:
    """One line a rota: its name, the person, until when."""
    palette, now = look.palette, snapshot.at or snapshot.generated_at
    if not snapshot.on_call:
        return [[("no rota is configured", palette.muted)]]
    width = min(_NAME_CELLS, max(width_of(clean(item.rota)) for item in snapshot.on_call))
    return [
        [
            (f"{padded(clean(item.rota), width)}  ", palette.muted),
            ("nobody", palette.warning) if item.person is None else (item.person, palette.strong),
            ("" if item.until is None else f"  until {soon_moment(item.until, now, look.zone)}", palette.text),
        ]
        for item in snapshot.on_call
    ]


def job_lines(snapshot: Snapshot, look: Look) -> list[Runs]:
    """A line per job that must report: its state, and why it is in it."""
    palette = look.palette
    styles = {HeartbeatState.DOWN: palette.critical, HeartbeatState.LATE: palette.warning}
    width = min(_NAME_CELLS, max((width_of(clean(each.name)) for each in snapshot.heartbeats), default=0))
    return [
        [
            (f"{padded(clean(each.name), width)}  ", palette.strong),
            (f"{each.state.value:<4}", styles.get(each.state, palette.text)),
            (f"  {reason_of(each.message, each.name)}", palette.muted),
        ]
        for each in snapshot.heartbeats
    ]


def monitor_lines(snapshot: Snapshot, session: SessionFacts, now: datetime, look: Look) -> list[Runs]:
    """The monitor's process and state, and this console's relation to it."""
    status = snapshot.monitor
    here = "is the monitor" if session.is_monitor else f"attached to {session.attached_to}"
    if not session.is_monitor and session.attached_to is None:
        here = "reads the database itself"
    pairs = [("State", _STATES[status.state])]
    if status.pid is not None:
        pairs.append(("Process", f"pid {status.pid} on {status.host}"))
    if status.started_at is not None:
        pairs.append(
            (
                "Started",
                f"{near_moment(status.started_at, now, look.zone)} ({look.age_words(status.started_at, now)} ago)",
            )
        )
    if status.last_cycle_at is not None:
        pairs.append(("Last result", look.ago_words(status.last_cycle_at, now)))
    pairs.append(("This console", here))
    palette = look.palette
    return [[(f"{label:<{MONITOR_INDENT}}", palette.muted), (value, palette.text)] for label, value in pairs]


def notice_lines(snapshot: Snapshot, session: SessionFacts, look: Look) -> list[Runs]:
    """Notices: faults first, then this console's, then the monitor's."""
    palette = look.palette
    faults = [[(fault, palette.critical)] for fault in snapshot.faults]
    said = dict.fromkeys((*session.notices, *snapshot.notices))
    lines: list[Runs] = [*faults, *([(notice, palette.text)] for notice in said if notice not in snapshot.faults)]
    if snapshot.simulated_until is not None:
        until = near_moment(snapshot.simulated_until, snapshot.generated_at, look.zone)
        mark: list[Run] = [(f"The history up to {until} is simulated.", palette.text)]
        lines.append(mark)
    return lines or [[("nothing", palette.muted)]]
