"""What own commands need of the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from textual.screen import Screen

from amt_console.console.actions import ActionHost


class CommandHost(ActionHost, Protocol):
    """The part of the app that own commands use."""

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call on the app's loop, unless the app is ending. Thread-safe."""
        ...

    @property
    def screen(self) -> Screen[Any]:
        """The present screen."""
        ...

    async def show_screen(self, screen: Screen[Any]) -> None:
        """Show a screen on top."""
        ...
