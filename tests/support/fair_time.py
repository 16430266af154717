"""Seconds as an idle machine would count them, in which the tests measure promises and deadlines.

With several processes for each processor everything takes several times as long. "Within 10 s" says nothing about that.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

_TICK = 0.05
_LOAD = Path("/proc/loadavg")


def fair_time() -> float:
    """Seconds since the start of the tests, without the time in which other processes had the processors."""
    return _ticker.seconds


class _Ticker(threading.Thread):
    """Counts its own ticks, each as long as the share of a processor that was left for one process."""

    def __init__(self) -> None:
        super().__init__(name="fair-time", daemon=True)
        self.seconds = 0.0

    def run(self) -> None:
        processors = os.cpu_count() or 1
        while True:
            time.sleep(_TICK)
            self.seconds += _TICK / max(1.0, _runnable() / processors)


def _runnable() -> int:
    """Processes and threads that run or wait for a processor; 1 where the system does not tell."""
    try:
        return int(_LOAD.read_text("ascii").split()[3].partition("/")[0])
    except (OSError, IndexError, ValueError):  # a sandbox may have no such file, or answer with an empty one
        return 1


_ticker = _Ticker()
_ticker.start()
