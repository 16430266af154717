"""A list of labelled bars: plans, topics, languages, sources, hours of a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from amt_console.text import count, percent
from widgets.cells import Run, Runs, clean, crop, fit, line, padded, width_of
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.plot.scale import value_label

_LABEL_SHARE = 0.4
"""The most that labels take of the width."""
_LONGEST_BAR = 60
_SHARE_CELLS = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the list."""

    label: str
    value: float | None
    """``None``, NaN and infinite values are missing; a negative value has no bar."""


class Bars(LineView):
    """Bars below each other that fill the room; what has no line is folded."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._bars: tuple[Bar, ...] = ()
        self._unit = ""
        self._ordered = self._shares = False

    def show(self, bars: Sequence[Bar], *, unit: str = "", ordered: bool = False, shares: bool = False) -> None:
        """Show a list; an equal one draws nothing.

        Args:
            bars: Labels and values.
            unit: Behind each value, as ``widgets.plot.scale.value_label`` writes it.
            ordered: The order is a scale, such as hours: neighbours are folded. Otherwise the largest bar comes first
                and the smallest ones are folded into ``other``.
            shares: Add each value's share of the whole.
        """
        shown = (tuple(bars), unit, ordered, shares)
        if shown != (self._bars, self._unit, self._ordered, self._shares):
            self._bars, self._unit, self._ordered, self._shares = shown
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size."""
        look = self.look
        rows = bar_rows(
            self._bars, width - 1, height, look, unit=self._unit, ordered=self._ordered, shares=self._shares
        )
        return [line([(" ", look.palette.text), *row], width, ellipsis=look.ellipsis) for row in rows]


def bar_rows(
    bars: Sequence[Bar],
    width: int,
    height: int | None,
    look: Look,
    *,
    unit: str = "",
    ordered: bool = False,
    shares: bool = False,
) -> list[list[Run]]:
    """Lines of label, value and bar, at most ``height`` and never wider than ``width``; arguments as ``Bars.show``."""
    if width <= 0 or (height is not None and height <= 0):
        return []
    cleaned = [Bar(clean(bar.label), _finite(bar.value)) for bar in bars]
    whole = sum(max(0.0, bar.value or 0.0) for bar in cleaned)
    shown = _folded(cleaned, height, ordered=ordered)
    if not shown:
        return [fit_runs([("nothing to show", look.palette.muted)], width, look)]
    values = [look.missing if bar.value is None else _written(bar.value, unit) for bar in shown]
    label_cells = min(max(width_of(bar.label) for bar in shown), max(1, int(width * _LABEL_SHARE)))
    value_cells = max(map(width_of, values))
    share_cells = _SHARE_CELLS if shares and 0 < whole < math.inf and width >= label_cells + value_cells + 20 else 0
    room = min(_LONGEST_BAR, width - label_cells - value_cells - share_cells - 4)
    most = max((bar.value or 0.0 for bar in shown), default=0.0)
    rows = []
    for bar, value in zip(shown, values, strict=True):
        row: list[Run] = [(_padded(bar.label, label_cells, look), look.palette.muted)]
        row.append((f"  {' ' * (value_cells - width_of(value))}{value}", look.palette.text))
        if share_cells:
            share = "" if bar.value is None else percent(max(0.0, bar.value) / whole * 100, 0)
            row.append((f"{share:>{share_cells}}", look.palette.muted))
        if room >= 3:
            filled = max(0.0, bar.value or 0.0) / most if most > 0 else 0.0
            row.extend([("  ", look.palette.text), (_bar(filled, room, look), look.palette.trend)])
        rows.append(fit_runs(row, width, look))
    return rows


def fit_runs(runs: Runs, width: int, look: Look) -> list[Run]:
    """The runs cut to at most ``width`` cells."""
    if sum(width_of(clean(text)) for text, _ in runs) <= width:
        return list(runs)
    return [(segment.text, segment.style or Style()) for segment in fit(runs, width, ellipsis=look.ellipsis)]


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _written(value: float, unit: str) -> str:
    return value_label(value, clean(unit)) if unit else count(value)


def _padded(label: str, cells: int, look: Look) -> str:
    return padded(crop(label, cells, look.ellipsis), cells)


def _bar(filled: float, room: int, look: Look) -> str:
    """A bar in halves of cells; the smallest positive value has one."""
    if filled <= 0:
        return ""
    if look.ascii_only:
        return "=" * max(1, round(filled * room))
    whole, half = divmod(max(1, round(filled * room * 2)), 2)
    return "━" * whole + "╸" * half


def _folded(bars: list[Bar], height: int | None, *, ordered: bool) -> list[Bar]:
    """At most ``height`` bars."""
    if ordered:
        return bars if height is None or len(bars) <= height else _neighbours(bars, height)
    ranked = sorted(bars, key=lambda bar: -math.inf if bar.value is None else bar.value, reverse=True)
    if height is None or len(ranked) <= height:
        return ranked
    kept, rest = ranked[: height - 1], ranked[height - 1 :]
    return [*kept, Bar(f"other ({len(rest)})", _total(rest))]


def _neighbours(bars: list[Bar], height: int) -> list[Bar]:
    """Sums of as many neighbours as fit the height."""
    each = -(-len(bars) // height)
    folded = []
    for at in range(0, len(bars), each):
        part = bars[at : at + each]
        label = part[0].label if len(part) == 1 else f"{part[0].label}-{part[-1].label}"
        folded.append(Bar(label, _total(part)))
    return folded


def _total(bars: Sequence[Bar]) -> float | None:
    known = [bar.value for bar in bars if bar.value is not None]
    return _finite(sum(known)) if known else None
