"""The output of an own command, growing while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Protocol

from textual.binding import BindingType
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import DETAIL_KEYS, OUTPUT_KEYS
from amt_console.console.exporting import Export, ListExport
from amt_console.console.own_commands.running import CommandRun
from amt_console.console.screens.detail import DetailScreen
from amt_console.model import Snapshot
from amt_console.text import safe_text
from widgets.cells import Runs
from widgets.fact_lines import FactLines
from widgets.output_view import OutputView

DRAW_SECONDS = 0.2
"""Seconds between two drawings of a growing output: it costs nothing on the wire while nothing comes."""


class RunKeeper(Protocol):
    """What the keys of the screen do."""

    def stop(self, run: CommandRun) -> None:
        """End a run."""
        ...

    def save_as_note(self, run: CommandRun) -> None:
        """Write the output on the alert that was selected."""
        ...


class CommandOutputScreen(DetailScreen):
    """Opens when a command starts, and with its key while it runs. To go back leaves it running."""

    BINDINGS: ClassVar[Sequence[BindingType]] = [*OUTPUT_KEYS, *DETAIL_KEYS]

    def __init__(self, run: CommandRun, keeper: RunKeeper) -> None:
        super().__init__()
        self.command_run = run
        self._keeper = keeper
        self._drawn_bytes = -1
        self._ended = False

    def body(self) -> Iterable[Widget]:
        """The command as it runs, how it stands, and its output."""
        look = self.look
        wanted = self.command_run.wanted
        about = f" on {safe_text(wanted.service, 40)}" if wanted.service else ""
        title = f"COMMAND  {safe_text(wanted.command.name, 40)}{about}"
        yield FactLines(title, look=look, id="command-line", wrap_at=2)
        yield OutputView(look=look, id="detail")

    def scroller(self) -> OutputView:
        """The output."""
        return self.query_one("#detail", OutputView)

    def selection(self) -> Selection:
        """The alert and the service that it ran for."""
        wanted = self.command_run.wanted
        return Selection(alert_id=wanted.alert_id, service=wanted.service or None)

    def without_use(self) -> frozenset[str]:
        """To stop what has ended, and to save a note where there is no alert."""
        stop = () if self.command_run.running else ("stop_command",)
        return frozenset((*stop, *(("save_output",) if self.command_run.wanted.alert_id is None else ())))

    def row_summary(self) -> str | None:
        """The command and how it ended."""
        return f"{self.command_run.wanted.line()}: {self.command_run.state()}"

    def exported(self) -> Export:
        """The command with its output."""
        run, lines = self.command_run, tuple(self.command_run.process.output.lines())
        document = {
            "name": run.wanted.command.name,
            "command": [safe_text(argument, 4000) for argument in run.argv],
            "exit_code": None if run.end is None else run.end.exit_code,
            "ended": None if run.end is None else run.end.words,
            "output": list(lines),
        }
        sections = ((run.wanted.line(), lines or ("no output",)), ("END", (run.state(),)))
        return ListExport(f"the output of {run.wanted.command.name}", "command-output", document, sections=sections)

    def on_mount(self) -> None:
        """Draw while it runs."""
        self.set_interval(DRAW_SECONDS, self.load)

    def load(self) -> None:
        """Draw what has come since."""
        if not self.is_mounted:
            return
        run = self.command_run
        if self._ended is run.running:
            self._ended = not run.running
            self.refresh_keys()
        self.query_one("#command-line", FactLines).show(self._head())
        if run.process.output.total != self._drawn_bytes or not run.running:
            self._drawn_bytes = run.process.output.total
            lines = run.process.output.lines()
            self.scroller().show(lines or ([] if run.running else ["no output"]))

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Nothing of it is shown."""

    def relook(self) -> None:
        """Draw with other colours."""
        super().relook()
        self.scroller().set_look(self.look)
        self.load()

    def _head(self) -> list[Runs]:
        palette, run = self.look.palette, self.command_run
        end = run.end
        style = palette.muted if end is None else palette.ok if end.well else palette.critical
        seconds = "" if end is None else f" · {end.seconds:.1f} s"
        state: list[tuple[str, object]] = [(run.state(), style), (seconds, palette.muted)]
        lines: list[Runs] = [[(run.wanted.line(), palette.text)], state]  # type: ignore[list-item]
        if run.unaudited is not None:
            lines.append([(f"no row in the audit: {run.unaudited}", palette.critical)])
        return lines

    def action_stop_command(self) -> None:
        """End the command."""
        self._keeper.stop(self.command_run)

    def action_save_output(self) -> None:
        """Save the output as a note."""
        self._keeper.save_as_note(self.command_run)
