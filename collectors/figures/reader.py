"""Reads the platform's figures out of its answers: every figure is a believable value, or missing with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from amt_console.expressions import Budget, ExpressionError, compile_expression
from amt_console.model import BusinessFigures, Figure, FigureKind
from amt_console.text import safe_text
from collectors.figures import chatbot, overview, plans, revenue
from collectors.figures.spec import FigureSpec, FigureUnit
from collectors.figures.strict_json import AnswerError, Unusable, kind_of, parse_answer

__all__ = ["FIGURE_SPECS", "MAX_ENTRIES", "FigureSpec", "FigureUnit", "read_figures"]

MAX_ENTRIES = 100
"""Longest breakdown that is kept."""
MAX_STEPS = 100_000
"""Most steps that the expression of one figure may take."""
_MAX_LABEL_CHARS = 80
_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})

FIGURE_SPECS: Mapping[FigureKind, tuple[FigureSpec, ...]] = MappingProxyType(
    {
        FigureKind.OVERVIEW: overview.FIGURES,
        FigureKind.CHATBOT: chatbot.FIGURES,
        FigureKind.REVENUE: revenue.FIGURES,
        FigureKind.PLANS: plans.FIGURES,
    }
)
"""Every figure of every endpoint, in the order in which people read them."""


def read_figures(
    kind: FigureKind,
    body: bytes,
    *,
    timestamp: datetime,
    overrides: Mapping[str, str] = _NO_OVERRIDES,
    simulated: bool = False,
) -> BusinessFigures:
    """Read all figures of one endpoint from one answer. Nothing in the answer or in an override makes it raise.

    Args:
        kind: Which endpoint answered.
        body: The decoded body of the answer.
        timestamp: When it was asked for, aware UTC.
        overrides: JMESPath expressions by figure name, in place of the defaults.
        simulated: The answer did not come from a platform.
    """
    specs = FIGURE_SPECS[kind]
    try:
        answer = parse_answer(body)
    except AnswerError as error:
        figures = {spec.name: Figure(None, str(error)) for spec in specs}
    else:
        figures = {spec.name: _figure(spec, overrides.get(spec.name), answer) for spec in specs}
    known = ", ".join(spec.name for spec in specs)
    for name in overrides.keys() - figures.keys():
        figures[name] = Figure(None, safe_text(f"{kind} has no figure of this name; it has {known}"))
    return BusinessFigures(kind=kind, timestamp=timestamp, figures=figures, simulated=simulated)


def _figure(spec: FigureSpec, override: str | None, answer: object) -> Figure:
    expression = spec.expression if override is None else override
    try:
        value = compile_expression(expression).evaluate(answer, Budget(MAX_STEPS))
    except ExpressionError as error:
        return Figure(None, safe_text(str(error)))
    if isinstance(value, Unusable):
        return Figure(None, value.reason)
    if value is None:
        return Figure(None, _not_found(spec, override, answer))
    if spec.shape == "breakdown":
        return _breakdown(spec, value)
    number = _number(spec, value)
    return Figure(None, number) if isinstance(number, str) else Figure(number)


def _not_found(spec: FigureSpec, override: str | None, answer: object) -> str:
    if override is not None:
        return safe_text(f"nothing in the answer at {override}")
    if not isinstance(answer, dict):
        return f"the answer is {kind_of(answer)}, not an object"
    return f"nothing in the answer at {', '.join(spec.paths)}"


def _number(spec: FigureSpec, value: object) -> float | str:
    """A believable number, or the reason why it is none."""
    if isinstance(value, Unusable):
        return value.reason
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"{kind_of(value)} where a number is expected"
    number = float(value)
    if not math.isfinite(number):
        return "not a finite number"
    if number < spec.minimum:
        return f"{number:.6g} is below {spec.minimum:g}, the lowest believable value"
    if number > spec.maximum:
        return f"{number:.6g} is above {spec.maximum:g}, the highest believable value"
    return number + 0.0


def _breakdown(spec: FigureSpec, value: object) -> Figure:
    if isinstance(value, dict):
        raw = [(key, _entry_value(spec, entry)) for key, entry in value.items()]
    elif isinstance(value, list):
        raw = [_list_entry(spec, index, entry) for index, entry in enumerate(value)]
    else:
        return Figure(None, f"{kind_of(value)} where labelled numbers are expected")
    entries: list[tuple[str, float]] = []
    refused: list[str] = []
    for label, entry in raw:
        name = _label(label)
        number = _number(spec, entry) if name is not None else "no label"
        if isinstance(number, str):
            refused.append(f"{name or 'an entry'}: {number}")
        elif name is not None:
            entries.append((name, number))
    notes = []
    if refused:
        notes.append(f"{len(refused)} of {len(raw)} entries left out ({refused[0]})")
    if len(entries) > MAX_ENTRIES:
        notes.append(f"only the first {MAX_ENTRIES} of {len(entries)} entries kept")
    if not entries:
        return Figure(None, safe_text("; ".join(notes) or "the list is empty"))
    return Figure(tuple(entries[:MAX_ENTRIES]), safe_text("; ".join(notes)) if notes else None)


def _list_entry(spec: FigureSpec, index: int, entry: object) -> tuple[object, object]:
    """Label and number of one element: an object, a pair, or a bare number labelled by its place."""
    if isinstance(entry, dict):
        label = next((entry[key] for key in spec.label_keys if entry.get(key) is not None), None)
        return label, _entry_value(spec, entry)
    if isinstance(entry, list):
        return (entry[0], entry[1]) if len(entry) == 2 else (None, None)
    return index + spec.first_label, entry


def _entry_value(spec: FigureSpec, entry: object) -> object:
    if not isinstance(entry, dict):
        return entry
    return next((entry[key] for key in spec.value_keys if key in entry), None)


def _label(label: object) -> str | None:
    if isinstance(label, (bool, list, dict)) or label is None or isinstance(label, Unusable):
        return None
    return safe_text(label, _MAX_LABEL_CHARS).strip() or None
