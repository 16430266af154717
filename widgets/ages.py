"""Ages for tables and sentences, in steps, so that a screen does not repaint every second."""

from __future__ import annotations

from datetime import datetime

from amt_console.text import MISSING, age

_STEP = 5
_UNITS = ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h"))


def coarse_age(then: datetime | None, now: datetime) -> str:
    """For a column: ``now`` below 5 s, then ``5s``, ``10s`` ... ``55s``, then as ``age``; a dash for never."""
    if then is None:
        return age(None, now)
    seconds = (now - then).total_seconds()
    if seconds >= 60:
        return age(then, now)
    step = int(seconds // _STEP) * _STEP
    return f"{step}s" if step > 0 else "now"


def age_words(then: datetime | None, now: datetime) -> str:
    """For a sentence: ``12 s``, ``3 min``, ``2 h``, ``4 d``; a dash for never."""
    if then is None:
        return MISSING
    return span_words((now - then).total_seconds())


def span_words(span: float) -> str:
    """For a sentence: ``12 s``, ``3 min``, ``2 h``, ``4 d``."""
    seconds = max(0, int(span))
    for limit, divisor, unit in _UNITS:
        if seconds < limit:
            return f"{seconds // divisor} {unit}"
    return f"{seconds // 86400} d"


def ago_words(then: datetime | None, now: datetime) -> str:
    """For a sentence: ``just now`` below 5 s, then ``5 s ago``, ``10 s ago`` ..., ``3 min ago``; ``never``."""
    if then is None:
        return "never"
    coarse = coarse_age(then, now)
    if coarse == "now":
        return "just now"
    return f"{coarse[:-1]} s ago" if coarse.endswith("s") else f"{age_words(then, now)} ago"
