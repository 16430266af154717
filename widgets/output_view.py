"""Any amount of plain text that scrolls; long lines fold, and the end stays in view while text is added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import chop_cells
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from widgets.cells import line, width_of
from widgets.look import PLAIN_LOOK, Look


class OutputView(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws only the lines in view. The text is expected to be safe: no control characters but blanks."""

    ALLOW_SELECT: ClassVar[bool] = False
    DEFAULT_CSS = """
    OutputView { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.look = look
        self._text: tuple[str, ...] = ()
        self._lines: list[str] = []
        self._follows = True
        """Whether the end stays in view."""

    def show(self, text: Sequence[str]) -> None:
        """Show other lines; who looks at the end stays at the end."""
        lines = tuple(text)
        if lines != self._text:
            self._text = lines
            self._fold()

    def set_look(self, look: Look) -> None:
        """Draw with another palette or alphabet."""
        self.look = look
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stay at the end from now on, or not."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = round(new_value) >= self.max_scroll_y

    def on_resize(self) -> None:
        """Fold for the new width."""
        self._fold()

    def render_line(self, y: int) -> Strip:
        """One line in view."""
        width, at = self.size.width, y + self.scroll_offset.y
        palette = self.look.palette
        text = self._lines[at] if at < len(self._lines) else ""
        return line([(" ", palette.text), (text, palette.text)], width, ellipsis=self.look.ellipsis).apply_style(
            self.rich_style
        )

    @property
    def plain_lines(self) -> tuple[str, ...]:
        """The folded text."""
        return tuple(self._lines)

    def _fold(self) -> None:
        room = max(1, self.scrollable_content_region.width - 2)
        self._lines = [part for each in self._text for part in _folded(each, room)]
        self.virtual_size = Size(self.size.width, len(self._lines))
        if self._follows:
            self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True)
        self.refresh()


def _folded(text: str, width: int) -> list[str]:
    if width_of(text) <= width:
        return [text]
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)]
    return chop_cells(text, width)
