"""The console: what its keys do, on top of what is shown live."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from amt_console.clock import Clock
from amt_console.console import themes
from amt_console.console.actions import Actions, Selection
from amt_console.console.bindings import APP_KEYS
from amt_console.console.live import LiveShell
from amt_console.console.screens.base import ConsoleScreen
from amt_console.console.screens.overview import OverviewScreen
from amt_console.console.session import Session
from amt_console.text import safe_text
from widgets.prompt import Prompt

QUIT_SECONDS = 5.0
"""How long the first press of quit waits for the second."""


class ConsoleApp(LiveShell):
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
        super().__init__(
            open_session, ascii_only=ascii_only, mouse=mouse, read_only=read_only, at=at, clock=clock, bell=bell
        )
        self._export_folder = export_folder
        self._actions = Actions(self, read_only=read_only, at=at)
        self._quit_pressed_at = float("-inf")

    def get_default_screen(self) -> OverviewScreen:
        """The overview; as a mode it would have all styles parsed once more before the first frame."""
        return OverviewScreen()

    # What the actions need

    def target(self) -> Selection:
        """What the screen points at."""
        screen = self.screen
        return screen.target() if isinstance(screen, ConsoleScreen) else Selection()

    def local(self, moment: datetime) -> datetime:
        """A moment in the zone that is shown."""
        return moment.astimezone(self.zone)

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
            self.tell(f"This process is the monitor: {after}. Press {self.key_of('quit')} again to quit.", "warning")
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

    async def action_monitor(self) -> None:
        """Show the monitor and who looks."""
        from amt_console.console.screens.monitor import MonitorScreen

        if not isinstance(self.screen, MonitorScreen):
            await self.push_screen(MonitorScreen())

    async def action_help(self) -> None:
        """Show the keys."""
        from amt_console.console.screens.help import HelpScreen

        await self.push_screen(HelpScreen(self.screen.active_bindings, self.look))
