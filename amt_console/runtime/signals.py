"""The signals of a running monitor: stop and reload."""

from __future__ import annotations

import signal
import threading
from types import FrameType

from amt_console.runtime.reload import ConfigWatch


class Signals:
    """Remembers the requests from the first ``listen`` on, through every role that the process plays."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        """Set by SIGTERM and SIGINT."""
        self.reload = threading.Event()
        """Set by SIGHUP."""

    def listen(self) -> None:
        """Install the handlers. Only on the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._asked)

    def take_reload(self, watch: ConfigWatch) -> bool:
        """Whether to reload the configuration: true once for any number of signals and changes."""
        if self.reload.is_set():
            self.reload.clear()
            watch.read()
            return True
        return watch.changed()

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        (self.reload if number == signal.SIGHUP else self.stop).set()
