"""Opens the session on a thread, then polls a snapshot every second, or sooner after a commit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from textual.timer import Timer

from amt_console.clock import Clock
from amt_console.console.jobs import POLL
from amt_console.console.session import Session, SessionFacts
from amt_console.console.view_state import ViewState
from amt_console.model import Snapshot
from amt_console.operations.protocol import OperationError, Operations
from amt_console.text import safe_text

POLL_SECONDS = 1.0
WAKE_SECONDS = 0.25
"""Least seconds between two polls; commits in between are shown together."""
SETTLED = timedelta(minutes=1)
"""Age from which nothing more of a moment is stored: a younger one is read again."""
_log = logging.getLogger(__name__)


class FeedHost(Protocol):
    """The part of the app that the feed uses."""

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        """Run blocking work on a thread of its own."""
        ...

    def set_timer(self, delay: float, callback: Callable[[], None], /) -> Timer:
        """Call once, on the loop."""
        ...

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call on the app's loop, unless the app is ending. Thread-safe."""
        ...

    def session_opened(self, operations: Operations) -> None:
        """The session is open."""
        ...

    def end_with(self, error: Exception) -> None:
        """End the console with the reason."""
        ...

    def snapshot_read(self, snapshot: Snapshot) -> None:
        """A snapshot of now differs from the previous one."""
        ...

    def redraw(self) -> None:
        """Draw the content of ``view`` with current ages."""
        ...


@dataclass(frozen=True, slots=True)
class SnapshotReading:
    """The result of one poll."""

    at: datetime | None
    snapshot: Snapshot
    """Of the moment that is shown."""
    present: Snapshot | None
    """Of now, if it was read."""
    facts: SessionFacts


class SnapshotFeed:
    """Updates a ``ViewState``. All methods but ``close`` run on the app's loop."""

    def __init__(
        self,
        host: FeedHost,
        view: ViewState,
        open_session: Callable[[], Session],
        *,
        clock: Clock,
    ) -> None:
        """Args:
        host: The app.
        view: Where the snapshots go, and which moment to read.
        open_session: Called on a thread.
        clock: For the pauses between two readings.
        """
        self._host = host
        self._view = view
        self._open_session = open_session
        self._clock = clock
        self._session: Session | None = None
        self._reading = False
        self._wake_waits = False
        self._read_at = float("-inf")
        self._next_tick: Timer | None = None
        self._past: tuple[Snapshot, bool] | None = None
        """The past moment that was read last, and whether it is settled."""

    def begin(self) -> None:
        """Open the session, then poll regularly."""
        self._host.on_thread(self._open, "session")
        self._tick_later()

    @property
    def holds_lease(self) -> bool:
        """Whether this process is the monitor or is becoming it, which the last poll need not know yet."""
        return self._session is not None and self._session.holds_lease

    def close(self) -> None:
        """Close the session. Blocks."""
        if self._session is not None:
            self._session.close()

    def poll(self) -> None:
        """Poll now, unless a poll is running."""
        session = self._session
        if self._reading or session is None:
            return
        self._reading = True
        self._read_at = self._clock.monotonic()
        self._tick_later()
        self._host.on_thread(partial(self._read, session, self._view.at, self._past), POLL)

    def poll_soon(self) -> None:
        """Poll now, or ``WAKE_SECONDS`` after the last poll."""
        wait = WAKE_SECONDS - (self._clock.monotonic() - self._read_at)
        if wait <= 0:
            self.poll()
        elif not self._wake_waits:
            self._wake_waits = True
            self._host.set_timer(wait, self._wake_late)

    def _wake_late(self) -> None:
        self._wake_waits = False
        self.poll()

    def _open(self) -> None:
        try:
            session = self._open_session()
            self._session = session
            operations = session.operations
        except Exception as error:
            _log.warning("the session could not be opened", exc_info=True)
            self._host.on_loop(partial(self._host.end_with, error))
            return
        self._host.on_loop(partial(self._opened, operations))

    def _opened(self, operations: Operations) -> None:
        self._host.session_opened(operations)
        self.poll()

    def _tick(self) -> None:
        """Runs a second after the last poll began. Redraws the ages if no poll does."""
        self._next_tick = None
        waiting = self._reading
        self.poll()
        if waiting or not self._reading:
            self._tick_later()
            self._host.redraw()

    def _tick_later(self) -> None:
        if self._next_tick is not None:
            self._next_tick.stop()
        self._next_tick = self._host.set_timer(POLL_SECONDS, self._tick)

    def _read(self, session: Session, at: datetime | None, past: tuple[Snapshot, bool] | None) -> None:
        """Read what is shown. Of a past moment that is known, the present is read instead: new alerts are told."""
        try:
            operations = session.operations
            known = past if past is not None and past[0].at == at else None
            present: Snapshot | None = None
            if at is None:
                shown = present = operations.snapshot()
            elif known is None:
                shown = operations.snapshot(at)
            else:
                present = operations.snapshot()
                shown = known[0] if known[1] else operations.snapshot(at)
            reading = SnapshotReading(at, shown, present, SessionFacts.of(session))
        except Exception as error:
            if not isinstance(error, OperationError):
                _log.warning("no snapshot", exc_info=True)
            self._host.on_loop(partial(self._unread, at, safe_text(error) or type(error).__name__))
        else:
            self._host.on_loop(partial(self._was_read, reading))

    def _was_read(self, reading: SnapshotReading) -> None:
        self._reading = False
        view = self._view
        if reading.at != view.at:
            self.poll()  # the person went to another moment meanwhile
            return
        if reading.at is not None:
            self._past = reading.snapshot, self._clock.now() - reading.at > SETTLED
        before, before_now = view.live, view.present
        same = before is not None and (before.at, before.version) == (reading.snapshot.at, reading.snapshot.version)
        view.read(before if before is not None and same else reading.snapshot, reading.facts, present=reading.present)
        if view.present is not None and (before_now is None or before_now.version != view.present.version):
            self._host.snapshot_read(view.present)
        self._host.redraw()

    def _unread(self, at: datetime | None, reason: str) -> None:
        self._reading = False
        if at != self._view.at:
            self.poll()
            return
        self._view.failed(reason)
        self._host.redraw()
