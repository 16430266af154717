"""The style that lies below the lines of a widget."""

from __future__ import annotations

from typing import Any, Self

from rich.style import Style
from textual.geometry import Region
from textual.widget import Widget


class OnStyle(Widget):
    """Base of the widgets that draw lines: keeps the style below them until it may be another one.

    Textual walks all ancestors for it, for each line. When an ancestor changes, Textual refreshes its whole
    descendants.
    """

    _below: Style | None = None

    @property
    def below(self) -> Style:
        """Colours and attributes of the widget itself."""
        if self._below is None:
            self._below = self.rich_style
        return self._below

    def refresh(self, *regions: Region, **options: Any) -> Self:
        """Repaint regions, or everything, which may have another style."""
        if not regions:
            self._below = None
        return super().refresh(*regions, **options)

    def notify_style_update(self) -> None:
        """Forget the style."""
        self._below = None
        super().notify_style_update()
