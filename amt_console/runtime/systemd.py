"""Notifies the service manager that the monitor is ready and working (sd_notify: datagrams to a socket)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import closing

from amt_console.clock import Clock
from amt_console.monitor.status import EngineStatus

START_SECONDS = 30.0
"""Longest time until the engine runs."""


class Notifier:
    """Sends messages to ``$NOTIFY_SOCKET``. Does nothing without one."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        place = env.get("NOTIFY_SOCKET", "")
        self._address = "\0" + place[1:] if place.startswith("@") else place
        self.watchdog_seconds = _watchdog_seconds(env) if self._address else None
        """The watchdog interval; ``None`` without a watchdog."""

    def send(self, message: str) -> None:
        """Send ``READY=1``, ``WATCHDOG=1``, ``STOPPING=1`` or ``STATUS=...``. Errors are ignored."""
        if not self._address:
            return
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)) as sender:
            sender.settimeout(1.0)
            try:
                sender.connect(self._address)
                sender.sendall(message.encode())
            except OSError:
                return


class Progress:
    """Whether the engine makes progress: it has stored something lately, and its probes continue.

    Args:
        clock: The time.
        patience: Longest normal time without a probe, in seconds.
    """

    def __init__(self, clock: Clock, patience: float) -> None:
        self._clock = clock
        self._patience = patience
        self._probes = -1
        self._probed_at = clock.monotonic()
        self._started_at = clock.monotonic()

    def made(self, status: EngineStatus) -> bool:
        """Look again."""
        now = self._clock.monotonic()
        if status.probes_run != self._probes:
            self._probes, self._probed_at = status.probes_run, now
        if not status.running:
            return status.failure is None and now - self._started_at < START_SECONDS
        probing = status.targets == 0 or now - self._probed_at < self._patience
        return probing and status.commits.fault is None


class Supervision:
    """Feeds the watchdog while the engine makes progress, and tells the service manager of a fault."""

    def __init__(self, notifier: Notifier, progress: Progress, clock: Clock) -> None:
        self._notifier = notifier
        self._progress = progress
        self._clock = clock
        self._fed_at = float("-inf")
        self._fault: str | None = None

    def tick(self, status: EngineStatus) -> None:
        """Call at least every few seconds."""
        fault = status.commits.fault
        if fault != self._fault:
            self._fault = fault
            self._notifier.send(f"STATUS={f'FAULT: {fault}' if fault else monitoring(status)}")
        seconds = self._notifier.watchdog_seconds
        if seconds is None or not self._progress.made(status):
            return
        now = self._clock.monotonic()
        if now - self._fed_at >= seconds / 3:
            self._fed_at = now
            self._notifier.send("WATCHDOG=1")


def monitoring(status: EngineStatus) -> str:
    """What the monitor does, for the service manager."""
    return f"Monitoring {status.targets} targets."


def _watchdog_seconds(env: Mapping[str, str]) -> float | None:
    wanted = env.get("WATCHDOG_PID")
    if wanted and wanted != str(os.getpid()):
        return None
    try:
        seconds = int(env.get("WATCHDOG_USEC", "")) / 1e6
    except ValueError:
        return None
    return seconds if seconds > 0 else None
