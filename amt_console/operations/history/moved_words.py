"""Words for what moved together with an alert."""

from __future__ import annotations

from amt_console.analysis.correlation import Moved
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


def change_words(moved: Moved) -> str:
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
