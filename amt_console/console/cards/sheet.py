"""One thing on one sheet: a head and sections that share the lines there are, in one column or in two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from amt_console.console.cards.sharing import Want, share_lines
from widgets.cells import Run, Runs, clean, line, runs_width, width_of, wrapped
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look

HEADINGS_FROM = 28
"""From this many lines a section has its heading on a line of its own; below, beside its first line."""
TWO_COLUMNS_FROM = 110
"""From this many cells there are two columns."""
GUTTER = 11
"""Cells of a heading beside its section."""
_BETWEEN = 3
"""Cells between two columns."""

Draw = Callable[[int, int], Sequence[Strip]]
"""Draws for a width and a number of lines."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines of text, or with something that is drawn."""

    title: str
    """Empty for what belongs to the section above."""
    lines: tuple[Runs, ...] = ()
    least: int = 1
    rank: int = 0
    """Which sections get lines first, and grow first."""
    weight: int = 1
    wrap_at: int | None = 0
    """Wrapped lines go on so many cells in; ``None`` cuts them."""
    note: str = ""
    """At the right of the heading, or of the first line beside it where there is room."""
    draw: Draw | None = None
    """Draws instead of the lines."""
    late: bool = False
    """Whether it gets only what the others leave."""
    most: int = 0
    """The lines that ``draw`` has a use for."""
    telling: tuple[int, ...] = ()
    """How telling each line is: what stays where not all have room, in their order, the first ones of equals."""
    right: bool = False
    """Whether it stands in the right one of two columns."""

    def strips(self, width: int, count: int | None, look: Look) -> list[Strip]:
        """Its lines, at most ``count``; the last one says how many are missing."""
        if self.draw is not None:
            return list(self.draw(width, self.most if count is None else count))[:count]
        every = self._wrapped(width)
        missing, shown = 0, every
        if count is not None and count < len(every):
            chosen = self._most_telling(count, width) if self.telling else [(every[at],) for at in range(count)]
            missing = (len(self.lines) if self.telling else len(every)) - len(chosen)
            shown = [part for parts in chosen for part in parts]
        strips = [line(runs, width, ellipsis=look.ellipsis) for runs in shown]
        if missing and strips:
            more = [(f"  +{missing} more", look.palette.muted)]
            strips[-1] = line(shown[-1], width, right=more, ellipsis=look.ellipsis)
        return strips

    def _most_telling(self, count: int, width: int) -> list[Sequence[Runs]]:
        """The lines that stay, in their order: what has no room to be wrapped is cut."""
        order = sorted(range(len(self.lines)), key=lambda at: (-self.telling[at], at))[:count]
        left = count - len(order)
        shown: dict[int, Sequence[Runs]] = {}
        for at in order:
            parts = [self.lines[at]] if self.wrap_at is None else wrapped(self.lines[at], width, indent=self.wrap_at)
            whole = len(parts) - 1 <= left
            shown[at] = parts if whole else [self.lines[at]]
            left -= len(shown[at]) - 1
        return [shown[at] for at in sorted(shown)]

    def wants(self, width: int) -> int:
        """How many lines it has a use for."""
        return self.most if self.draw is not None else len(self._wrapped(width))

    def _wrapped(self, width: int) -> list[Runs]:
        if self.wrap_at is None:
            return list(self.lines)
        return [part for runs in self.lines for part in wrapped(runs, width, indent=self.wrap_at)]


@dataclass(frozen=True, slots=True)
class Head:
    """What a sheet is about: at the left what it is, at the right how it stands, below what else must be known."""

    left: Runs = ()
    right: Runs = ()
    below: tuple[Runs, ...] = ()

    def strips(self, width: int, look: Look) -> list[Strip]:
        """One line where both fit, else two, and those below."""
        palette, inner = look.palette, width - 1
        if not self.left:
            return []
        blank: Run = (" ", palette.text)
        if runs_width(self.left) + runs_width(self.right) + 2 <= inner:
            strips = [line([blank, *self.left], width, right=[*self.right, blank], ellipsis=look.ellipsis)]
        else:
            strips = [line([blank, *each], width, ellipsis=look.ellipsis) for each in (self.left, self.right) if each]
        return strips + [line([blank, *runs], width, ellipsis=look.ellipsis) for runs in self.below]


