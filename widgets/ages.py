"""Ages for tables and sentences, in steps, so that a screen does not repaint every second."""

from __future__ import annotations

from datetime import datetime

from amt_console.text import MISSING, age

STEP = 5
"""Seconds between two ages of a column."""
_UNITS = ((60, 1, "s"), (3600, 60, "min"), (86400, 3600, "h"))


def coarse_age(then: datetime | None, now: datetime, step: int = STEP) -> str:
    """For a column: ``now`` below one step, then ``5s``, ``10s`` ... ``55s``, then as ``age``; a dash for never."""
    coarse = age(then, now, step)
    return "now" if coarse == "0s" else coarse


def age_words(then: datetime | None, now: datetime, step: int = 1) -> str:
    """For a sentence: ``12 s``, ``3 min``, ``2 h``, ``4 d``; a dash for never."""
    if then is None:
        return MISSING
    span = max(0, int((now - then).total_seconds()))
    return span_words(span - span % step if span < 60 else span)


def span_words(span: float) -> str:
    """For a sentence: ``12 s``, ``3 min``, ``2 h``, ``4 d``."""
    seconds = max(0, int(span))
    for limit, divisor, unit in _UNITS:
        if seconds < limit:
            return f"{seconds // divisor} {unit}"
    return f"{seconds // 86400} d"


def ago_words(then: datetime | None, now: datetime, step: int = STEP) -> str:
    """For a sentence: ``just now`` below one step, then ``5 s ago``, ``10 s ago`` ..., ``3 min ago``; ``never``."""
    if then is None:
        return "never"
    coarse = age_words(then, now, step)
    return "just now" if coarse == "0 s" else f"{coarse} ago"
