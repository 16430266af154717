"""What the two detail screens share: a body that scrolls, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import VerticalScroll

from amt_console.console.bindings import DETAIL_KEYS
from amt_console.console.screens.base import ConsoleScreen

WIDE = 120
"""Cells from which on the body has two columns."""
TALL = 34
"""Lines from which on a chart is drawn higher."""
REFRESH_SECONDS = 10.0
"""How often the history is read again, beside every change of state."""


class DetailScreen(ConsoleScreen):
    """Base of the service's and the alert's screen.

    Event handlers call no ``super()``: Textual calls those of every base class itself.
    """

    BINDINGS: ClassVar[Sequence[BindingType]] = list(DETAIL_KEYS)
    AUTO_FOCUS = "#detail"

    def scroller(self) -> VerticalScroll:
        """The body."""
        return self.query_one("#detail", VerticalScroll)

    def load(self) -> None:
        """Read what is shown, on a thread."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Read, and read again now and then."""
        self.load()
        self.set_interval(REFRESH_SECONDS, self._reload)

    def on_resize(self, event: events.Resize) -> None:
        """One column or two."""
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.height >= TALL, "-tall")

    def _reload(self) -> None:
        if self.is_current and not self.host.view.paused:
            self.load()

    # Keys

    def action_back(self) -> None:
        """To the screen below."""
        self.app.pop_screen()

    def action_scroll(self, lines: int) -> None:
        """By lines."""
        self.scroller().scroll_relative(y=lines, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """By screenfuls."""
        self.scroller().scroll_relative(y=pages * max(1, self.scroller().size.height - 2), animate=False)

    def action_jump(self, last: bool) -> None:
        """To an end."""
        body = self.scroller()
        body.scroll_to(y=body.max_scroll_y if last else 0, animate=False)
