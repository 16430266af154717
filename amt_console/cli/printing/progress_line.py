"""A progress line on a terminal's stderr, removed at the end."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self

import typer


class ProgressLine:
    """Prints nothing where stderr is no terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False

    def show(self, done: int, total: int | None = None, note: str = "") -> None:
        """Show the progress."""
        if sys.stderr.isatty():
            of = f"/{total:,}" if total else ""
            typer.echo(f"\r\x1b[K{self._what} {done:,}{of} {note}", err=True, nl=False)
            self._shown = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            typer.echo("\r\x1b[K", err=True, nl=False)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Let ctrl+c and SIGTERM set the event instead of ending the process: the work stops between two steps."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