class Sheet(LineView):
    """Shows a head and sections: within its height, or in full where its height is automatic."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._head = Head()
        self._sections: tuple[Section, ...] = ()
        self._cut = False

    def show(self, head: Head, sections: Sequence[Section]) -> None:
        """Show them; sections without lines are left out."""
        self._head = head
        self._sections = tuple(each for each in sections if each.lines or each.draw is not None)
        self.rebuild()

    @property
    def is_cut(self) -> bool:
        """Whether something did not fit."""
        return self._cut

    @property
    def sections(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The headings with their lines, in full and without styles."""
        return tuple(
            (each.title.capitalize(), tuple("".join(text for text, _ in runs).strip() for runs in each.lines))
            for each in self._sections
            if each.title and each.lines
        )

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size."""
        if width <= GUTTER + 10:
            return []
        strips = self._head.strips(width, self.look)
        room = None if height is None else max(0, height - len(strips))
        if width >= TWO_COLUMNS_FROM and any(each.right for each in self._sections):
            right_width = (width - _BETWEEN) // 2
            left, cut_left = self._column(
                [each for each in self._sections if not each.right], width - right_width - _BETWEEN, room
            )
            right, cut_right = self._column([each for each in self._sections if each.right], right_width, room)
            self._cut = cut_left or cut_right
            strips += _beside(left, right, width - right_width - _BETWEEN, right_width)
        else:
            column, self._cut = self._column(self._sections, width, room)
            strips += column
        return [strip.adjust_cell_length(width) for strip in strips[:height]]

    def _column(self, sections: Sequence[Section], width: int, room: int | None) -> tuple[list[Strip], bool]:
        """The lines of sections below each other, and whether something is missing."""
        headings = room is None or room >= HEADINGS_FROM
        inner = width - 2 if headings else width - 2 - GUTTER
        wanted = [each.wants(inner) for each in sections]
        titles = [1 if headings and each.title else 0 for each in sections]
        gap = room is None or self._leaves_gaps(sections, wanted, titles, room)
        extra = [lines * (2 if gap else 1) for lines in titles]
        given = wanted
        if room is not None:
            wants = [
                Want(each.least + more, want + more, each.rank, each.weight, each.late)
                for each, want, more in zip(sections, wanted, extra, strict=True)
            ]
            given = [max(0, lines - more) for lines, more in zip(share_lines(room, wants), extra, strict=True)]
        shown = [(each, lines) for each, lines in zip(sections, given, strict=True) if lines]
        strips: list[Strip] = []
        for each, lines in shown:
            if gap and each.title and (strips or not headings):
                strips.append(Strip.blank(width))
            strips += self._section(each, width, lines, headings=headings)
        return [strip.adjust_cell_length(width) for strip in strips], given != wanted

    @staticmethod
    def _leaves_gaps(sections: Sequence[Section], wanted: Sequence[int], titles: Sequence[int], room: int) -> bool:
        """Whether there is room for a blank line above each section; what is drawn can do with less."""
        needed = sum(
            each.least if each.draw is not None and not each.title else want
            for each, want in zip(sections, wanted, strict=True)
        )
        return needed + sum(titles) + sum(bool(each.title) for each in sections) <= room

    def _section(self, section: Section, width: int, lines: int, *, headings: bool) -> list[Strip]:
        look, palette = self.look, self.look.palette
        if headings:
            strips = section.strips(width - 2, lines, look)
            indented = [Strip.join([line([(" ", palette.text)], 1), strip]) for strip in strips]
            if not section.title:
                return indented
            heading = palette.heading
            note = [(f"{section.note} ", heading)] if section.note else []
            title = line([(f" {section.title}", heading)], width, right=note, ellipsis=look.ellipsis, fill=heading)
            return [title, *indented]
        strips = section.strips(width - 2 - GUTTER, lines, look)
        if section.note and strips:
            strips[0] = _with_note(strips[0], section.note, palette.muted)
        labels = [section.title, *[""] * (len(strips) - 1)]
        label = palette.key
        return [
            Strip.join([line([(f" {word}", label)], GUTTER + 1), strip])
            for word, strip in zip(labels, strips, strict=True)
        ]


def _beside(left: Sequence[Strip], right: Sequence[Strip], left_width: int, right_width: int) -> list[Strip]:
    """Two columns side by side."""
    lines = max(len(left), len(right))
    padded_left = [*left, *[Strip.blank(left_width)] * (lines - len(left))]
    padded_right = [*right, *[Strip.blank(right_width)] * (lines - len(right))]
    between = Strip.blank(_BETWEEN)
    return [Strip.join([a, between, b]) for a, b in zip(padded_left, padded_right, strict=True)]


def _with_note(strip: Strip, note: str, style: Style) -> Strip:
    """A note at the right of a line, if what stands there leaves room for it."""
    words = clean(note)
    used, size = width_of(strip.text.rstrip()), width_of(words)
    if used + size + 2 > strip.cell_length:
        return strip
    return Strip.join([strip.crop(0, strip.cell_length - size), Strip([Segment(words, style)], size)])
