"""What is done with the lines of a widget before they are painted."""

from __future__ import annotations

from typing import Any, Self

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class OnStyle(Widget):
    """Base of the widgets that draw lines: finishes a line once, not once for each place where it is drawn.

    A strip keeps what was made of it. Textual makes a new one for each place, so that a list that scrolls costs as much
    as a new one. The widgets have no border and no padding.

    It keeps the style below the lines until it may be another one. Textual walks all ancestors for it, for each line.
    When an ancestor changes, Textual refreshes its whole descendants.
    """

    _below: Style | None = None

    @property
    def below(self) -> Style:
        """Colours and attributes of the widget itself."""
        if self._below is None:
            self._below = self.rich_style
        return self._below

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines as they are sent."""
        width, below = self.region.width, self.below
        ground, filters = self.background_colors[1], self.get_line_filters()
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y).apply_style(below).adjust_cell_length(width, below)
            for each in filters:
                strip = strip.apply_filter(each, ground)
            strips.append(strip.crop(crop.x, crop.right))
        return strips

    def let_go(self) -> None:
        """Forget what was made of the lines: each strip keeps all that was ever cut from it."""

    def refresh(self, *regions: Region, **options: Any) -> Self:
        """Repaint regions, or everything, which may have another style."""
        if not regions:
            self._below = None
        return super().refresh(*regions, **options)

    def notify_style_update(self) -> None:
        """Forget the style."""
        self._below = None
        super().notify_style_update()
