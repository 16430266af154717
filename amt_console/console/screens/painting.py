"""Paints a screen once after its layout, and leaves its styles as they are when it comes back."""

from __future__ import annotations

from collections.abc import Mapping, Set

from textual import events
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from amt_console.console.giving_way import GivingWay
from amt_console.console.terminal.compositor import LineCompositor

SETTLE_SECONDS = 0.004
"""After a layout its paint waits for so long: widgets hear of their new sizes, and draw themselves."""
MOST_HELD = 6
"""Layouts that follow each other before one of them is painted."""


class PaintedOnce(Screen[None], inherit_bindings=False):
    """Saves work that Textual does twice.

    Textual paints a layout before the widgets have heard of their new sizes, and once more after. Here the paint waits
    until they have drawn themselves. A screen that comes back is styled anew only if the theme is another one.
    """

    _laying_out = False
    _paint_waits = False
    """Whether a layout is not painted yet."""
    _held = 0
    """Layouts for which a paint has waited."""
    _settling: Timer | None = None
    """Ends the wait."""
    _waiting: Mapping[Widget, Set[Region]] = {}
    """What was to be painted when a key came."""
    _styled_for = ""
    """The theme when it was mounted, or left."""

    def __init__(self) -> None:
        super().__init__()
        self._compositor: LineCompositor = LineCompositor()
        self._way = GivingWay(lambda: self.keys_wait)

    @property
    def keys_wait(self) -> bool:
        """Whether a key waits for its answer: then layouts and frames wait."""
        return False

    def laid_out(self) -> None:
        """Called after each layout: panels have the sizes by which their screen shares the room among them."""

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        self._laying_out = self._held < MOST_HELD
        try:
            super()._refresh_layout(size, scroll)
        finally:
            self._laying_out = False
        if self._paint_waits:
            self._settle()

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_SECONDS, self._on_timer_update)

    def _compositor_refresh(self) -> None:
        if self._laying_out:
            self._paint_waits = True
            self._held += 1
        else:
            self._paint_waits, self._held = False, 0
            super()._compositor_refresh()

    def _on_timer_update(self) -> None:
        if self.is_current and self._way.gives_way():
            self._update_timer.resume()
            return
        waited = self._held
        super()._on_timer_update()
        if not self._paint_waits or not self.is_current:
            return
        if self.app._batch_count:
            self._update_timer.resume()
        elif self._held == waited:  # else there was another layout in this frame: it waits for the next one
            self._compositor_refresh()

    async def _invoke_and_clear_callbacks(self) -> None:
        if not (self._paint_waits and self.is_current):  # what comes after a refresh comes after its paint
            await super()._invoke_and_clear_callbacks()

    def key_comes(self) -> None:
        """Remember what waits for the next frame: ``paint_now`` leaves it there."""
        self._waiting = self._compositor.waiting()

    def paint_now(self) -> None:
        """Paint what a key has changed without waiting for the next frame, unless a slow link rests."""
        waiting, self._waiting = self._waiting, {}
        if self.is_current and not self.app._batch_count:
            self.app._display(self, self._compositor.render_changed(waiting))

    def on_mount(self) -> None:
        """Remember what it is styled for, and follow its layouts."""
        self._styled_for = self.app.theme
        self.screen_layout_refresh_signal.subscribe(self, lambda _: self.laid_out() if self.is_mounted else None)

    def on_screen_suspend(self) -> None:
        """Remember what it is styled for."""
        self._styled_for = self.app.theme

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Keep its styles under the same theme. Textual's own handler comes after this one."""
        if self._styled_for == self.app.theme:
            event.refresh_styles = False
