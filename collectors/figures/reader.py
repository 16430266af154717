"""Reads the platform's figures out of its answers: every figure is a believable value, or missing with the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from amt_console.expressions import Budget, ExpressionError, compile_expression
from amt_console.model import BusinessFigures, Figure, FigureKind
from amt_console.text import safe_text
from collectors.figures.catalogue import FIGURE_SPECS
from collectors.figures.lookup import WHOLE_LIST, Found, Lookup
from collectors.figures.numbers import parse_number
from collectors.figures.spec import FigureSpec, FigureUnit
from collectors.figures.strict_json import AnswerError, Unusable, kind_of, parse_answer

MAX_ENTRIES = 100
"""Longest breakdown that is kept."""
MAX_STEPS = 100_000
"""Most steps that the expression of one figure may take."""
_MAX_LABEL_CHARS = 80
_MAX_PATH_CHARS = 200
_PATHS_SHOWN = 4
_EMPTY: tuple[object, ...] = ("", [], {})
_MARKS = {"%": "a percentage", "s": "a duration", "ms": "a duration"}
_EXPECTED = {FigureUnit.PERCENT: "a percentage", FigureUnit.SECONDS: "a duration", FigureUnit.MONEY: "money"}
_NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of one answer, and where it stood."""

    name: str
    figure: Figure
    path: str | None = None
    """JMESPath; ``None`` when nothing was found."""


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
    readings = read_answer(kind, body, overrides=overrides)
    figures = {reading.name: reading.figure for reading in readings}
    return BusinessFigures(kind=kind, timestamp=timestamp, figures=figures, simulated=simulated)


def read_answer(kind: FigureKind, body: bytes, *, overrides: Mapping[str, str] = _NO_OVERRIDES) -> tuple[Reading, ...]:
    """Every figure of one endpoint, in the order of the catalogue, with the place where it was found."""
    specs = FIGURE_SPECS[kind]
    try:
        answer = parse_answer(body)
    except AnswerError as error:
        readings = [Reading(spec.name, Figure(None, str(error))) for spec in specs]
    else:
        lookup = Lookup()
        readings = [_reading(spec, overrides.get(spec.name), answer, lookup) for spec in specs]
    known = [spec.name for spec in specs]
    for name in overrides.keys() - known:
        reason = safe_text(f"{kind} has no figure of this name; it has {', '.join(known)}")
        readings.append(Reading(name, Figure(None, reason)))
    return tuple(readings)


def _reading(spec: FigureSpec, override: str | None, answer: object, lookup: Lookup) -> Reading:
    try:
        found = _found(spec, override, answer, lookup)
    except ExpressionError as error:
        return Reading(spec.name, Figure(None, safe_text(str(error))), override)
    if found is None:
        return Reading(spec.name, Figure(None, _not_found(spec, override, answer)))
    path = safe_text(found.path, _MAX_PATH_CHARS)
    if isinstance(found.value, Unusable):
        return Reading(spec.name, Figure(None, found.value.reason), path)
    if spec.shape == "breakdown":
        return Reading(spec.name, _breakdown(spec, found.value, lookup), path)
    number = _number(spec, found.value)
    return Reading(spec.name, Figure(None, number) if isinstance(number, str) else Figure(number), path)


def _found(spec: FigureSpec, override: str | None, answer: object, lookup: Lookup) -> Found | None:
    """What stands at the expression; by default the first candidate of the right shape, else the first of any."""
    if override is not None:
        value = compile_expression(override).evaluate(answer, Budget(MAX_STEPS))
        return None if value is None else Found(override, value)
    other: Found | None = None
    for candidate in lookup.candidates(spec.paths, answer):
        if isinstance(candidate.value, Unusable):
            return candidate
        if isinstance(candidate.value, (dict, list)) == (spec.shape == "breakdown") and candidate.value not in _EMPTY:
            return candidate
        if other is None and candidate.value not in _EMPTY:
            other = candidate
    return other


def _not_found(spec: FigureSpec, override: str | None, answer: object) -> str:
    if override is not None:
        return safe_text(f"nothing in the answer at {override}")
    if not isinstance(answer, dict) and WHOLE_LIST not in spec.paths:
        return f"the answer is {kind_of(answer)}, not an object"
    more = ", ..." if len(spec.paths) > _PATHS_SHOWN else ""
    return f"nothing in the answer at {', '.join(spec.paths[:_PATHS_SHOWN])}{more}"


def _number(spec: FigureSpec, value: object) -> float | str:
    """A believable number, or the reason why it is none."""
    if isinstance(value, Unusable):
        return value.reason
    if isinstance(value, str):
        parsed = parse_number(value)
        if isinstance(parsed, str):
            return parsed
        if parsed.mark is not None and (said := _MARKS.get(parsed.mark, "money")) != _EXPECTED.get(spec.unit):
            return f"{said} where {_EXPECTED.get(spec.unit, 'a bare number')} is expected"
        value = parsed.value / 1000 if parsed.mark == "ms" else parsed.value
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


def _breakdown(spec: FigureSpec, value: object, lookup: Lookup) -> Figure:
    if isinstance(value, dict):
        raw = [(key, _entry_value(spec, entry, lookup)) for key, entry in value.items()]
    elif isinstance(value, list):
        raw = [_list_entry(spec, index, entry, lookup) for index, entry in enumerate(value)]
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


def _list_entry(spec: FigureSpec, index: int, entry: object, lookup: Lookup) -> tuple[object, object]:
    """Label and number of one element: an object, a pair, or a bare number labelled by its place."""
    if isinstance(entry, dict):
        labels = (lookup.find(key, entry) for key in spec.label_keys)
        label = next((found.value for found in labels if found is not None), None)
        return label, _entry_value(spec, entry, lookup)
    if isinstance(entry, list):
        return (entry[0], entry[1]) if len(entry) == 2 else (None, None)
    return index + spec.first_label, entry


def _entry_value(spec: FigureSpec, entry: object, lookup: Lookup) -> object:
    if not isinstance(entry, dict):
        return entry
    values = (lookup.find(key, entry) for key in spec.value_keys)
    return next((found.value for found in values if found is not None and not isinstance(found.value, dict)), None)


def _label(label: object) -> str | None:
    if isinstance(label, (bool, list, dict)) or label is None or isinstance(label, Unusable):
        return None
    return safe_text(label, _MAX_LABEL_CHARS).strip() or None
