"""A figure beside its target, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("figure", "target", "measured", "verdict")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Each is a ratio within one run or a bound, and the median of several rounds unless its name says otherwise.
    """

    name: str
    measured: float | None
    """``None`` when it could not be measured; ``note`` says why."""
    unit: str = ""
    target: float | None = None
    """``None`` for a number that is only shown beside the others."""
    at_least: bool = False
    """Whether the target is a lower bound."""
    note: str = ""

    @property
    def verdict(self) -> str:
        """``ok``, ``MISSED``, ``skipped``, or nothing without a target."""
        if self.measured is None:
            return "skipped"
        if self.target is None:
            return ""
        holds = self.measured >= self.target if self.at_least else self.measured <= self.target
        return "ok" if holds else "MISSED"

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """What the table shows, in the order of ``HEADINGS``."""
        target = ""
        if self.target is not None:
            target = f"{'at least' if self.at_least else 'at most'} {_number(self.target)} {self.unit}".rstrip()
        measured = "–" if self.measured is None else f"{_number(self.measured)} {self.unit}".rstrip()
        return self.name + (f" ({self.note})" if self.note else ""), target, measured, self.verdict


def text_table(figures: Sequence[Figure]) -> str:
    """For a terminal."""
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def markdown_table(figures: Sequence[Figure]) -> str:
    """For a document."""
    rows = [HEADINGS, ("---",) * len(HEADINGS), *(figure.cells for figure in figures)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows) + "\n"


def _number(value: float) -> str:
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.3f}"
