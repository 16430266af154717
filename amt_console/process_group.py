"""Ending a child process with everything that it started in its process group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from threading import Event
from time import monotonic

TERM_SECONDS = 1.0
"""Time between SIGTERM and SIGKILL for whatever is left of the group."""
_POLL_SECONDS = 0.02


def end_group(process: subprocess.Popen[bytes], hurry: Event | None = None) -> None:
    """TERM, then KILL, for whatever is left of the group of a process that leads one. Blocks.

    Args:
        process: The leader, started with ``start_new_session``.
        hurry: Once it is set, there is no time for TERM, or to wait any longer after it.
    """
    hurry = hurry or Event()
    group = process.pid
    if not hurry.is_set() and _signal(group, signal.SIGTERM):
        until = monotonic() + TERM_SECONDS
        while process.poll() is None or _signal(group, 0):
            if monotonic() >= until or hurry.wait(_POLL_SECONDS):
                break
    _signal(group, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):  # it hangs in the kernel; reaped when it comes back
        process.wait(TERM_SECONDS)


def _signal(group: int, number: int) -> bool:
    """Whether there is such a group."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs as somebody else by now
        return True
    return True
