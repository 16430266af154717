"""The rotas as iCalendar (RFC 5545): one event a shift, in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from amt_console import __version__
from amt_console.model.oncall import OncallPlan, Shift
from amt_console.text import safe_text

MEDIA_TYPE = "text/calendar; charset=utf-8"
_MOST_OCTETS = 75
"""Of one line, without its end."""


def calendar_text(plan: OncallPlan) -> str:
    """All shifts of a plan.

    A shift without a beginning or an end gets that of the plan. An event keeps its UID from one export to the next.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//amt-console//{_text(__version__)}//EN",
        "METHOD:PUBLISH",
        "X-WR-CALNAME:On call",
    ]
    for rota in plan.rotas:
        for shift in rota.shifts:
            lines += _event(shift, plan)
    return "".join(f"{folded}\r\n" for line in (*lines, "END:VCALENDAR") for folded in _folded(line))


def _event(shift: Shift, plan: OncallPlan) -> tuple[str, ...]:
    uid = sha256(f"{shift.rota}\n{shift.person}\n{shift.starts_at}".encode()).hexdigest()[:32]
    return (
        "BEGIN:VEVENT",
        f"UID:{uid}@amt-console",
        f"DTSTAMP:{_moment(plan.at)}",
        f"DTSTART:{_moment(shift.starts_at or plan.starts_at)}",
        f"DTEND:{_moment(shift.ends_at or plan.ends_at)}",
        f"SUMMARY:{_text(f'{shift.person} on call ({shift.rota})')}",
        f"CATEGORIES:{_text(shift.rota)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escaped as a value of the type TEXT."""
    text = safe_text(value, 200).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, never split inside a character; each but the first begins with a blank."""
    piece, octets = "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > _MOST_OCTETS:
            yield piece
            piece, octets = " ", 1
        piece += character
        octets += size
    yield piece
