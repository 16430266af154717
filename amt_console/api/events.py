"""What changes, as server-sent events: written once for all clients, kept for a while for those who come back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from amt_console.clock import Clock
from amt_console.model import AlertState, AlertView, Snapshot
from amt_console.operations.json_views import alert_json, iso, service_json, snapshot_json
from amt_console.operations.protocol import OperationError, Operations
from amt_console.store import StoreError

LOOK_SECONDS = 1.0
"""How often the snapshot is compared while somebody listens; after a person's action at once."""
LEAST_SECONDS = 0.1
"""Between two comparisons, however many people act."""
KEEP_ALIVE_SECONDS = 10.0
MOST_BATCHES, MOST_BYTES = 512, 8 * 1024 * 1024
"""What is kept for clients that come back."""
MOST_CLIENTS = 500
MOST_ENDED = 500
"""Ended alerts of one comparison that are told one by one."""
KEEP_ALIVE = b": still here\n\n"
_LOST = timedelta(seconds=60)
logger = logging.getLogger("amt_console.api")


class EventKind(StrEnum):
    """The kinds of events."""

    SNAPSHOT = "snapshot"
    ALERT = "alert"
    SERVICE = "service"


EVERY_KIND = frozenset(EventKind)


class EventBatch:
    """The events of one comparison."""

    def __init__(self, number: int, tag: str, events: Iterable[tuple[EventKind, bytes]]) -> None:
        self.number = number
        self._tag = tag
        self._events = tuple(events)
        self._chunks: dict[frozenset[EventKind], bytes] = {}
        self.size = sum(len(event) for _, event in self._events)

    def chunk(self, kinds: frozenset[EventKind]) -> bytes:
        """The events of some kinds as they are sent; empty if there are none. The last one carries the id."""
        found = self._chunks.get(kinds)
        if found is None:
            events = [event for kind, event in self._events if kind in kinds]
            if events:
                events.insert(-1, f"id: {self._tag}-{self.number}\n".encode())
            found = self._chunks[kinds] = b"".join(events)
        return found


