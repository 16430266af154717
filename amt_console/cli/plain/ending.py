"""How the printing of pages ends: a signal, a reader that has gone, a lost database."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

from amt_console.cli.printing.output import to_nowhere, unwritten, writable

READER_GONE = 128 + signal.SIGPIPE


class Interrupted(Exception):
    """A signal came while the process would have waited for somebody else."""


class Ending:
    """Waits for the end, and writes so that a reader who does not read cannot keep the process."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        """Set when the printing is to end."""
        self.exit_code = 0
        self.error: Exception | None = None
        """Why it ends, if that is a failure."""
        self._waits = False

    def listen(self) -> None:
        """Install the handlers. Only on the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def fail(self, error: Exception) -> None:
        """End with a failure; from any thread."""
        self.error = error
        self.asked.set()

    @contextlib.contextmanager
    def may_be_interrupted(self) -> Iterator[None]:
        """While others are waited for, a signal ends the waiting: inside, ``Interrupted`` may be raised."""
        self._waits = True
        try:
            if self.asked.is_set():
                raise Interrupted
            yield
        finally:
            self._waits = False

    def write(self, lines: list[str]) -> None:
        """Print a block. Raises CommandError if it cannot be written."""
        try:
            with self.may_be_interrupted():
                sys.stdout.write("".join(f"{writable(line)}\n" for line in lines))
                sys.stdout.flush()
        except BrokenPipeError:
            to_nowhere(sys.stdout)
            self.exit_code = READER_GONE
            self.asked.set()
        except Interrupted:
            # What waits in the buffer would be written at the end of the process, and wait for the reader again.
            to_nowhere(sys.stdout)
        except OSError as error:
            raise unwritten(error) from error

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if not self.asked.is_set():
            self.exit_code = 128 + number
            self.asked.set()
        if self._waits:
            self._waits = False
            raise Interrupted
