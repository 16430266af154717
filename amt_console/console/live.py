"""Opens the session on a thread once the first frame stands, then shows one snapshot a second."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from textual.css.query import NoMatches
from textual.message import Message
from textual.timer import Timer

from amt_console.clock import Clock
from amt_console.console.announcer import Announcer, terminal_title
from amt_console.console.preferences import Preferences
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.session import Session, SessionFacts
from amt_console.console.shell import ConsoleShell, Done
from amt_console.console.view_state import ViewState
from amt_console.model import Snapshot
from amt_console.operations.protocol import OperationError, Operations
from amt_console.text import safe_text

POLL_SECONDS = 1.0
WAKE_SECONDS = 0.25
"""Commits that follow each other more quickly are shown together."""
UNAVAILABLE = 69
_log = logging.getLogger(__name__)


class Woken(Message):
    """Something was committed; many of them become one."""

    def can_replace(self, message: Message) -> bool:
        """Waiting ones are dropped for this one."""
        return isinstance(message, Woken)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll brought."""

    snapshot: Snapshot
    facts: SessionFacts


class LiveShell(ConsoleShell):
    """A shell with a session behind it: what it reads stands in ``picture``, and the screens draw that."""

    def __init__(
        self,
        open_session: Callable[[], Session],
        *,
        ascii_only: bool,
        mouse: bool,
        read_only: bool,
        at: datetime | None,
        clock: Clock,
        bell: bool,
    ) -> None:
        super().__init__(ascii_only=ascii_only, mouse=mouse)
        self.clock = clock
        self.picture = ViewState(read_only=read_only)
        self.operations: Operations | None = None
        self._open_session = open_session
        self._session: Session | None = None
        self._at = at
        self._announcer = Announcer(bell=bell)
        self._polling = False
        self._wake_waits = False
        self._polled_at = float("-inf")
        self._next_tick: Timer | None = None

    # Life

    def on_ready(self) -> None:
        """Open the session once the first frame stands: nothing may compete with that."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.write_title(terminal_title(self.picture.live))
        self.run_worker(self._open, thread=True, exit_on_error=False, group="session")
        self._tick_later()

    def take_preferences(self, preferences: Preferences) -> None:
        """Look and act as the person wants it."""
        super().take_preferences(preferences)
        self._announcer.bell = preferences.bell
        self._show()

    def _open(self) -> None:
        try:
            session = self._open_session()
        except Exception as error:
            _log.warning("the session could not be opened", exc_info=True)
            self.post_message(Done(partial(self._refused, error)))
            return
        self._session = session
        operations = session.operations
        self.post_message(Done(partial(self._opened, operations)))

    def _opened(self, operations: Operations) -> None:
        self.operations = operations
        self._poll()

    def _refused(self, error: Exception) -> None:
        self.exit_message = safe_text(error, 20_000, keep_newlines=True) or type(error).__name__
        self.exit(return_code=int(getattr(error, "exit_code", UNAVAILABLE)))

    def after_run(self) -> None:
        """Close the session once the terminal is free."""
        if self._session is not None:
            self._session.close()

    # The picture

    def wake(self) -> None:
        """Something was committed: look sooner than at the next tick. Callable from any thread, at any rate."""
        with contextlib.suppress(RuntimeError):  # the loop has just been closed
            self.post_message(Woken())

    def on_woken(self) -> None:
        """Look now, or as soon as the last look is long enough ago."""
        wait = WAKE_SECONDS - (self.clock.monotonic() - self._polled_at)
        if wait <= 0:
            self._poll()
        elif not self._wake_waits:
            self._wake_waits = True
            self.set_timer(wait, self._wake_late)

    def _wake_late(self) -> None:
        self._wake_waits = False
        self._poll()

    def _tick(self) -> None:
        """A second after the last look. A reading that comes back redraws the ages, too; without one they are redrawn
        here.
        """
        self._next_tick = None
        waiting = self._polling
        if self.picture.live is None or self._at is None:
            self._poll()
        if waiting or not self._polling:
            self._tick_later()
            self._show()

    def _tick_later(self) -> None:
        if self._next_tick is not None:
            self._next_tick.stop()
        self._next_tick = self.set_timer(POLL_SECONDS, self._tick)

    def _poll(self) -> None:
        session = self._session
        if self._polling or session is None or self.operations is None:
            return
        self._polling = True
        self._polled_at = self.clock.monotonic()
        self._tick_later()
        self.run_worker(partial(self._read, session), thread=True, exit_on_error=False, group="poll")

    def _read(self, session: Session) -> None:
        try:
            reading = Reading(session.operations.snapshot(self._at), SessionFacts.of(session))
        except Exception as error:
            if not isinstance(error, OperationError):
                _log.warning("no snapshot", exc_info=True)
            self.post_message(Done(partial(self._unread, safe_text(error) or type(error).__name__)))
        else:
            self.post_message(Done(partial(self._was_read, reading)))

    def _was_read(self, reading: Reading) -> None:
        self._polling = False
        before = self.picture.live
        same = before is not None and before.version == reading.snapshot.version
        kept = before if before is not None and same else reading.snapshot
        self.picture.read(kept, reading.facts)
        if not same:
            self.write_title(terminal_title(self.picture.live))
            if self._at is None and self._announcer.rings(kept, self.clock.monotonic()):
                self.bell()
        self._show()

    def _unread(self, reason: str) -> None:
        self._polling = False
        self.picture.failed(reason)
        self._show()

    def _show(self) -> None:
        screen = self.screen if self.screen_stack else None
        if isinstance(screen, ConsoleScreen):
            with contextlib.suppress(NoMatches):  # the screen is just being taken down
                screen.show_picture()

    def relook(self) -> None:
        """Draw all screens with the present colours, alphabet, time zone and keys."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.relook()
                screen.refresh_keys()

    def after_job(self) -> None:
        """Whatever was done may show: look now."""
        self._poll()
