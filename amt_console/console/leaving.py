"""Quitting: the monitor asks first; a copy of the screen may stay on the terminal."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Protocol

from rich.console import Console
from textual.screen import Screen

from amt_console.console.view_state import ViewState
from widgets.prompt import Prompt


class LeavingHost(Protocol):
    """The part of the app that quitting uses."""

    view: ViewState
    console: Console

    @property
    def screen(self) -> Screen[object]:
        """The present screen."""
        ...

    @property
    def holds_lease(self) -> bool:
        """Whether this process is the monitor now or is becoming it."""
        ...

    def prompt(self) -> Prompt:
        """The prompt of the screen."""
        ...

    def has_prompt(self) -> bool:
        """Whether the screen has one."""
        ...

    def clear_notifications(self) -> None:
        """Take the messages away."""
        ...

    def call_after_refresh(self, callback: Callable[[], None], /) -> bool:
        """Call when the screen is drawn."""
        ...

    def exit(self) -> None:
        """End the app."""
        ...


class Leaving:
    """The keys that quit."""

    def __init__(self, host: LeavingHost) -> None:
        self._host = host
        self.picture = ""
        """The copy of the screen that stays on the terminal."""

    def ask(self, *, keep_picture: bool) -> None:
        """Quit; the monitor asks first."""
        leave = partial(self._leave, keep_picture=keep_picture)
        # It may have taken over since the last poll.
        if not self._host.holds_lease or not self._host.has_prompt():
            leave()
            return
        successor = self._host.view.successor(os.getpid())
        after = f"{successor.name} ({successor.place}) takes over" if successor else "Nothing is probed after it"
        self._host.prompt().confirm(f"Quit the monitor? {after}. y quits, any other key stays.", leave)

    def _leave(self, *, keep_picture: bool) -> None:
        if keep_picture:
            self._host.clear_notifications()
            self._host.call_after_refresh(self._take_picture)
        else:
            self._host.exit()

    def _take_picture(self) -> None:
        lines = self._host.screen._compositor.render_strips()
        self.picture = "".join(f"{line.render(self._host.console)}\n" for line in lines)
        self._host.exit()
