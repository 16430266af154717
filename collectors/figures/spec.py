"""Definition of a figure: its name, unit, bounds and default paths."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from amt_console.model import FigureUnit

Shape = Literal["number", "breakdown"]

LABEL_KEYS = ("name", "label", "title", "key", "id")
VALUE_KEYS = ("count", "value", "total")

_UPPER_BOUNDS: dict[FigureUnit, float] = {
    FigureUnit.COUNT: 1e12,
    FigureUnit.PERCENT: 100.0,
    FigureUnit.SECONDS: 86400.0,
    FigureUnit.MONEY: 1e12,
    FigureUnit.SCORE: 5.0,
    FigureUnit.PER_MINUTE: 1e9,
}


@dataclass(frozen=True, slots=True)
class FigureSpec:
    """One figure of one endpoint. Values outside ``minimum`` to ``maximum`` are implausible and not shown."""

    name: str
    label: str
    unit: FigureUnit
    paths: tuple[str, ...]
    """Dotted names, in order of preference; see ``Lookup.candidates``."""
    shape: Shape = "number"
    label_keys: tuple[str, ...] = LABEL_KEYS
    """For a breakdown that is a list of objects: the keys that may hold an entry's label, in order of preference."""
    value_keys: tuple[str, ...] = VALUE_KEYS
    """For a breakdown: the dotted names that may hold an entry's number, in order of preference."""
    first_label: int = 0
    """For a breakdown that is a plain list of numbers: the label of the first; later labels count up from it."""
    minimum: float = 0.0
    limit: float | None = None
    """Highest plausible value; ``None`` takes the unit's."""
    usual: tuple[float, float] = (0.1, math.inf)
    """Usual values in ``unit``; a percentage below or a duration outside looks like another unit."""

    @property
    def maximum(self) -> float:
        """Highest plausible value."""
        return _UPPER_BOUNDS[self.unit] if self.limit is None else self.limit