class EventLog:
    """Compares snapshots while somebody listens, and keeps what changed. Thread-safe.

    Clients are not queues: each knows how far it is, and all share the same bytes. A client that is too far behind
    gets the whole snapshot.

    Args:
        operations: Gives snapshots.
        clock: The time.
        snapshot: Gives the newest snapshot; by default that of ``operations``.
    """

    def __init__(self, operations: Operations, clock: Clock, snapshot: Callable[[], Snapshot] | None = None) -> None:
        self._operations = operations
        self._clock = clock
        self._snapshot = snapshot or operations.snapshot
        self._lock = threading.Lock()
        self._again = threading.Event()
        self._turns: dict[asyncio.AbstractEventLoop, asyncio.Event] = {}
        self._clients = 0
        self._thread: threading.Thread | None = None
        self._tag = secrets.token_hex(4)
        """Of this process: numbers of another one say nothing here."""
        self._seen: Snapshot | None = None
        self._head: Mapping[str, Any] = {}
        self._batches: deque[EventBatch] = deque()
        self._bytes = 0
        self._whole: EventBatch | None = None
        self.number = 0
        """Of the newest batch."""
        self.beats = 0
        """Times at which clients are to be sent something, so that nobody takes the line for dead."""
        self.closed = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[bool]:
        """Count a client; ``False`` where there are too many."""
        with self._lock:
            admitted = self._clients < MOST_CLIENTS and not self.closed
            self._clients += admitted
            if admitted and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="amt-events", daemon=True)
                self._thread.start()
        try:
            yield admitted
        finally:
            with self._lock:
                self._clients -= admitted
                if not self._clients:
                    self._again.set()

    def announce(self) -> None:
        """Compare soon: somebody has acted."""
        self._again.set()

    def close(self) -> None:
        """End all streams. Idempotent."""
        self.closed = True
        self._again.set()
        self._wake()

    def turn(self) -> asyncio.Event:
        """Is set when there is something new. Take it before you look. Only in a running loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            return self._turns.setdefault(loop, asyncio.Event())

    def after(self, known: str | None) -> int | None:
        """The number of a ``Last-Event-ID``; ``None`` if what was missed is not kept."""
        tag, _, number = (known or "").partition("-")
        if tag != self._tag or not number.isdecimal() or len(number) > 18:
            return None
        return int(number) if self.since(int(number)) is not None else None

    def since(self, number: int) -> list[EventBatch] | None:
        """What came after a batch; ``None`` if not all of it is kept."""
        with self._lock:
            if number == self.number:
                return []
            if not self._batches or not self._batches[0].number - 1 <= number < self.number:
                return None
            return [batch for batch in self._batches if batch.number > number]

    def whole(self) -> EventBatch | None:
        """The whole snapshot as of the newest batch; ``None`` before the first. Blocks."""
        with self._lock:
            seen, number, made = self._seen, self.number, self._whole
        if seen is None or (made is not None and made.number == number):
            return made
        document = snapshot_json(seen)
        made = EventBatch(number, self._tag, [(EventKind.SNAPSHOT, _event(EventKind.SNAPSHOT, document))])
        with self._lock:
            if self.number == number:
                self._whole = made
        return made

    def _run(self) -> None:
        beat_at = self._clock.monotonic()
        while True:
            with self._lock:
                if self.closed or not self._clients:
                    self._thread = None
                    return
            self._again.clear()
            try:
                changed = self._compare()
            except (OperationError, StoreError) as error:
                logger.debug("no events for a moment: %s", error)
                changed = False
            except Exception:
                logger.exception("comparing snapshots failed")
                changed = False
            now = self._clock.monotonic()
            if changed or now - beat_at >= KEEP_ALIVE_SECONDS:
                beat_at = now
                self.beats += 1
                self._wake()
            threading.Event().wait(LEAST_SECONDS)
            self._again.wait(LOOK_SECONDS - LEAST_SECONDS)

    def _compare(self) -> bool:
        """Look for changes, and keep them. Returns whether there are any."""
        snapshot = self._snapshot()
        seen = self._seen
        if seen is not None and snapshot.version == seen.version:
            return False
        head = _head(snapshot)
        if seen is None or {each.name for each in seen.services} - {each.name for each in snapshot.services}:
            # Nobody can be told of a service that is gone.
            events = [] if seen is None else [(EventKind.SNAPSHOT, _event(EventKind.SNAPSHOT, snapshot_json(snapshot)))]
        else:
            events = list(self._events(seen, snapshot, head))
        with self._lock:
            self._seen, self._head = snapshot, head
            if seen is None or not events:
                return seen is None
            self.number += 1
            batch = EventBatch(self.number, self._tag, events)
            self._batches.append(batch)
            self._bytes += batch.size
            while len(self._batches) > MOST_BATCHES or (self._bytes > MOST_BYTES and len(self._batches) > 1):
                self._bytes -= self._batches.popleft().size
        return True

    def _events(self, seen: Snapshot, now: Snapshot, head: Mapping[str, Any]) -> Iterator[tuple[EventKind, bytes]]:
        changed = {name: value for name, value in head.items() if self._head.get(name) != value}
        if changed:
            document = {"generated_at": iso(now.generated_at), **changed}
            yield EventKind.SNAPSHOT, _event(EventKind.SNAPSHOT, document)
        for service in _changed_services(seen, now):
            yield EventKind.SERVICE, _event(EventKind.SERVICE, service)
        for alert in _changed(seen.alerts, now.alerts):
            yield EventKind.ALERT, _event(EventKind.ALERT, alert_json(alert))
        for alert in self._ended(seen, now):
            yield EventKind.ALERT, _event(EventKind.ALERT, alert_json(alert))

    def _ended(self, seen: Snapshot, now: Snapshot) -> list[AlertView]:
        """The alerts that are open no more, as they ended."""
        gone = {alert.id for alert in seen.alerts} - {alert.id for alert in now.alerts}
        if not gone:
            return []
        found = self._operations.alerts([AlertState.RESOLVED], since=seen.generated_at - _LOST, limit=MOST_ENDED)
        return [alert for alert in found if alert.id in gone]

    def _wake(self) -> None:
        with self._lock:
            loops = tuple(self._turns)
        for loop in loops:
            try:
                loop.call_soon_threadsafe(self._turned, loop)
            except RuntimeError:  # the loop is closed
                with self._lock:
                    self._turns.pop(loop, None)

    def _turned(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            turn = self._turns.pop(loop, None)
        if turn is not None:
            turn.set()


def _head(snapshot: Snapshot) -> dict[str, Any]:
    """The document without services and alerts, and without when it was made."""
    bare = snapshot_json(replace(snapshot, services=(), alerts=()))
    return {name: value for name, value in bare.items() if name not in ("generated_at", "services", "alerts")}


def _changed_services(seen: Snapshot, now: Snapshot) -> Iterator[dict[str, Any]]:
    before = {service.name: service for service in seen.services}
    for service in now.services:
        known = before.get(service.name)
        if known == service:
            continue
        document = service_json(service)
        # What only the screen's sparkline shows is no change here.
        if known is None or service_json(known) != document:
            yield document


def _changed(seen: tuple[AlertView, ...], now: tuple[AlertView, ...]) -> Iterator[AlertView]:
    before = {alert.id: alert for alert in seen}
    return (alert for alert in now if before.get(alert.id) != alert)


def _event(kind: EventKind, document: Mapping[str, Any]) -> bytes:
    return f"event: {kind.value}\ndata: {json.dumps(document, allow_nan=False)}\n\n".encode()
