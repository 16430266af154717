"""A terminal that tells when output has left the process."""

from __future__ import annotations

from threading import Event
from typing import IO, Any


class Sent:
    """The part of a file that Textual's writing thread uses.

    Args:
        file: Of the terminal.
    """

    def __init__(self, file: IO[Any]) -> None:
        self._file = file
        self._flushed = Event()
        self._flushed.set()
        self.fileno, self.isatty, self.write = file.fileno, file.isatty, file.write

    def begin(self) -> None:
        """Output is on its way."""
        self._flushed.clear()

    def flush(self) -> None:
        """Send what was written."""
        self._file.flush()
        self._flushed.set()

    def wait(self, seconds: float) -> None:
        """Wait until output has left, but not longer than this."""
        self._flushed.wait(seconds)
