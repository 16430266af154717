"""The key line: the keys of the screen, most important first, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from widgets.cells import Run, clean, crop, fit, width_of
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look


@dataclass(frozen=True, slots=True)
class KeyHint:
    """A key and what it does; ``action`` is run by a click."""

    key: str
    label: str
    action: str


class KeyFooter(LineView):
    """One line of key hints."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._hints: tuple[KeyHint, ...] = ()
        self._note = ""

    def show(self, hints: Sequence[KeyHint]) -> None:
        """Show these keys."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.rebuild()

    def note(self, text: str) -> None:
        """Show a text before the keys; an empty one ends it."""
        if text != self._note:
            self._note = text
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The keys that fit. The last one always stays: it opens the help."""
        palette = self.look.palette
        bar = palette.bar
        key_style = palette.key + Style(bgcolor=bar.bgcolor)
        shown: list[KeyHint] = []
        last = self._hints[-1:]
        room = width - 1 - sum(len(hint.key) + len(hint.label) + 3 for hint in last)
        before = room - 2
        if self._note:
            room -= width_of(clean(self._note)) + 2
        for hint in self._hints[:-1]:
            size = len(hint.key) + len(hint.label) + 3
            if size > room:
                break
            shown.append(hint)
            room -= size
        runs: list[Run] = [(" ", bar)]
        if self._note:
            runs.append((f"{crop(clean(self._note), max(8, before), self.look.ellipsis)}  ", palette.warning + bar))
        for hint in (*shown, *last):
            click = Style.from_meta({"@click": hint.action})
            runs.extend([(hint.key, key_style + click), (f" {hint.label}", bar + click), ("  ", bar)])
        return [Strip(fit(runs, width, ellipsis=self.look.ellipsis, fill=bar), width)]
