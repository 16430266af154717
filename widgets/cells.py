"""Fits runs of styled text to cells. All text that the widgets draw passes through here.

A run is a pair of plain text and a style; markup does not exist here. Every run passes ``clean`` on its way to a
segment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from amt_console.text import safe_text

Run = tuple[str, Style]
Runs = Sequence[Run]
Align = Literal["left", "right"]
NO_STYLE = Style.null()
"""No colour and no attribute, made once: a row has a dozen of them."""

_JOINERS = {0x200D: None, 0xFE0E: None, 0xFE0F: None}
_MAX_CHARS = 1000
_KEPT = 1024
"""Texts that are remembered with what they become."""


def clean(text: str) -> str:
    """One printable line of known width: control and bidirectional characters are visible, joined emoji are split.

    Terminals disagree on the width of joined emoji and of presentation selectors.
    """
    if len(text) <= _MAX_CHARS and text.isascii() and text.isprintable():
        return text
    return _cleaned(text[: 2 * _MAX_CHARS + 1])  # ``safe_text`` looks at no more


@lru_cache(_KEPT)
def _cleaned(text: str) -> str:
    if len(text) > _MAX_CHARS or not text.isprintable():
        text = safe_text(text, _MAX_CHARS)
    return text if text.isascii() else text.translate(_JOINERS)


def width_of(text: str) -> int:
    """Cells that a cleaned text takes."""
    return len(text) if text.isascii() else _measured(text)


# Each redraw and each layout asks again for the same texts, and looks at each character of them.
_measured = lru_cache(_KEPT)(cell_len)
_cut = lru_cache(_KEPT)(set_cell_size)


@lru_cache(8)
def widest(texts: tuple[str, ...]) -> int | None:
    """Cells of the widest of cleaned texts; ``None`` without any. Each snapshot has the same names."""
    return max(map(width_of, texts), default=None)


def runs_width(runs: Runs) -> int:
    """Cells that the runs take together."""
    return sum(width_of(clean(text)) for text, _ in runs)


def crop(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut a cleaned text to at most ``width`` cells, with an ellipsis if it is too long."""
    if width_of(text) <= width:
        return text
    mark = ellipsis[:width]
    return _cut(text, max(0, width - len(mark))) + mark


def padded(text: str, width: int) -> str:
    """A cleaned text, filled with blanks to so many cells: format strings count characters, and some take two cells."""
    return text + " " * (width - width_of(text))


def fit(
    runs: Runs, width: int, *, align: Align = "left", ellipsis: str = "…", fill: Style | None = None
) -> list[Segment]:
    """Segments of exactly ``width`` cells, cropped or filled with blanks."""
    segments: list[Segment] = []
    total = 0
    for raw, style in runs:
        if text := clean(raw):
            total += width_of(text)
            segments.append(Segment(text, style))
    if total > width:
        return _cropped(segments, width, ellipsis)
    if total < width:
        segments.insert(0 if align == "right" else len(segments), Segment(" " * (width - total), fill or NO_STYLE))
    return segments


def _cropped(runs: list[Segment], width: int, ellipsis: str) -> list[Segment]:
    segments: list[Segment] = []
    room = max(0, width - len(ellipsis))
    for run in runs:
        size = width_of(run.text)
        if size > room:
            segments.append(Segment(_cut(run.text, room) + ellipsis[:width], run.style))
            break
        segments.append(run)
        room -= size
    return segments


def line(runs: Runs, width: int, *, right: Runs = (), ellipsis: str = "…", fill: Style | None = None) -> Strip:
    """A strip of ``width`` cells with runs at the left and, if there is room for both, runs at the right."""
    if width <= 0:
        return Strip([], 0)
    right_width = runs_width(right)
    if right_width == 0 or right_width >= width:
        return Strip(fit(runs, width, ellipsis=ellipsis, fill=fill), width)
    segments = fit(runs, width - right_width, ellipsis=ellipsis, fill=fill)
    return Strip([*segments, *fit(right, right_width, fill=fill)], width)


def wrapped(runs: Runs, width: int, *, indent: int = 0) -> list[list[Run]]:
    """The runs as lines of at most ``width`` cells, wrapped at blanks; further lines are indented by ``indent`` cells.

    A word longer than a line stays whole: the caller crops it.
    """
    lines: list[list[Run]] = [[]]
    used, begun = 0, False
    for text, style in runs:
        for word in re.findall(r"\s+|\S+", clean(text)):
            size, blank = width_of(word), word.isspace()
            if begun and not blank and used + size > width:
                lines.append([(" " * indent, style)])
                used = indent
            if blank and len(lines) > 1 and used == indent:
                continue
            if blank and used + size > width:
                used = width
                continue
            lines[-1].append((word, style))
            used += size
            begun = begun or used > indent
    return lines


def joined(parts: Iterable[Runs], separator: Run) -> list[Run]:
    """All runs with a separator between the parts; empty parts are left out."""
    result: list[Run] = []
    for part in parts:
        if part:
            if result:
                result.append(separator)
            result.extend(part)
    return result


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """Where two lines of the same length differ, as first cell and number of cells; ``None`` when they are equal.

    A line with wide characters is one span: half of a wide character must not be painted.
    """
    if old is new or old == new:
        return None
    width = max(old.cell_length, new.cell_length)
    if old.cell_count != width or new.cell_count != width:
        return 0, width
    old_segments, new_segments = list(old), list(new)
    begin = _same_until(old_segments, new_segments)
    end = _same_until(old_segments[begin:][::-1], new_segments[begin:][::-1])
    before = _characters(old_segments[begin : len(old_segments) - end])
    after = _characters(new_segments[begin : len(new_segments) - end])
    first = next((at for at, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]), None)
    if first is None:
        return None
    last = next(at for at in range(len(after) - 1, -1, -1) if before[at] != after[at])
    return sum(len(segment.text) for segment in new_segments[:begin]) + first, last - first + 1


def _same_until(some: Sequence[Segment], others: Sequence[Segment]) -> int:
    """How many segments are the same before the first that differs."""
    return next(
        (at for at, pair in enumerate(zip(some, others, strict=False)) if pair[0] != pair[1]),
        min(len(some), len(others)),
    )


def _characters(segments: Iterable[Segment]) -> list[tuple[str, Style | None]]:
    return [(char, segment.style) for segment in segments for char in segment.text]
