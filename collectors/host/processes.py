"""The busiest processes of the host, for the evidence of an alert."""

from __future__ import annotations

import time

import psutil

from amt_console.model.evidence import ProcessUse
from amt_console.text import safe_text

SPAN_SECONDS = 0.25
"""Between the two readings that a process's share is computed from."""
MOST = 5
_LEAST_PERCENT = 0.1


def busiest_processes(most: int = MOST) -> tuple[ProcessUse, ...]:
    """The processes that use most processor time now, and most memory among equals. Blocks for ``SPAN_SECONDS``.

    Processes that end meanwhile, or may not be read, are left out.
    """
    begun = {process: used for process in psutil.process_iter() if (used := _cpu_seconds(process)) is not None}
    started = time.monotonic()
    time.sleep(SPAN_SECONDS)
    span = time.monotonic() - started
    found = [use for process, before in begun.items() if (use := _use(process, before, span)) is not None]
    found.sort(key=lambda use: (-use.cpu_percent, -use.memory_percent))
    return tuple(use for use in found[:most] if use.cpu_percent or use.memory_percent >= _LEAST_PERCENT)


def _cpu_seconds(process: psutil.Process) -> float | None:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)


def _use(process: psutil.Process, before: float, span: float) -> ProcessUse | None:
    try:
        after = _cpu_seconds(process)
        if after is None:
            return None
        return ProcessUse(
            process.pid,
            safe_text(process.name(), 60),
            round(100.0 * max(0.0, after - before) / span, 1),
            round(process.memory_percent(), 1),
        )
    except psutil.Error:
        return None
