"""Read the platform's figures from its answers: each is a plausible value, or missing with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from amt_console.expressions import Budget, ExpressionError, compile_expression
from amt_console.model import BusinessFigures, Figure, FigureKind, FigureSource, FigureSources, FigureUnit
from amt_console.text import safe_text
from collectors.figures.catalogue import FIGURE_SPECS
from collectors.figures.lookup import WHOLE_LIST, FoundValue, Lookup
from collectors.figures.spec import FigureSpec
from collectors.figures.strict_json import AnswerError, Unusable, kind_of, parse_answer
from collectors.figures.units import (
    Number,
    UnitMismatch,
    doubt,
    doubt_arr,
    doubt_breakdown,
    doubt_currency,
    number_of,
    shown_unit,
)

MAX_ENTRIES = 100
"""Most entries of a breakdown."""
MAX_STEPS = 100_000
"""Step budget of one figure's expression."""
_MAX_LABEL_CHARS = 80
_MAX_PATH_CHARS = 200
_PATHS_SHOWN = 4
_EMPTY: tuple[object, ...] = ("", [], {})
_AS_DEFAULT = FigureSources()
_NOTHING_KNOWN: Mapping[str, float] = MappingProxyType({})
_NO_SOURCE = FigureSource()


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of one answer, and its path."""

    name: str
    figure: Figure
    path: str | None = None
    """JMESPath; ``None`` when nothing was found."""
    numbers: tuple[Number, ...] = field(default=(), repr=False)
    """The number or numbers behind the value."""


def read_figures(
    kind: FigureKind,
    body: bytes,
    *,
    timestamp: datetime,
    sources: FigureSources = _AS_DEFAULT,
    before: Mapping[str, float] = _NOTHING_KNOWN,
    simulated: bool = False,
) -> BusinessFigures:
    """Read all figures of one endpoint from one answer. Never raises, whatever the answer or an expression holds.

    Args:
        kind: Which endpoint answered.
        body: The decoded body of the answer.
        timestamp: Time of the request, aware UTC.
        sources: Paths and units that differ from the defaults.
        before: The last unsuspicious values by figure.
        simulated: The answer comes from the simulated platform.
    """
    figures = {reading.name: reading.figure for reading in read_answer(kind, body, sources=sources, before=before)}
    return BusinessFigures(kind=kind, timestamp=timestamp, figures=figures, simulated=simulated)


def read_answer(
    kind: FigureKind,
    body: bytes,
    *,
    sources: FigureSources = _AS_DEFAULT,
    before: Mapping[str, float] = _NOTHING_KNOWN,
) -> tuple[Reading, ...]:
    """Every figure of one endpoint with its path, in the order of the catalogue."""
    specs, own = FIGURE_SPECS[kind], sources.by_kind.get(kind, {})
    try:
        answer = parse_answer(body)
    except AnswerError as error:
        readings = [Reading(spec.name, Figure(None, str(error))) for spec in specs]
    else:
        lookup = Lookup()
        readings = [_reading(spec, own.get(spec.name, _NO_SOURCE), answer, lookup) for spec in specs]
    readings = [
        _judged(spec, reading, readings, own.get(spec.name, _NO_SOURCE), sources.currency, before)
        for spec, reading in zip(specs, readings, strict=True)
    ]
    known = [spec.name for spec in specs]
    for name in own.keys() - known:
        reason = safe_text(f"{kind} has no figure of this name; it has {', '.join(known)}")
        readings.append(Reading(name, Figure(None, reason)))
    return tuple(readings)


def _reading(spec: FigureSpec, source: FigureSource, answer: object, lookup: Lookup) -> Reading:
    try:
        found = _found(spec, source.path, answer, lookup)
    except ExpressionError as error:
        return Reading(spec.name, Figure(None, safe_text(str(error))), source.path)
    if found is None:
        return Reading(spec.name, Figure(None, _not_found(spec, source.path, answer)))
    path = safe_text(found.path, _MAX_PATH_CHARS)
    if isinstance(found.value, Unusable):
        return Reading(spec.name, Figure(None, found.value.reason), path)
    if spec.shape == "breakdown":
        return replace(_breakdown(spec, source, found.value, lookup), path=path)
    number = number_of(spec, found.value, source)
    if isinstance(number, UnitMismatch):
        return Reading(spec.name, Figure(None, number.reason, suspect=number.suspect), path)
    return Reading(spec.name, Figure(number.value), path, (number,))


def _judged(
    spec: FigureSpec,
    reading: Reading,
    beside: list[Reading],
    source: FigureSource,
    currency: str | None,
    before: Mapping[str, float],
) -> Reading:
    """The reading with its unit, and its suspicion in comparison with other figures and earlier values."""
    figure, numbers = reading.figure, reading.numbers
    unit = shown_unit(spec, source, currency, numbers)
    suspect = figure.suspect
    if suspect is None and numbers:
        if spec.shape == "breakdown":
            suspect = doubt_breakdown(spec, numbers)
        else:
            percent_beside = any(
                number.value > 1 and number.unit == FigureUnit.PERCENT
                for other in beside
                if other.name != spec.name
                for number in other.numbers
            )
            suspect = doubt(spec, numbers[0], before=before.get(spec.name), percent_beside=percent_beside)
        suspect = suspect or doubt_currency(numbers, unit if unit != FigureUnit.MONEY else None)
    if suspect is None and spec.name == "arr" and numbers:
        mrr = next((other.numbers[0] for other in beside if other.name == "mrr" and other.numbers), None)
        suspect = None if mrr is None else doubt_arr(mrr.value, numbers[0].value)
    return replace(reading, figure=replace(figure, unit=unit, suspect=suspect))


def _found(spec: FigureSpec, expression: str | None, answer: object, lookup: Lookup) -> FoundValue | None:
    """The value at the expression; by default the first candidate of the right shape, else the first of any."""
    if expression is not None:
        value = compile_expression(expression).evaluate(answer, Budget(MAX_STEPS))
        return None if value is None else FoundValue(expression, value)
    other: FoundValue | None = None
    for candidate in lookup.candidates(spec.paths, answer):
        if isinstance(candidate.value, Unusable):
            return candidate
        if isinstance(candidate.value, (dict, list)) == (spec.shape == "breakdown") and candidate.value not in _EMPTY:
            return candidate
        if other is None and candidate.value not in _EMPTY:
            other = candidate
    return other


def _not_found(spec: FigureSpec, expression: str | None, answer: object) -> str:
    if expression is not None:
        return safe_text(f"nothing in the answer at {expression}")
    if not isinstance(answer, dict) and WHOLE_LIST not in spec.paths:
        return f"the answer is {kind_of(answer)}, not an object"
    more = ", ..." if len(spec.paths) > _PATHS_SHOWN else ""
    return f"nothing in the answer at {', '.join(spec.paths[:_PATHS_SHOWN])}{more}"


def _breakdown(spec: FigureSpec, source: FigureSource, value: object, lookup: Lookup) -> Reading:
    if isinstance(value, dict):
        raw = [(key, _entry_value(spec, entry, lookup)) for key, entry in value.items()]
    elif isinstance(value, list):
        raw = [_list_entry(spec, index, entry, lookup) for index, entry in enumerate(value)]
    else:
        return Reading(spec.name, Figure(None, f"{kind_of(value)} where labelled numbers are expected"))
    entries: list[tuple[str, Number]] = []
    refused: list[tuple[str, UnitMismatch]] = []
    for label, entry in raw:
        name = _label(label)
        number = number_of(spec, entry, source) if name is not None else UnitMismatch("no label")
        if isinstance(number, UnitMismatch):
            refused.append((name or "an entry", number))
        elif name is not None:
            entries.append((name, number))
    notes = []
    if refused:
        name, first = refused[0]
        notes.append(f"{len(refused)} of {len(raw)} entries left out ({name}: {first.reason})")
    if len(entries) > MAX_ENTRIES:
        notes.append(f"only the first {MAX_ENTRIES} of {len(entries)} entries kept")
    kept = entries[:MAX_ENTRIES]
    suspect = next((f"{name}: {each.suspect}" for name, each in refused if each.suspect is not None), None)
    reason = safe_text("; ".join(notes) or ("" if entries else "the list is empty")) or None
    pairs = tuple((name, number.value) for name, number in kept) or None
    numbers = tuple(number for _, number in kept)
    return Reading(spec.name, Figure(pairs, reason, suspect=safe_text(suspect) if suspect else None), None, numbers)


def _list_entry(spec: FigureSpec, index: int, entry: object, lookup: Lookup) -> tuple[object, object]:
    """Label and number of one element: an object, a pair, or a bare number labelled by position."""
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
