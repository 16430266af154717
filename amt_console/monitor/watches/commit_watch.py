"""Notices that nothing is committed any more, whatever the cause, and when a lost database file has to be given up."""

from __future__ import annotations

from amt_console.clock import Clock
from amt_console.model import Commits
from amt_console.monitor.flush import Flusher
from amt_console.store import Store
from amt_console.text import duration

FAULT_AFTER = 30.0
"""Seconds without a commit that are a fault: three times the pause between two heartbeats."""
GRACE = 30.0
"""Seconds that the monitor goes on in memory after its database file was lost."""


class CommitWatch:
    """Looks at the writer and at the database file. ``state`` and ``given_up`` may be read from any thread.

    Args:
        store: Where results are stored.
        flusher: Stores them.
        clock: The time.
    """

    def __init__(self, store: Store, flusher: Flusher, clock: Clock) -> None:
        self._store = store
        self._flusher = flusher
        self._clock = clock
        self._started = clock.instant()
        self._lost: str | None = None
        self._lost_at = 0.0

    @property
    def state(self) -> Commits:
        """The last commit, and what is wrong."""
        last = self._flusher.last_commit
        return Commits(last.wall if last else None, self._fault())

    @property
    def given_up(self) -> str | None:
        """Why the monitor has to end: its database file has been lost for longer than the grace."""
        if self._lost is None or self._clock.monotonic() - self._lost_at < GRACE:
            return None
        return f"{self._lost}, and it was not back after {GRACE:g} s"

    def tick(self) -> None:
        """Look at the file; once a second, on the engine's loop."""
        lost = self._store.lost()
        if lost is not None and self._lost is None:
            self._lost_at = self._clock.monotonic()
        self._lost = lost

    def _fault(self) -> str | None:
        if (lost := self._lost) is not None:
            return f"{lost}. The monitor ends after {duration(GRACE)} unless it is back."
        last = self._flusher.last_commit or self._started
        if self._clock.monotonic() - last.monotonic < FAULT_AFTER:
            return None
        cause = self._flusher.store_error or "The database does not answer."
        return f"Nothing has been stored since {last.wall:%H:%M:%S} UTC. {cause}"
