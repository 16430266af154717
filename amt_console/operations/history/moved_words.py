"""Words for what moved together with an alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from amt_console.text import milliseconds, percent

_SIGNALS = {
    "response_time": "response time",
    "down_time": "time down",
    "cpu_usage": "CPU",
    "memory_usage": "memory",
    "disk_usage": "fullest disk",
    "active_connections": "open connections",
}
_PERCENT = frozenset(("down_time", "cpu_usage", "memory_usage", "disk_usage"))
_TIMES_FROM = 2.0
"""From this ratio on a rise is told as a multiple."""
_ALIKE_RATIO, _ALIKE_POINTS = 1.5, 25.0
"""Changes that differ less are about the same: multiples by this factor, percentages by these points."""


class MovedValue(Protocol):
    """What is known of a signal that left its usual range."""

    @property
    def subject(self) -> str: ...
    @property
    def signal(self) -> str: ...
    @property
    def onset(self) -> datetime: ...
    @property
    def value(self) -> float: ...
    @property
    def usual(self) -> float: ...


def signal_words(signal: str) -> str:
    """A signal for people."""
    return _SIGNALS.get(signal, signal.replace("_", " "))


def value_words(signal: str, value: float) -> str:
    """A value of a signal with its unit, as far as it is known."""
    if signal == "response_time":
        return milliseconds(value)
    if signal in _PERCENT:
        return percent(value)
    return f"{value:,.4g}"


def change_words(moved: MovedValue) -> str:
    """How it changed: ``4 x``, ``-38 %``; of percentages both values: ``96 %, usually 35 %``."""
    value, usual = moved.value, moved.usual
    if moved.signal in _PERCENT:
        return f"{percent(value, 0)}, usually {percent(usual, 0)}"
    if usual <= 0:
        return f"{value_words(moved.signal, value)}, usually {value_words(moved.signal, usual)}"
    ratio = value / usual
    if ratio < _TIMES_FROM:
        return f"{100 * (ratio - 1):+.0f} %"
    return f"{ratio:.0f} x" if ratio >= 10 else f"{ratio:.1f} x".replace(".0 x", " x")


def alike(signal: str, one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two changes of the same signal, as value and usual value, are about the same."""
    if signal in _PERCENT:
        return abs(one[0] - other[0]) <= _ALIKE_POINTS and abs(one[1] - other[1]) <= _ALIKE_POINTS
    if min(one[1], other[1]) <= 0 or min(one[0], other[0]) <= 0:
        return False
    low, high = sorted((one[0] / one[1], other[0] / other[1]))
    same_way = (low > 1) == (high > 1) and (low < _TIMES_FROM) == (high < _TIMES_FROM)
    return same_way and high <= low * _ALIKE_RATIO


def range_words(signal: str, changes: Sequence[tuple[float, float]]) -> str:
    """Alike changes in one: ``3-4 x``, ``+20 to +35 %``; of percentages ``90-96 %, usually 30-35 %``."""
    if signal in _PERCENT:
        values, usuals = zip(*changes, strict=True)
        return f"{_span(values, '.0f')} %, usually {_span(usuals, '.0f')} %"
    ratios = [value / usual for value, usual in changes]
    if min(ratios) < _TIMES_FROM:
        low, high = (f"{100 * (ratio - 1):+.0f}" for ratio in (min(ratios), max(ratios)))
        return f"{low} %" if low == high else f"{low} to {high} %"
    return f"{_span(ratios, '.0f' if min(ratios) >= 10 else '.1f')} x"


def _span(numbers: Sequence[float], form: str) -> str:
    low, high = (f"{number:{form}}".removesuffix(".0") for number in (min(numbers), max(numbers)))
    return low if low == high else f"{low}-{high}"
