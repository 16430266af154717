"""Progress of long work: a bar on a terminal, otherwise a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from amt_console.cli.printing.output import talk
from amt_console.clock import Clock
from amt_console.operations.protocol import Progress

LINE_SECONDS = 5.0
"""Without a terminal, a line is written at most this often, and none for work that is done sooner."""


@contextmanager
def shown_progress(clock: Clock) -> Iterator[Progress]:
    """A callback that shows progress on stderr while the block runs."""
    if not sys.stderr.isatty():
        yield _PlainProgress(clock)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as ProgressBar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with ProgressBar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        yield update


class _PlainProgress:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told_at = clock.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self._clock.monotonic()
        if done < total and now - self._told_at >= LINE_SECONDS:
            self._told_at = now
            talk(f"{what}: {100 * done // total} %")
