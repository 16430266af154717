"""Ages that change seldom: below a minute in steps, so that a table of them does not repaint every second."""

from __future__ import annotations

from datetime import datetime

from amt_console.text import age

_STEP = 5


def coarse_age(then: datetime | None, now: datetime) -> str:
    """``now`` below 5 s, then ``5s``, ``10s`` ... ``55s``, then as ``age``; a dash for never."""
    if then is None:
        return age(None, now)
    seconds = (now - then).total_seconds()
    if seconds >= 60:
        return age(then, now)
    step = int(seconds // _STEP) * _STEP
    return f"{step}s" if step > 0 else "now"
