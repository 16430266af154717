"""The newest snapshot as bytes: made once for all who ask within a moment."""

from __future__ import annotations

import asyncio
import json
import threading

from amt_console.api import wire
from amt_console.clock import Clock
from amt_console.model import MonitorState, Snapshot
from amt_console.operations.json_views import snapshot_json
from amt_console.operations.protocol import Operations

FRESH_SECONDS = 0.2
"""How long a snapshot serves without asking whether there is a newer one."""


class EncodedSnapshot:
    """A snapshot with its forms outside: for consoles, and for programs."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.version = snapshot.version
        self.monitor: MonitorState = snapshot.monitor.state
        self.body = wire.encode(snapshot)
        """On the wire of consoles."""
        self._snapshot = snapshot
        self._document: bytes | None = None

    def document(self) -> bytes:
        """For programs, the JSON of ``status --json``; made when first asked for, which takes its time."""
        if self._document is None:
            self._document = json.dumps(snapshot_json(self._snapshot), allow_nan=False).encode()
        return self._document


class SnapshotCache:
    """Asks the operations for the snapshot, at most a few times a second, and encodes each version once."""

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock
        self._lock = threading.Lock()
        self._encoded: EncodedSnapshot | None = None
        self._checked_at = float("-inf")
        self._epoch = 0

    async def newest(self) -> EncodedSnapshot:
        """The snapshot. Raises OperationError, StoreError."""
        recent = self._recent()
        return recent if recent is not None else await asyncio.to_thread(self.current)

    def current(self) -> EncodedSnapshot:
        """The snapshot; blocks on the database. Raises OperationError, StoreError."""
        with self._lock:
            recent = self._recent()
            if recent is not None:
                return recent
            checked_at, epoch = self._clock.monotonic(), self._epoch
            snapshot = self._operations.snapshot()
            if self._encoded is None or self._encoded.version != snapshot.version:
                self._encoded = EncodedSnapshot(snapshot)
            self._checked_at = checked_at if epoch == self._epoch else float("-inf")
            return self._encoded

    def expire(self) -> None:
        """Ask anew at the next question, also when the operations are just being asked."""
        self._epoch += 1
        self._checked_at = float("-inf")

    def _recent(self) -> EncodedSnapshot | None:
        if self._clock.monotonic() - self._checked_at < FRESH_SECONDS:
            return self._encoded
        return None
