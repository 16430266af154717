"""Checks the names of figures in a configuration: a wrong name would have no effect."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from amt_console.config import Fault
from amt_console.config.sections.figures import FRACTION, MILLISECONDS, is_currency
from amt_console.model import FigureUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amt_console.config import Settings

_UNITS_OF = {
    FigureUnit.PERCENT: f"{FigureUnit.PERCENT} or {FRACTION}",
    FigureUnit.SECONDS: f"{FigureUnit.SECONDS} or {MILLISECONDS}",
    FigureUnit.MONEY: f"{FigureUnit.MONEY} or the code of a currency",
}
_SHOWN = 20
"""Number of known names to list when no name is similar."""


def rule_faults(settings: Settings) -> tuple[Fault, ...]:
    """Faults of rules on unknown figures or on figures that are not a single number: such a rule would never fire."""
    rules = [(index, rule) for index, rule in enumerate(settings.rules) if rule.signal == "figure"]
    if not rules:
        return ()
    from collectors.figures.catalogue import FIGURE_SPECS

    shapes = {f"{kind}.{spec.name}": spec.shape for kind, specs in FIGURE_SPECS.items() for spec in specs}
    numbers = [name for name, shape in shapes.items() if shape == "number"]
    faults = []
    for index, rule in rules:
        if any(fnmatchcase(name, rule.subject) for name in numbers):
            continue
        parts = any(fnmatchcase(name, rule.subject) for name in shapes)
        message = (
            "names figures that have several parts; a rule watches a single number" if parts else "names no figure"
        )
        kind = rule.subject.partition(".")[0]
        known = [name for name in numbers if name.startswith(f"{kind}.")]
        hint = f"known: {', '.join(known[:_SHOWN])}" if parts else _hint(rule.subject, known)
        faults.append(Fault(f"rules[{index}].subject", message, rule.subject, hint))
    return tuple(faults)


def unknown_figures(settings: Settings) -> tuple[Fault, ...]:
    """Faults of paths and units for unknown figures."""
    sources = settings.figures.sources().by_kind
    if not any(sources.values()):
        return ()
    from collectors.figures.catalogue import FIGURE_SPECS

    return tuple(
        Fault(f"figures.{kind}.{name}", "is no figure that is read", suggestion=_hint(name, known))
        for kind, places in sources.items()
        for known in [[spec.name for spec in FIGURE_SPECS[kind]]]
        for name in places
        if name not in known
    )


def unit_faults(settings: Settings) -> tuple[Fault, ...]:
    """Faults of units that do not fit the figure, such as seconds for a percentage."""
    sources = settings.figures.sources().by_kind
    units = [
        (kind, name, source.unit)
        for kind, places in sources.items()
        for name, source in places.items()
        if source.unit is not None
    ]
    if not units:
        return ()
    from collectors.figures.catalogue import FIGURE_SPECS

    own = {(kind, spec.name): spec.unit for kind, specs in FIGURE_SPECS.items() for spec in specs}
    return tuple(
        Fault(f"figures.{kind}.{name}.unit", f"cannot be the unit of this figure; it may be {wanted}", unit)
        for kind, name, unit in units
        if (expected := own.get((kind, name))) is not None
        for wanted in [_UNITS_OF.get(expected, expected.value)]
        if unit not in wanted.split(" or ") and not (expected is FigureUnit.MONEY and is_currency(unit))
    )


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known[:_SHOWN])}"
