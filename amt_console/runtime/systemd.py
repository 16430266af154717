"""Tells the service manager that the monitor is ready and still works (sd_notify: datagrams to a socket)."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import closing

from amt_console.clock import Clock
from amt_console.monitor.status import EngineStatus

QUIET_SECONDS = 25.0
"""Longest time without a write by the monitor; it beats every few seconds."""


class Notifier:
    """Sends messages to ``$NOTIFY_SOCKET``; without one it does nothing."""

    def __init__(self, env: Mapping[str, str] = os.environ) -> None:
        place = env.get("NOTIFY_SOCKET", "")
        self._address = "\0" + place[1:] if place.startswith("@") else place
        self.watchdog_seconds = _watchdog_seconds(env) if self._address else None
        """How long the service manager waits for a sign of life; ``None`` when it does not."""

    def send(self, message: str) -> None:
        """``READY=1``, ``WATCHDOG=1``, ``STOPPING=1``, ``STATUS=...``; a manager that does not listen is no fault."""
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
    """Whether the engine gets on: its writer wrote lately, or says why it cannot, and its probes go on.

    Args:
        clock: The time.
        patience: Seconds without any probe that are no fault, if there is anything to probe.
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
            return status.failure is None and now - self._started_at < QUIET_SECONDS
        probing = status.targets == 0 or now - self._probed_at < self._patience
        if status.last_cycle_at is None:
            return now - self._started_at < QUIET_SECONDS
        quiet = (self._clock.now() - status.last_cycle_at).total_seconds()
        # A full disk is said, shown and tried again; starting anew would only lose what waits to be stored.
        return probing and (quiet < QUIET_SECONDS or status.store_error is not None)


class Supervision:
    """Feeds the watchdog while there is progress."""

    def __init__(self, notifier: Notifier, progress: Progress, clock: Clock) -> None:
        self._notifier = notifier
        self._progress = progress
        self._clock = clock
        self._fed_at = float("-inf")

    def tick(self, status: EngineStatus) -> None:
        """Call at least every few seconds."""
        seconds = self._notifier.watchdog_seconds
        if seconds is None or not self._progress.made(status):
            return
        now = self._clock.monotonic()
        if now - self._fed_at >= seconds / 3:
            self._fed_at = now
            self._notifier.send("WATCHDOG=1")


def _watchdog_seconds(env: Mapping[str, str]) -> float | None:
    wanted = env.get("WATCHDOG_PID")
    if wanted and wanted != str(os.getpid()):
        return None
    try:
        seconds = int(env.get("WATCHDOG_USEC", "")) / 1e6
    except ValueError:
        return None
    return seconds if seconds > 0 else None
