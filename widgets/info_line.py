"""The full text of the selected row: table columns cut it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from widgets.cells import Run, Runs, fit, wrapped
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look


class InfoLine(LineView):
    """One or two lines of styled text, wrapped at blanks and cut with an ellipsis."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._runs: Runs = ()

    def show(self, runs: Runs) -> None:
        """Show this text."""
        if tuple(runs) != self._runs:
            self._runs = tuple(runs)
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The text on the background of the bars."""
        palette, ellipsis = self.look.palette, self.look.ellipsis
        lines: list[Runs] = list(wrapped(self._runs, width - 2))
        room = height or 1
        if len(lines) > room:
            lines = [*lines[: room - 1], _one_line(lines[room - 1 :], palette.bar)]
        return [
            Strip(fit([(" ", palette.bar), *self._on_bar(runs)], width, ellipsis=ellipsis, fill=palette.bar), width)
            for runs in [*lines, *([()] * (room - len(lines)))]
        ]

    def _on_bar(self, runs: Runs) -> Runs:
        return [(text, self.look.palette.bar + style) for text, style in runs]


def _one_line(lines: Sequence[Runs], blank: Style) -> Runs:
    """Wrapped lines as one again; some end with the blank at which they were wrapped, some do not."""
    runs: list[Run] = []
    for each in lines:
        if runs and not runs[-1][0].endswith(" "):
            runs.append((" ", blank))
        runs.extend(each)
    return runs
