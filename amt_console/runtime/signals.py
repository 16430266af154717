"""What the system asks of a running monitor by signals: to stop, and to read its configuration again."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from amt_console.runtime.reload import ConfigWatch


class Signals:
    """Remembers what was asked for, from the first ``listen`` on, through every part that a monitor plays in turn."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set by SIGTERM and SIGINT."""
        self.reload = threading.Event()
        """Set by SIGHUP."""

    def listen(self) -> None:
        """Take the signals from now on. Only on the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked)

    def take_reload(self, watch: ConfigWatch) -> bool:
        """Whether the configuration has to be read again: once, however many signals and changes have come in."""
        if self.reload.is_set():
            self.reload.clear()
            watch.read()
            return True
        return watch.changed()

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        (self.reload if number == signal.SIGHUP else self.stop).set()
