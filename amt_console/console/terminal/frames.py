"""Draws frames at the pace of the link: what changes during a pause is drawn in one frame at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from amt_console.console.terminal.driver import ConsoleDriver
from amt_console.console.terminal.pace import Pace


class Frames:
    """Holds frames back.

    Args:
        app: Draws them.
        pace: Of the link.
    """

    def __init__(self, app: App[Any], pace: Pace) -> None:
        self._app = app
        self._pace = pace
        self._resting = False
        self._missed = False
        """Whether something was to be drawn in a way that Textual does not repeat."""

    def draw(self, draw: Callable[[], None]) -> None:
        """Draw a frame, then begin the pause; during a pause draw nothing."""
        driver = self._app._driver
        if not isinstance(driver, ConsoleDriver):
            draw()
        elif self._resting:
            self._missed = True
        else:
            before = driver.sent
            draw()
            pause = self._pace.pause(driver.sent - before)
            if pause > 0:
                self._resting = True
                self._app._begin_batch()
                self._app.set_timer(pause, self._rested)

    def _rested(self) -> None:
        self._resting = False
        self._app._end_batch()
        if not self._app.screen_stack:
            return
        if self._missed:
            self._missed = False
            self._app.screen.refresh()
        self._app.screen.check_idle()
