"""A line of tabs above tables of which one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip

from widgets.cells import Run, clean, line, width_of
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look


class TabLine(LineView):
    """Names with counts; the chosen one stands out, also without colours."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        index: int

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._tabs: tuple[str, ...] = ()
        self._chosen = 0
        self._hint = ""

    def show(self, tabs: Sequence[str], chosen: int, *, hint: str = "") -> None:
        """Show the tabs; ``hint`` stands at the right where there is room."""
        if (tuple(tabs), chosen, hint) != (self._tabs, self._chosen, self._hint):
            self._tabs, self._chosen, self._hint = tuple(tabs), chosen, hint
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """One line."""
        palette, runs = self.look.palette, list[Run]()
        for at, words in enumerate(self._words()):
            runs.append((words, palette.heading_focus if at == self._chosen else palette.muted))
            runs.append((" ", palette.text))
        return [line(runs, width, right=[(f"{self._hint} ", palette.muted)], ellipsis=self.look.ellipsis)]

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the pointer."""
        begin = 0
        for at, words in enumerate(self._words()):
            end = begin + width_of(clean(words))
            if begin <= event.x < end:
                self.post_message(self.Chosen(at))
                return
            begin = end + 1

    def _words(self) -> list[str]:
        """The chosen one is in brackets: colours may be missing."""
        return [f"[{words}]" if at == self._chosen else f" {words} " for at, words in enumerate(self._tabs)]
