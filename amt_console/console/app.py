"""The console: paints its shell at once, opens the session on a thread, then shows one snapshot a second."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.css.query import NoMatches
from textual.message import Message
from textual.screen import Screen

from amt_console.clock import Clock
from amt_console.console import themes
from amt_console.console.actions import Actions, Target
from amt_console.console.announcer import Announcer, terminal_title
from amt_console.console.bindings import APP_KEYS
from amt_console.console.picture import Picture
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.session import Session, SessionFacts
from amt_console.console.shell import ConsoleShell, Done
from amt_console.model import Snapshot
from amt_console.operations.protocol import OperationError, Operations
from amt_console.text import safe_text
from widgets.prompt import Prompt

POLL_SECONDS = 1.0
WAKE_SECONDS = 0.25
"""Commits that follow each other more quickly are shown together."""
QUIT_SECONDS = 5.0
"""How long the first press of quit waits for the second."""
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


class ConsoleApp(ConsoleShell):
    """The live console. ``run`` returns when the person has left; then ``return_code`` and ``exit_message`` say how."""

    TITLE = "amt-console"
    CSS_PATH = "console.tcss"
    BINDINGS: ClassVar[Sequence[BindingType]] = list(APP_KEYS)  # type: ignore[assignment]

    def __init__(
        self,
        open_session: Callable[[], Session],
        *,
        ascii_only: bool = False,
        mouse: bool = True,
        read_only: bool = False,
        at: datetime | None = None,
        clock: Clock,
        bell: bool = True,
        export_folder: Path = Path("exports"),
    ) -> None:
        """Args:
        open_session: Called on a thread once the first frame stands. An exception ends the console with its text.
        ascii_only: Draw with ASCII characters only.
        mouse: React to the mouse; without it the terminal's own selection works.
        read_only: Refuse actions, with the reason.
        at: Show the picture of this past moment instead of the present.
        clock: Where ages come from.
        bell: Ring when a critical alert begins to fire.
        export_folder: Where exports go by default.
        """
        super().__init__(ascii_only=ascii_only, mouse=mouse)
        self.clock = clock
        self.picture = Picture(read_only=read_only)
        self.operations: Operations | None = None
        self._open_session = open_session
        self._session: Session | None = None
        self._at = at
        self._export_folder = export_folder
        self._actions = Actions(self, read_only=read_only, at=at)
        self._announcer = Announcer(bell=bell)
        self._polling = False
        self._wake_waits = False
        self._polled_at = float("-inf")
        self._quit_pressed_at = float("-inf")

    # Life

    def get_default_screen(self) -> OverviewScreen:
        """The overview; as a mode it would have all styles parsed once more before the first frame."""
        return OverviewScreen()

    def on_ready(self) -> None:
        """Open the session once the first frame stands: nothing may compete with that."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.write_title(terminal_title(self.picture.live))
        self.run_worker(self._open, thread=True, exit_on_error=False, group="session")
        self.set_interval(POLL_SECONDS, self._tick)

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
        """Once a second. A reading that comes back redraws the ages, too; without one they are redrawn here."""
        waiting = self._polling
        if self.picture.live is None or self._at is None:
            self._poll()
        if waiting or not self._polling:
            self._show()

    def _poll(self) -> None:
        session = self._session
        if self._polling or session is None or self.operations is None:
            return
        self._polling = True
        self._polled_at = self.clock.monotonic()
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
        """Draw all screens with the present colours."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.relook()

    def after_job(self) -> None:
        """Whatever was done may show: look now."""
        self._poll()

    # What the actions need

    def target(self) -> Target:
        """What the screen points at."""
        screen = self.screen
        return screen.target() if isinstance(screen, ConsoleScreen) else Target()

    def prompt(self) -> Prompt:
        """The prompt of the screen."""
        return self.screen.query_one(Prompt)

    # Keys

    def action_acknowledge(self) -> None:
        """Take an alert."""
        self._actions.acknowledge()

    def action_unacknowledge(self) -> None:
        """Give an alert back."""
        self._actions.unacknowledge()

    def action_probe_now(self) -> None:
        """Probe now."""
        self._actions.probe_now()

    def action_export(self) -> None:
        """Write the reports."""
        self._actions.export(self._export_folder)

    def action_toggle_pause(self) -> None:
        """Freeze or thaw the view."""
        if self.picture.live is not None:
            self.picture.toggle_pause(self.clock.now())
            self._show()

    def action_next_theme(self) -> None:
        """Next colours."""
        self.theme = themes.next_theme(self.theme)
        self.tell(f"Colours: {self.theme}")

    def action_copy_row(self) -> None:
        """Copy a row."""
        screen = self.screen
        text = screen.row_summary() if isinstance(screen, ConsoleScreen) else None
        if text is None:
            self.tell("Select a row to copy first.", "warning")
            return
        self.copy_to_clipboard(safe_text(text, 2000))
        self.tell("Sent to the terminal's clipboard.")

    def action_leave(self) -> None:
        """Quit; the monitor asks for a second press."""
        now = self.clock.monotonic()
        if self.picture.facts.is_monitor and now - self._quit_pressed_at > QUIT_SECONDS:
            self._quit_pressed_at = now
            heir = self.picture.heir(os.getpid())
            after = f"{heir.name}, {heir.place}, takes over" if heir else "no monitor will run after it"
            self.tell(f"This process is the monitor: {after}. Press q again to quit.", "warning")
            return
        self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette offers what the keys do, and nothing that goes round their questions."""
        for binding in APP_KEYS:
            yield SystemCommand(
                binding.description.capitalize(), binding.tooltip, partial(self._run_key, binding.action)
            )
        yield SystemCommand("Colours", "Choose a theme.", self.action_change_theme)

    async def _run_key(self, action: str) -> None:
        await self.run_action(action)

    async def action_help(self) -> None:
        """Show the keys."""
        from amt_console.console.screens.help import HelpScreen

        await self.push_screen(HelpScreen(self.screen.active_bindings, self.look))
