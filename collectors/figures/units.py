"""Convert what a platform sends to the figure's own unit, and detect values that look like another unit.

An implausible value is missing. A plausible value that contradicts its unit is kept and marked suspect:
0.0275 where percent is expected may be a churn of 2.75 percent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from amt_console.model import FigureSource, FigureUnit
from collectors.figures.numbers import TextNumber, parse_number
from collectors.figures.spec import FigureSpec
from collectors.figures.strict_json import Unusable, kind_of

FRACTION, MILLISECONDS = "fraction", "ms"
_FACTORS = {FRACTION: 100.0, MILLISECONDS: 0.001}
_MARKS = {"%": "a percentage", "s": "a duration", "ms": "a duration"}
_MARKED_UNITS = {"%": str(FigureUnit.PERCENT), "s": str(FigureUnit.SECONDS), "ms": MILLISECONDS}
_EXPECTED = {FigureUnit.PERCENT: "a percentage", FigureUnit.SECONDS: "a duration", FigureUnit.MONEY: "money"}
_SIGNS = {"$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"), "¥": ("JPY", "CNY")}
_PERCENT_JUMP = 30.0
"""A percentage that shrinks by this factor looks like a fraction; the exact factor would be 100."""
_SECONDS_JUMP = 300.0
"""A duration that changes by this factor looks like the other unit; the exact factor would be 1000."""
_LEAST_ARR, _MOST_ARR = 1.0, 100.0
"""Annual revenue is 12 times the monthly one; outside these factors one of the two is in another unit."""


@dataclass(frozen=True, slots=True)
class Number:
    """A plausible number."""

    value: float
    """In the figure's own unit."""
    sent: float
    """As the platform sent it."""
    unit: str
    """The unit of ``sent``."""
    explicit: bool = False
    """The configuration or the answer itself names the unit."""
    currency: str | None = None
    """The currency that the answer names: a code, or a sign that belongs to several."""


@dataclass(frozen=True, slots=True)
class UnitMismatch:
    """An implausible value, and the reason."""

    reason: str
    suspect: str | None = None
    """The unit that it looks like, in words."""


def number_of(spec: FigureSpec, sent: object, source: FigureSource) -> Number | UnitMismatch:
    """Convert the sent value to a number in the figure's unit."""
    if isinstance(sent, Unusable):
        return UnitMismatch(sent.reason)
    text: TextNumber | None = None
    if isinstance(sent, str):
        parsed = parse_number(sent)
        if isinstance(parsed, str):
            return UnitMismatch(parsed)
        text, sent = parsed, parsed.value
        if text.mark is not None and (said := _MARKS.get(text.mark, "money")) != _EXPECTED.get(spec.unit):
            return UnitMismatch(f"{said} where {_EXPECTED.get(spec.unit, 'a bare number')} is expected")
    if isinstance(sent, bool) or not isinstance(sent, (int, float)):
        return UnitMismatch(f"{kind_of(sent)} where a number is expected")
    mark = None if text is None else text.mark
    unit = _MARKED_UNITS.get(mark or "") or source.unit or str(spec.unit)
    factor = _FACTORS.get(unit, 1.0)
    value = float(sent) if factor == 1.0 else round(float(sent) * factor, 9)
    if not math.isfinite(value):
        return UnitMismatch("not a finite number")
    number = Number(
        value=value + 0.0,
        sent=float(sent),
        unit=unit,
        explicit=mark is not None or source.unit is not None,
        currency=mark if spec.unit is FigureUnit.MONEY else None,
    )
    if value < spec.minimum:
        return UnitMismatch(f"{value:.6g} is below {spec.minimum:g}, the lowest plausible value")
    if value > spec.maximum:
        reason = f"{value:.6g} is above {spec.maximum:g}, the highest plausible value"
        return UnitMismatch(reason, _beyond(spec, number))
    return number


