"""Names of figures in a configuration against the figures that are read: a wrong one would be without effect."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from amt_console.config import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amt_console.config import Settings

_SHOWN = 20
"""So many known names are listed when none is near."""


def rule_faults(settings: Settings) -> tuple[Fault, ...]:
    """Rules on figures that nothing reads, or that are no single number: they would never fire."""
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


def override_faults(settings: Settings) -> tuple[Fault, ...]:
    """Places given for figures that nothing reads."""
    if not settings.figures:
        return ()
    from collectors.figures.catalogue import FIGURE_SPECS

    return tuple(
        Fault(f"figures.{kind}.{name}", "is no figure that is read", suggestion=_hint(name, known))
        for kind, overrides in settings.figures.items()
        for known in [[spec.name for spec in FIGURE_SPECS[kind]]]
        for name in overrides
        if name not in known
    )


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1, 0.6)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known[:_SHOWN])}"
