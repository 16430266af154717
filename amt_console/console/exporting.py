"""The key that exports what a screen shows: reports of its window, or its list as a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amt_console.console.actions import ActionHost
from amt_console.operations.cancellation import Cancellation, CancelledError
from amt_console.operations.protocol import Reports

if TYPE_CHECKING:
    from amt_console.reports.lists import ScreenList

REPORTS_ELSEWHERE = "Reports are made beside the database: run 'amt-console export' on the monitor's host."
"""The message of a session without reports."""
_NOT_IN_NAMES = re.compile(r"[^\w.-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReportsExport:
    """Reports of the window that a screen shows."""

    what: str = "all reports"
    parts: tuple[str, ...] = ("all",)
    hours: float = 24
    service: str | None = None
    """Only this service."""
    incident: int | None = None
    """The draft of a post-mortem of this alert instead."""


@dataclass(frozen=True, slots=True)
class ListExport:
    """What a screen shows, as a file."""

    what: str
    name: str
    """Of the file, without time and suffix."""
    document: Any
    """As JSON: a list of objects, or one object."""
    columns: tuple[str, ...] = ()
    """Keys of the objects that are the columns of the table; none if it is no list."""
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Headings and lines of text, if it is no list."""


Export = ReportsExport | ListExport


class Exporter:
    """Asks where to, then exports, one at a time. A running export is cancelled with escape.

    Args:
        host: The app.
        folder: Where exports go by default.
    """

    def __init__(self, host: ActionHost, folder: Path) -> None:
        self._host = host
        self._folder = folder
        self._running: Cancellation | None = None

    @property
    def running(self) -> bool:
        """Whether an export runs."""
        return self._running is not None

    def cancel(self) -> None:
        """Cancel the running export."""
        if self._running is not None:
            self._running.cancel()

    def export(self, wanted: Export, until: datetime | None) -> None:
        """Ask for a place, then export.

        Args:
            wanted: What the screen shows.
            until: The displayed moment; ``None`` for now.
        """
        if self._host.view.live is None:
            self._host.tell("Still starting.", "warning")
        elif self.running:
            self._host.tell("An export is still running; escape cancels it.", "warning")
        elif isinstance(wanted, ListExport):
            self._ask_for_file(wanted, until or self._host.view.live.generated_at)
        else:
            self._ask_for_folder(wanted, until)

    def _ask_for_folder(self, wanted: ReportsExport, until: datetime | None) -> None:
        reports = self._host.view.facts.reports
        if reports is None:
            self._host.tell(REPORTS_ELSEWHERE, "warning")
            return
        folder = self._folder if wanted.service is None else self._folder / file_name(wanted.service)
        upto = "" if until is None else f" up to {self._host.local(until):%d %b %H:%M}"
        self._host.prompt().ask(
            f"Export {wanted.what}{upto} into{self._here()}:",
            lambda name: self._write_reports(reports, wanted, until, Path(name or folder)),
            answer=str(folder),
            placeholder="a folder; enter exports, esc cancels",
        )

    def _write_reports(self, reports: Reports, wanted: ReportsExport, until: datetime | None, folder: Path) -> None:
        cancellation = Cancellation()

        def work() -> Sequence[Path]:
            if wanted.incident is not None:
                return reports.export_incident(
                    wanted.incident, folder.expanduser(), progress=self._step, cancellation=cancellation
                )
            return reports.export(
                folder.expanduser(),
                parts=wanted.parts,
                hours=wanted.hours,
                end=until,
                service=wanted.service,
                progress=self._step,
                cancellation=cancellation,
            )

        self._host.note("exporting: reading the data; esc cancels")
        self._run(work, cancellation)

    def _ask_for_file(self, wanted: ListExport, shown_at: datetime) -> None:
        suffixes = _screen_list(wanted).suffixes
        name = f"{file_name(wanted.name)}-{self._host.local(shown_at):%Y%m%d-%H%M}{suffixes[0]}"
        self._host.prompt().ask(
            f"Export {wanted.what} into{self._here()}:",
            lambda path: self._write_list(wanted, Path(path or self._folder / name)),
            answer=str(self._folder / name),
            placeholder=f"a file that ends in {', '.join(suffixes)}; esc cancels",
        )

    def _write_list(self, wanted: ListExport, path: Path) -> None:
        def work() -> Sequence[Path]:
            from amt_console.reports.lists import write_list

            return (write_list(_screen_list(wanted), path.expanduser()),)

        self._run(work, Cancellation())

    def _run(self, export: Callable[[], Sequence[Path]], cancellation: Cancellation) -> None:
        host = self._host
        self._running = cancellation

        def work() -> Sequence[Path] | None:
            try:
                return export()
            except CancelledError:
                return None
            finally:
                self._running = None
                host.note("")

        host.job(work, self._done)

    def _done(self, files: Sequence[Path] | None) -> None:
        if files is None:
            self._host.tell("The export was cancelled: nothing was written.")
        elif len(files) == 1:
            self._host.tell(f"Wrote {files[0].resolve()}{self._here()}")
        elif not files:
            self._host.tell("There was nothing to write.", "warning")
        else:
            self._host.tell(f"Wrote {len(files)} files into {files[0].parent.resolve()}{self._here()}")

    def _step(self, what: str, done: int, total: int) -> None:
        """Show which report is being rendered, counted from 1."""
        if self._running is not None and done < total:
            self._host.note(f"exporting {done + 1} of {total}: {what}; esc cancels")

    def _here(self) -> str:
        """Where files are written, if the monitor may be on another host."""
        return " on this host" if self._host.view.facts.reports is None else ""


def file_name(text: str) -> str:
    """A name as part of a file's name, on any system."""
    return _NOT_IN_NAMES.sub("_", text).strip("._")[:60] or "unnamed"


def _screen_list(wanted: ListExport) -> ScreenList:
    # The console's start must not load the reports.
    from amt_console.reports.lists import ScreenList

    title = f"{wanted.what[:1].upper()}{wanted.what[1:]}"
    return ScreenList(title, wanted.document, wanted.columns, wanted.sections)
