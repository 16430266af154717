"""Shows how far the demo's history is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from amt_console.cli.printing.output import talk
from amt_console.operations.protocol import Progress

_LINES = 4
"""Lines over the whole when there is no terminal."""


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A callback that shows progress on stderr for as long as the block lasts."""
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
