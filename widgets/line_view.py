"""A widget made of styled lines that repaints only the cells that changed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import ClassVar

from textual.geometry import Region, Size
from textual.strip import Strip

from widgets.below import OnStyle
from widgets.cells import changed_span, fit
from widgets.look import PLAIN_LOOK, Look

_log = logging.getLogger(__name__)


class LineView(OnStyle):
    """Base of the panels and bars: a subclass builds the lines, this class paints the differences."""

    ALLOW_SELECT: ClassVar[bool] = False
    DEFAULT_CSS = """
    LineView { height: auto; }
    """

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.look = look
        self._lines: list[Strip] = []

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size; ``height`` is ``None`` for a widget of automatic height."""
        raise NotImplementedError

    def set_look(self, look: Look) -> None:
        """Draw with another palette or alphabet."""
        self.look = look
        self.rebuild()

    def rebuild(self) -> None:
        """Build the lines again and repaint the cells that differ."""
        if not self.is_mounted or self.size.width <= 0:
            return
        new = self._built(self.size.width, self._room())
        old, self._lines = self._lines, new
        if len(old) != len(new):
            self.refresh(layout=self._room() is None)
            return
        width = self.size.width
        for y, (before, after) in enumerate(zip(old, new, strict=True)):
            span = changed_span(before, after)
            if span is not None:
                self.refresh(Region(span[0], y, min(span[1], width), 1))

    def _built(self, width: int, height: int | None) -> list[Strip]:
        """The lines; a widget that fails says so in its place, and the others go on."""
        try:
            return [strip.simplify() for strip in self.build(width, height)]
        except Exception as error:
            _log.exception("%s cannot be drawn", type(self).__name__)
            words = f"cannot be drawn ({type(error).__name__}): a fault of amt-console, see its log"
            return [Strip(fit([(words, self.look.palette.critical)], width, ellipsis=self.look.ellipsis), width)]

    def _room(self) -> int | None:
        return None if self.styles.is_auto_height else self.size.height

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines."""
        return len(self._built(width, None)) if width > 0 else 0

    def on_resize(self) -> None:
        """Rebuild the lines for the new size."""
        if self.size.width > 0:
            self._lines = self._built(self.size.width, self._room())
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line, blank below the last."""
        return self._lines[y] if 0 <= y < len(self._lines) else Strip.blank(self.size.width)

    def let_go(self) -> None:
        """Forget what was made of the lines."""
        self._lines = [Strip(strip, strip.cell_length) for strip in self._lines]

    @property
    def plain_lines(self) -> tuple[str, ...]:
        """The displayed text without styles."""
        return tuple(strip.text for strip in self._lines)
