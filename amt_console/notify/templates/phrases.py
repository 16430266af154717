"""Wording for a phone's lock screen: spans, counts, lines that fit."""

from __future__ import annotations

import re

from amt_console.model.notifications import Notice
from amt_console.model.states import AlertType
from amt_console.text import duration, reason_of

_COUNT = re.compile(r" \(\d+ of \d+\)$")
"""Confirmations at the end of an alert's message."""
_EXPECTED = re.compile(r"^got (.+), expected .+$")
"""An answer and what was expected, which the lock screen has no room for."""
_MINUTE = 60.0
LEAST_MIDDLE = 16
"""Characters of a reason that say something."""
NAME_CHARS = 28
"""Most of a subject's name in a line that has to fit."""


def span(seconds: float) -> str:
    """A span in words: ``45 s``, ``3 min``, ``2 h 5 min``, ``4 d 3 h``."""
    units = {"s": "s", "m": "min", "h": "h", "d": "d"}
    text = duration(seconds if seconds < _MINUTE else _MINUTE * max(1, round(seconds / _MINUTE)))
    return " ".join(f"{part[:-1]} {units[part[-1]]}" for part in text.split())


def fitted(start: str, middle: str, end: str, width: int) -> str:
    """One line of at most ``width``: the middle is cut; the end is left out where it would hide the middle."""
    room = width - len(start) - len(end)
    if room < min(len(middle), LEAST_MIDDLE):
        end, room = "", width - len(start)
    if len(middle) > room:
        middle = middle[: max(0, room - 1)].rstrip(" ,:") + "…"
    return (start + middle + end)[:width]


def short_name(subject: str) -> str:
    """The name of what is affected, cut if it is very long."""
    return subject if len(subject) <= NAME_CHARS else subject[: NAME_CHARS - 1] + "…"


def what_is_wrong(notice: Notice) -> tuple[str, str]:
    """What an alert says, as the part that must be seen and the part that may be cut.

    ``("backend-api down: ", "HTTP 503")``, ``("backend-api ", "answers in 6.2 s, limit 5 s")``.
    """
    reason = _COUNT.sub("", reason_of(notice.message, notice.subject))
    name = short_name(notice.subject)
    if notice.alert_type in (AlertType.SERVICE_DOWN, AlertType.DATABASE):
        return f"{name} down: ", _EXPECTED.sub(r"\1", reason)
    if notice.message.startswith(f"{notice.subject} "):
        return f"{name} ", _COUNT.sub("", notice.message.removeprefix(f"{notice.subject} "))
    return f"{name}: ", reason
