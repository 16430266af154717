"""``db copy``: move everything into another database, e.g. from a file to a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.context import get_context
from amt_console.cli.output import print_json, print_line, talk
from amt_console.cli.table import Column, print_table

if TYPE_CHECKING:
    from amt_console.store.copying import CopyProgress

_LINES = 10
"""Lines for the copying, and as many for the check, where there is no terminal."""


def copy(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Database to copy: a URL or a SQLite file.")],
    target: Annotated[str, typer.Argument(metavar="TARGET", help="Empty database: a URL or a new SQLite file.")],
    json_output: Annotated[bool, typer.Option("--json", help="Print the tables with their checksums as JSON.")] = False,
) -> None:
    """Copy a whole database into an empty one, and compare them. The source is only read.

    No monitor may run on either. Stopped half-way, the same command goes on where it was.
    """
    from amt_console.store.copying import copy_store

    clock = get_context(ctx).clock
    begun = clock.monotonic()
    try:
        with _shown_progress() as progress:
            found = copy_store(_url(source), _url(target), clock=clock, progress=progress)
    except KeyboardInterrupt:
        talk("Stopped half-way. The same command goes on where it was.")
        raise typer.Exit(130) from None
    seconds = clock.monotonic() - begun
    rows = sum(each.rows for each in found)
    if json_output:
        tables = [{"table": each.name, "rows": each.rows, "checksum": each.checksum} for each in found]
        print_json({"rows": rows, "seconds": round(seconds, 1), "tables": tables})
        return
    rows_of = [(each.name, f"{each.rows:,}", each.checksum) for each in found]
    print_table(("TABLE", Column("ROWS", right=True), "CHECKSUM"), rows_of)
    print_line(f"{rows:,} rows copied and found equal in {seconds:.0f} s.")
    print_line("Name the new database with --db, $AMT_DATABASE_URL or database_url in the configuration.")


def _url(place: str) -> str:
    return place if "://" in place else f"sqlite:///{Path(place).expanduser().resolve()}"


@contextmanager
def _shown_progress() -> Iterator[CopyProgress]:
    """A bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _PlainProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Progress(*columns, console=console, transient=True) as bar:
        tasks = {verb: bar.add_task(verb, total=None) for verb in ("copying", "checking")}

        def update(what: str, done: int, total: int) -> None:
            bar.update(tasks[what.partition(" ")[0]], description=what, completed=done, total=total)

        yield update


class _PlainProgress:
    def __init__(self) -> None:
        self._told = {"copying": 0, "checking": 0}

    def __call__(self, what: str, done: int, total: int) -> None:
        verb = what.partition(" ")[0]
        part = done * _LINES // total if total else _LINES
        if part > self._told[verb]:
            self._told[verb] = part
            talk(f"{what}: {done:,} of {total:,} rows")