def _beyond(spec: FigureSpec, number: Number) -> str | None:
    """The likely unit of a number above the plausible range."""
    sent = number.sent
    match spec.unit:
        case FigureUnit.PERCENT if number.unit == FRACTION and sent <= spec.maximum:
            return f'{sent:g} looks like percent, not a fraction: set unit = "percent"'
        case FigureUnit.PERCENT:
            return f"{sent:g} is more than 100 percent"
        case FigureUnit.SECONDS if number.unit != MILLISECONDS:
            return f'{sent:g} looks like milliseconds, not seconds: set unit = "ms"'
        case FigureUnit.SCORE if sent <= 100:
            return f"{sent:g} looks like {'points out of ten' if sent <= 10 else 'percent'}, not points out of five"
    return None


def doubt(spec: FigureSpec, number: Number, *, before: float | None, percent_beside: bool) -> str | None:
    """The likely unit of a plausible number that contradicts its own. Zero never does.

    Args:
        spec: The figure.
        number: The reading.
        before: The last unsuspicious value of this figure.
        percent_beside: Another figure of the same answer is a percentage above 1: this platform sends no fractions.
    """
    value = number.value
    if value == 0:
        return None
    match spec.unit:
        case FigureUnit.PERCENT:
            if before is not None and before >= 1 and before / value >= _PERCENT_JUMP:
                return f"{value:g} percent after {before:g}: looks like a fraction"
            sent_in_percent = number.explicit or (before is not None and before > 1)
            if value > 1 or sent_in_percent or (percent_beside and value >= spec.usual[0]):
                return None
            return f'{value:g} looks like a fraction, not percent: set unit = "fraction"'
        case FigureUnit.SECONDS:
            if before and max(before / value, value / before) >= _SECONDS_JUMP:
                return f"{value:g} seconds after {before:g}: looks like another unit"
            if number.unit == MILLISECONDS and value < spec.usual[0]:
                return f'{number.sent:g} looks like seconds, not milliseconds: set unit = "s"'
            if value > spec.usual[1] and not number.explicit:
                return f'{number.sent:g} looks like milliseconds, not seconds: set unit = "ms"'
        case FigureUnit.SCORE if value < 1 and not number.explicit:
            return f"{value:g} looks like a fraction, not points out of five"
        case FigureUnit.COUNT if value != int(value) and not number.explicit:
            return f"{value:g} is not a whole number: looks like a share or a rate, not a count"
    return None


def doubt_breakdown(spec: FigureSpec, numbers: Sequence[Number]) -> str | None:
    """The likely unit of labelled numbers that together contradict theirs."""
    given = [number for number in numbers if number.value != 0 and not number.explicit]
    if not given:
        return None
    most = max(number.value for number in given)
    if spec.unit is FigureUnit.PERCENT and most <= 1:
        return f'no entry is above {most:g}: looks like fractions, not percent: set unit = "fraction"'
    if spec.unit is FigureUnit.COUNT:
        return next((f"{n.value:g} is not a whole number: looks like shares" for n in given if n.value % 1), None)
    return None


def doubt_currency(numbers: Sequence[Number], currency: str | None) -> str | None:
    """The reason why an amount is in another currency than the configuration says; ``None`` if it is not."""
    for number in numbers:
        sign = number.currency
        if sign is not None and currency is not None and currency not in _SIGNS.get(sign, (sign,)):
            return f"the answer says {sign}, the configuration {currency}"
    return None


def doubt_arr(mrr: float, arr: float) -> str | None:
    """Why annual and monthly revenue cannot be in the same unit; ``None`` if they can."""
    if mrr == 0 or arr == 0 or _LEAST_ARR <= arr / mrr <= _MOST_ARR:
        return None
    return f"{arr / mrr:.3g} times the monthly revenue, not 12 times: one of them looks like another unit"


def shown_unit(spec: FigureSpec, source: FigureSource, currency: str | None, numbers: Sequence[Number]) -> str:
    """The unit that the figure is stored with: for money the currency's code, if known."""
    if spec.unit is not FigureUnit.MONEY:
        return str(spec.unit)
    named = source.unit if source.unit != str(FigureUnit.MONEY) else None
    sent = next((number.currency for number in numbers if number.currency and len(number.currency) == 3), None)
    return named or currency or sent or str(FigureUnit.MONEY)
