"""Audits refused requests, with a bound on the rows that a flood can write."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import datetime

from amt_console.clock import Clock
from amt_console.model import AuditEntry
from amt_console.store import Store, StoreError
from amt_console.text import safe_text

WINDOW_SECONDS = 60.0
MOST_ORIGINS = 100
"""Most origins with a row of their own in one window; the rest share a row."""
OTHERS = "further addresses"
UNKNOWN = "unknown"
logger = logging.getLogger("amt_console.api")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request."""

    origin: str
    """The address, or the user id on the socket."""
    status: int
    code: str
    """The problem's short name."""
    actor: str | None
    """The actor, if known."""
    target: str
    """Method and path."""


@dataclass(slots=True)
class _Window:
    ends: float
    last: Refusal
    waiting: int = 0
    """Refusals without a row so far."""


class RefusalLog:
    """Records the first refusal of an origin and kind immediately, and those of the following minute as one row.

    Args:
        store: The database.
        clock: The time.
        window: Length of that minute, in seconds.
    """

    def __init__(self, store: Store, clock: Clock, *, window: float = WINDOW_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._seconds = window
        self._windows: dict[tuple[str, str], _Window] = {}
        self._due: list[tuple[Refusal, int]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def note(self, refusal: Refusal) -> None:
        """Note a refusal. Never blocks on the database. Thread-safe."""
        with self._changed:
            if self._closed:
                return
            key = (refusal.origin, refusal.code)
            if key not in self._windows and len(self._windows) >= MOST_ORIGINS:
                key = (OTHERS, refusal.code)
            window = self._windows.get(key)
            if window is None:
                self._windows[key] = _Window(self._clock.monotonic() + self._seconds, refusal)
                self._due.append((refusal, 1))
                self._changed.notify()
            else:
                window.last, window.waiting = refusal, window.waiting + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="amt-refusals", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write pending refusals. Idempotent."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._end_windows()
                if not self._due:
                    if self._closed:
                        return
                    self._changed.wait(self._until_next())
                    continue
                due, self._due = self._due, []
            self._write(due)

    def _end_windows(self) -> None:
        now = self._clock.monotonic()
        for key, window in list(self._windows.items()):
            if self._closed or now >= window.ends:
                del self._windows[key]
                if window.waiting:
                    self._due.append((window.last, window.waiting))

    def _until_next(self) -> float | None:
        ends = min((window.ends for window in self._windows.values()), default=None)
        return None if ends is None else max(0.0, ends - self._clock.monotonic())

    def _write(self, due: list[tuple[Refusal, int]]) -> None:
        at = self._clock.now()
        try:
            with self._store.transaction() as writes:
                for refusal, count in due:
                    writes.add_audit(_entry(refusal, count, at))
        except StoreError as error:
            # A full disk must not stop the API: nobody gets access by this.
            logger.warning("a refused request left no audit row: %s", error)


def _entry(refusal: Refusal, count: int, at: datetime) -> AuditEntry:
    times = "" if count == 1 else f", {count} times"
    return AuditEntry(
        actor=refusal.actor or UNKNOWN,
        action="refused",
        subject=safe_text(refusal.target, 200),
        at=at,
        detail={
            "via": safe_text(refusal.origin, 64),
            "status": refusal.status,
            "count": count,
            "note": f"{refusal.status} {refusal.code}{times}",
        },
    )
