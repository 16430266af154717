"""The encoded newest snapshot: each encoding is made once for all requests."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping

from amt_console.api import wire
from amt_console.api.content_coding import packed
from amt_console.clock import Clock
from amt_console.model import Snapshot
from amt_console.operations.json_views import snapshot_json
from amt_console.operations.protocol import Operations

FRESH_SECONDS = 0.2
"""Seconds that a snapshot is reused without asking for a newer one."""


class EncodedSnapshot:
    """A snapshot with its encodings, each made on first use."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.version = snapshot.version
        self.monitor = snapshot.monitor
        self.snapshot = snapshot
        self._lock = threading.Lock()
        self._made: dict[str, bytes] = {}

    async def wired(self) -> bytes:
        """In the wire format of consoles."""
        return await self._form("wired")

    async def packed(self) -> bytes:
        """The same with gzip: an eighth of the bytes."""
        return await self._form("packed")

    async def document(self) -> bytes:
        """For programs: the JSON of ``status --json``."""
        return await self._form("document")

    async def packed_document(self) -> bytes:
        """The same with gzip."""
        return await self._form("packed_document")

    async def _form(self, name: str) -> bytes:
        made = self._made.get(name)
        return made if made is not None else await asyncio.to_thread(self._make, name)

    def _make(self, name: str) -> bytes:
        with self._lock:
            if name not in self._made:
                self._made[name] = _FORMS[name](self.snapshot)
            return self._made[name]


def _document(snapshot: Snapshot) -> bytes:
    return json.dumps(snapshot_json(snapshot), allow_nan=False).encode()


_FORMS: Mapping[str, Callable[[Snapshot], bytes]] = {
    "wired": wire.encode,
    "packed": lambda snapshot: packed(wire.encode(snapshot)),
    "document": _document,
    "packed_document": lambda snapshot: packed(_document(snapshot)),
}


class SnapshotCache:
    """Caches the snapshot for a fraction of a second."""

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
        return recent if recent is not None else await asyncio.to_thread(self._current)

    def expire(self) -> None:
        """Expire the snapshot, also one that is being read."""
        self._epoch += 1
        self._checked_at = float("-inf")

    def _current(self) -> EncodedSnapshot:
        """Blocks on the database."""
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

    def _recent(self) -> EncodedSnapshot | None:
        if self._clock.monotonic() - self._checked_at < FRESH_SECONDS:
            return self._encoded
        return None
