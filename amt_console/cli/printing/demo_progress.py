"""Progress of the demo's history: a bar on a terminal, otherwise a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from amt_console.cli.printing.output import talk
from amt_console.operations.protocol import Progress

_LINES = 4
"""Number of progress lines without a terminal."""


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A callback that shows progress on stderr while the block runs."""
    if not sys.stderr.isatty():
        yield _PlainProgress()
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as ProgressBar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with ProgressBar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")

        def update(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield update


class _PlainProgress:
    def __init__(self) -> None:
        self._told = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        part = done * _LINES // total if total else _LINES
        if part > self._told:
            self._told = part
            talk(f"{what}: {100 * done // total} %")
