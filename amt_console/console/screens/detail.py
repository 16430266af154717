"""Base of the detail screens: a scrolling body, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from amt_console.console.bindings import DETAIL_KEYS
from amt_console.console.screens.base import ConsoleScreen

WIDE = 120
"""From this many cells the body has two columns."""
TALL = 34
"""From this many lines charts are taller."""
REFRESH_SECONDS = 10.0
"""Seconds between two loads of the history, beside those after a change of state."""


class DetailBody(VerticalScroll, can_focus=True, inherit_bindings=False):
    """The scrolling body. It has no keys of its own: left would scroll sideways instead of going back."""


class DetailScreen(ConsoleScreen):
    """Base of the service's and the alert's screen.

    Event handlers call no ``super()``: Textual calls those of every base class itself.
    """

    BINDINGS: ClassVar[Sequence[BindingType]] = list(DETAIL_KEYS)
    AUTO_FOCUS = "#detail"

    def scroller(self) -> Widget:
        """The body."""
        return self.query_one("#detail", VerticalScroll)

    def load(self) -> None:
        """Load the data on a thread."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Load now and every ``REFRESH_SECONDS``."""
        self.load()
        self.set_interval(REFRESH_SECONDS, self._reload)

    def on_resize(self, event: events.Resize) -> None:
        """Choose one column or two."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height >= TALL, "-tall")

    def _reload(self) -> None:
        if self.is_current and not self.host.view.paused:
            self.load()

    def moment_changed(self) -> None:
        """Load for another moment."""
        self.load()

    # Keys

    def action_back(self) -> None:
        """Return to the previous screen."""
        self.app.pop_screen()

    def action_scroll(self, lines: int) -> None:
        """Scroll by lines."""
        self.scroller().scroll_relative(y=lines, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll by screenfuls."""
        self.scroller().scroll_relative(y=pages * max(1, self.scroller().size.height - 2), animate=False)

    def action_jump(self, last: bool) -> None:
        """Jump to the first or the last line."""
        body = self.scroller()
        body.scroll_to(y=body.max_scroll_y if last else 0, animate=False)
