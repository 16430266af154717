"""A canvas of dots: lines in Braille, eight dots to a cell, or in ASCII, one sign to a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

Point = tuple[float, float]
"""A place on the canvas from its lower left corner, both parts from 0 to 1."""
Stretch = Sequence[Point]
"""Points that belong together, from left to right."""

_ISOLATED_CELLS = 2
"""Length of the dash for a point without neighbours, in cells: a single dot is overlooked."""
_BLANK_BRAILLE = 0x2800
_LEFT_DOTS, _RIGHT_DOTS = (0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08)


def _masks(dots: Sequence[int]) -> list[list[int]]:
    """For each first and last dot of a column of a cell, counted from below: all dots between."""
    return [[sum(dots[first : last + 1]) for last in range(len(dots))] for first in range(len(dots))]


@dataclass(frozen=True, slots=True)
class Pen:
    """How a line is drawn, so that lines are told apart without colour."""

    sign: str
    """Its sign in a legend."""
    ascii_sign: str
    """Its sign in a legend and on an ASCII canvas."""
    drawn: int
    """Columns of dots that are drawn in a period."""
    period: int


PENS: tuple[Pen, ...] = (Pen("━", "*", 1, 1), Pen("╍", "+", 6, 9), Pen("┈", ".", 1, 2), Pen("─", "o", 9, 11))
"""Of the first line, the second and so on."""


class Canvas:
    """Cells that each hold dots of lines, and the number of the line that owns the cell."""

    def __init__(self, columns: int, rows: int, *, ascii_only: bool = False) -> None:
        self.columns, self.rows = columns, rows
        self._ascii = ascii_only
        self._wide, self._high = (1, 1) if ascii_only else (2, 4)
        self._masks = ([[[1]]] * 2) if ascii_only else [_masks(_LEFT_DOTS), _masks(_RIGHT_DOTS)]
        self._dots = [[0] * columns for _ in range(rows)]
        self._owners = [[-1] * columns for _ in range(rows)]

    @property
    def dots_across(self) -> int:
        """Dots from left to right."""
        return self.columns * self._wide

    @property
    def dots_up(self) -> int:
        """Dots from below to the top."""
        return self.rows * self._high

    def row_of(self, height: float) -> int:
        """The row of a height from 0 to 1, counted from the top."""
        return self.rows - 1 - round(height * (self.dots_up - 1)) // self._high

    def column_of(self, place: float) -> int:
        """The column of a place from 0 to 1."""
        return min(self.columns - 1, max(0, int(place * self.columns)))

    def draw(self, stretch: Stretch, owner: int, pen: Pen = PENS[0]) -> None:
        """Join the points of one stretch. A cell belongs to the line that was drawn last.

        Args:
            stretch: At least one point, from left to right.
            owner: Number of the line, for ``cell``.
            pen: Which of its dots are drawn. A peak is drawn with any pen.
        """
        across, up = self.dots_across, self.dots_up - 1
        dots = [
            (min(across - 1, max(0, int(x * across))), min(up, max(0, math.floor(y * up + 0.5)))) for x, y in stretch
        ]
        spans = _spans(dots)
        if len(spans) == 1 or self._ascii:
            pen = PENS[0]
        if len(spans) == 1:
            self._lengthen(spans)
        drawn = spans if pen.period == 1 else _dashed(spans, pen)
        for x, (low, high) in drawn.items():
            self._column(x, low, high, owner)

    def _lengthen(self, spans: dict[int, tuple[int, int]]) -> None:
        """Make a point without neighbours a dash."""
        ((x, (_, high)),) = spans.items()
        half = _ISOLATED_CELLS * self._wide // 2
        first = max(0, min(x - half + 1, self.dots_across - 2 * half))
        for near in range(first, min(self.dots_across, first + 2 * half)):
            spans.setdefault(near, (high, high))

    def _column(self, x: int, low: int, high: int, owner: int) -> None:
        """Dots of one column from ``low`` to ``high``."""
        column, masks, tall = x // self._wide, self._masks[x % self._wide], self._high
        top = self.rows - 1
        for row in range(low // tall, high // tall + 1):
            first, last = max(low - row * tall, 0), min(high - row * tall, tall - 1)
            self._dots[top - row][column] |= masks[first][last]
            self._owners[top - row][column] = owner

    def cell(self, column: int, row: int) -> tuple[str, int] | None:
        """The sign and the owner of a cell, ``None`` for an empty one; rows count from the top."""
        dots = self._dots[row][column]
        if not dots:
            return None
        owner = self._owners[row][column]
        sign = PENS[owner % len(PENS)].ascii_sign if self._ascii else chr(_BLANK_BRAILLE + dots)
        return sign, owner


def _spans(dots: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """For each column of dots that a line passes: its lowest and highest dot there."""
    spans: dict[int, tuple[int, int]] = {}

    def add(x: int, y0: int, y1: int) -> None:
        low, high = (y0, y1) if y0 <= y1 else (y1, y0)
        known = spans.get(x)
        spans[x] = (low, high) if known is None else (min(low, known[0]), max(high, known[1]))

    (x0, y0), *others = dots
    add(x0, y0, y0)
    for x1, y1 in others:
        if x0 == x1:
            add(x0, y0, y1)
        else:
            slope, reached = (y1 - y0) / (x1 - x0), y0
            for x in range(x0, x1 + 1):
                target = y1 if x == x1 else math.floor(y0 + slope * (x - x0 + 0.5) + 0.5)
                # The column goes on beside the last dot of the one before it: a steep line stays one dot thin.
                begin = reached if target == reached or x == x0 else reached + (1 if target > reached else -1)
                add(x, begin, target)
                reached = target
        x0, y0 = x1, y1
    return spans


def _dashed(spans: dict[int, tuple[int, int]], pen: Pen) -> dict[int, tuple[int, int]]:
    """The columns that a pen draws, and of each period the column of its highest dot."""
    kept = {x: span for x, span in spans.items() if x % pen.period < pen.drawn}
    peaks: dict[int, int] = {}
    for x, (_, high) in spans.items():
        before = peaks.setdefault(x // pen.period, x)
        if high > spans[before][1] or (high == spans[before][1] and x in kept and before not in kept):
            peaks[x // pen.period] = x
    return kept | {x: spans[x] for x in peaks.values()}


def stretches(values: Sequence[float | None], most: int) -> list[list[tuple[float, float]]]:
    """Runs of measured values, each as its place from 0 to 1 and itself. What is unknown parts two runs.

    The place of a value is the middle of its share of the axis.

    Args:
        values: Equally spaced.
        most: Of more values than twice this, only the first, lowest, highest and last of each of ``most`` shares
            remain, so that each peak is drawn.
    """
    total = len(values)
    if total <= 2 * most:
        return [[((at + 0.5) / total, value) for at, value in run] for run in _runs(list(enumerate(values)))]
    thinned: list[tuple[int, float | None]] = []
    for share in range(most):
        part = values[share * total // most : (share + 1) * total // most]
        runs = [part] if None not in part else [list(group) for known, group in groupby(part, _is_known) if known]
        for at, run in enumerate(runs):
            if at or part[0] is None:
                thinned.append((share, None))
            found = [value for value in run if value is not None]
            thinned.extend((share, value) for value in (found[0], min(found), max(found), found[-1]))
        if part[-1] is None:
            thinned.append((share, None))
    return [[((share + 0.5) / most, value) for share, value in run] for run in _runs(thinned)]


def _runs(placed: Sequence[tuple[int, float | None]]) -> list[list[tuple[int, float]]]:
    """Measured values that follow each other."""
    runs: list[list[tuple[int, float]]] = []
    open_run = False
    for at, value in placed:
        if value is None:
            open_run = False
        elif open_run:
            runs[-1].append((at, value))
        else:
            runs.append([(at, value)])
            open_run = True
    return runs


def _is_known(value: float | None) -> bool:
    return value is not None
