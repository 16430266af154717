"""``db copy``: copy everything into another database, e.g. from a file to a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.api.listeners.socket_path import database_name
from amt_console.cli.audit_row import leave_row
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context, url_of

if TYPE_CHECKING:
    from rich.progress import Progress

    from amt_console.store.upkeep.copying import CopiedTable

_LINES = 10
"""Number of progress lines for the copy, and again for the check, without a terminal."""


def copy(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Database to copy: a URL or a SQLite file.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Empty database: a URL or a new SQLite file.")],
    json_output: Annotated[bool, typer.Option("--json", help="Print the tables with their checksums as JSON.")] = False,
) -> None:
    """Copy a whole database into an empty one, and compare them. The source is only read.

    No monitor may run on either database. After an interruption, the same command continues where it stopped.
    """
    from amt_console.store import CopyDiffers, CopyRefused, StoreError
    from amt_console.store.upkeep.copying import copy_store

    context = get_context(ctx)
    clock = context.clock
    begun = clock.monotonic()
    try:
        with _shown_progress() as progress:
            found = copy_store(url_of(source), url_of(target), clock=clock, progress=progress)
    except KeyboardInterrupt:
        talk("Stopped. The same command continues where it stopped.")
        raise typer.Exit(130) from None
    except (CopyRefused, CopyDiffers):
        raise
    except StoreError:
        if progress.begun:
            talk("Stopped by a failure. The same command continues where it stopped.")
        raise
    note = {"note": f"{sum(each.rows for each in found)} rows from {database_name(url_of(source))}"}
    leave_row(context, "db copy", "database", note, store_url=url_of(target))
    _print(found, clock.monotonic() - begun, json_output)


def _print(found: Sequence[CopiedTable], seconds: float, json_output: bool) -> None:
    for each in found:
        if each.left_out:
            talk(f"{each.left_out:,} rows of {each.name} were left out: they have no readable time.")
    rows = sum(each.rows for each in found)
    if json_output:
        names = ("rows", "checksum", "left_out")
        tables = [{"table": each.name, **{name: getattr(each, name) for name in names}} for each in found]
        print_json({"rows": rows, "seconds": round(seconds, 1), "tables": tables})
        return
    rows_of = [(each.name, f"{each.rows:,}", each.checksum) for each in found]
    print_table(("TABLE", PrintedColumn("ROWS", right=True), "CHECKSUM"), rows_of)
    print_line(f"{rows:,} rows copied and found equal in {seconds:.0f} s.")
    print_line("Name the new database with --db, $AMT_DATABASE_URL or database_url in the configuration.")


@contextmanager
def _shown_progress() -> Iterator[_Shown]:
    """A progress bar on a terminal, otherwise a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bars(bar)


class _Shown:
    """Takes the table and the step, the rows done and the rows in all."""

    def __init__(self) -> None:
        self.begun = False

    def __call__(self, what: str, done: int, total: int) -> None:
        self.begun = True
        self.show(what, done, total)

    def show(self, what: str, done: int, total: int) -> None:
        raise NotImplementedError


class _Bars(_Shown):
    def __init__(self, bar: Progress) -> None:
        super().__init__()
        self._bar = bar
        self._tasks = {verb: bar.add_task(verb, total=None) for verb in ("copying", "checking")}

    def show(self, what: str, done: int, total: int) -> None:
        self._bar.update(self._tasks[what.partition(" ")[0]], description=what, completed=done, total=total)


class _Lines(_Shown):
    def __init__(self) -> None:
        super().__init__()
        self._told = {"copying": 0, "checking": 0}

    def show(self, what: str, done: int, total: int) -> None:
        verb = what.partition(" ")[0]
        part = done * _LINES // total if total else _LINES
        if part > self._told[verb]:
            self._told[verb] = part
            talk(f"{what}: {done:,} of {total:,} rows")
