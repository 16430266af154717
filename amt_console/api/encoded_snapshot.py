"""The newest picture as bytes: made once for all consoles that ask within a moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from amt_console.api import wire
from amt_console.clock import Clock
from amt_console.model import MonitorState
from amt_console.operations.protocol import Operations

FRESH_SECONDS = 0.2
"""How long a picture serves without asking whether there is a newer one."""


@dataclass(frozen=True, slots=True)
class EncodedSnapshot:
    """A snapshot on the wire."""

    version: int
    body: bytes
    monitor: MonitorState


class SnapshotCache:
    """Asks the operations for the picture, at most a few times a second, and serialises each version once."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock
        self._lock = threading.Lock()
        self._picture: EncodedSnapshot | None = None
        self._looked_at = float("-inf")
        self._epoch = 0

    def recent(self) -> EncodedSnapshot | None:
        """The picture if it was looked at a moment ago; never blocks."""
        if self._clock.monotonic() - self._looked_at < FRESH_SECONDS:
            return self._picture
        return None

    def current(self) -> EncodedSnapshot:
        """The picture; blocks on the database. Raises OperationError, StoreError."""
        with self._lock:
            recent = self.recent()
            if recent is not None:
                return recent
            looked_at, epoch = self._clock.monotonic(), self._epoch
            snapshot = self._operations.snapshot()
            if self._picture is None or self._picture.version != snapshot.version:
                body = wire.SNAPSHOT.dump_json(snapshot)
                self._picture = EncodedSnapshot(snapshot.version, body, snapshot.monitor.state)
            self._looked_at = looked_at if epoch == self._epoch else float("-inf")
            return self._picture

    def expire(self) -> None:
        """Look anew at the next question, also when somebody is just looking."""
        self._epoch += 1
        self._looked_at = float("-inf")
