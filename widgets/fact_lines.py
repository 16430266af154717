"""Lines of facts for the detail screens, of automatic height."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from widgets.cells import Runs, line, wrapped
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look


class FactLines(LineView):
    """An optional heading with lines below it."""

    def __init__(
        self,
        title: str = "",
        *,
        look: Look = PLAIN_LOOK,
        id: str | None = None,  # noqa: A002
        wrap_at: int | None = None,
    ) -> None:
        """Args:
        title: The heading; empty for none.
        look: Colours and alphabet.
        id: Of the widget.
        wrap_at: Break long lines, and begin their rest so many cells in; without it they are cropped.
        """
        super().__init__(look=look, id=id)
        self._wrap_at = wrap_at
        self.title = title
        self.marked = False
        """Whether the heading is that of the marked part; drawn with the next ``show``."""
        self._note = ""
        self._facts: tuple[Runs, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines without styles."""
        return tuple("".join(text for text, _ in runs).strip() for runs in self._facts)

    def show(self, facts: Sequence[Runs], *, note: str = "") -> None:
        """Show lines; ``note`` is at the right of the heading."""
        self._facts, self._note = tuple(facts), note
        self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """Heading and lines."""
        palette, ellipsis = self.look.palette, self.look.ellipsis
        lines = []
        if self.title:
            heading = palette.heading_focus if self.marked else palette.heading
            note = [(f"{self._note} ", heading)] if self._note else []
            lines.append(line([(f" {self.title}", heading)], width, right=note, ellipsis=ellipsis, fill=heading))
        lines.extend(line([(" ", palette.text), *runs], width, ellipsis=ellipsis) for runs in self._wrapped(width - 1))
        return lines

    def _wrapped(self, width: int) -> Sequence[Runs]:
        if self._wrap_at is None:
            return self._facts
        return [part for runs in self._facts for part in wrapped(runs, width, indent=self._wrap_at)]
