"""Moments and lengths of time as people type them: ``14:30``, ``-2h``, ``yesterday 09:00``, ISO 8601; ``90s``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from amt_console.text import safe_text

EXAMPLES = "'now', '14:30', '-2h', 'yesterday 09:00', '2026-01-31 14:00' or ISO 8601 with an offset"
FIRST_YEAR, LAST_YEAR = 1971, 9000
"""Databases hold nothing beyond these, and arithmetic with times near the ends of the calendar fails."""
_BEYOND = datetime.max.replace(tzinfo=UTC)
"""Stands for every time outside of the calendar."""
LENGTH = re.compile(r"^\s*(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d|w)?\s*$")
"""A length of time; without a unit in seconds."""
_AGO = re.compile(r"-?\s*(\d+(?:\.\d+)?)\s*([smhdw])(?:\s*ago)?")
_AHEAD = re.compile(r"\+\s*(\d+(?:\.\d+)?)\s*([smhdw])")
_NAMED_DAY = re.compile(r"(yesterday|today|tomorrow)(?:\s+(.+))?")
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_TIMES = ("%H:%M:%S", "%H:%M")


def length_of(text: str) -> float | None:
    """A length of time in seconds, such as ``90s``, ``15m``, ``2h``, ``7d``; ``None`` for anything else."""
    found = LENGTH.match(text)
    if found is None:
        return None
    unit = found[2] or "s"
    return float(found[1]) * (0.001 if unit == "ms" else _SECONDS[unit])


class MomentError(ValueError):
    """The text is no moment, or a moment on the wrong side of now; ``str()`` is the message for people."""


def parse_moment(text: str, now: datetime, *, future: bool = False, zone: tzinfo | None = None) -> datetime:
    """A moment as aware UTC.

    ``2h`` and ``-2h`` count back from now, ``+2h`` counts forward. A bare time is the last one before now, or with
    ``future`` the next one. Dates and times without an offset are in ``zone``.

    Args:
        text: As typed.
        now: The present moment.
        future: Whether the moment may lie ahead of ``now``.
        zone: The zone of dates and times without an offset; by default the host's.

    Raises:
        MomentError: The text is no moment, is too far away, or lies ahead of ``now`` without ``future``.
    """
    shown = safe_text(text, 60)
    try:
        moment = _parse(text.strip(), now, future=future, zone=zone)
    except (ValueError, OSError):
        moment = None
    except OverflowError:
        moment = _BEYOND
    if moment is None:
        raise MomentError(f"'{shown}' is not a time: write {EXAMPLES}")
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise MomentError(f"'{shown}' is too far away: a time lies between the years {FIRST_YEAR} and {LAST_YEAR}")
    if moment > now and not future:
        raise MomentError(f"'{shown}' is in the future: only the past can be shown")
    return moment


def past_moment(text: str, now: datetime, *, zone: tzinfo | None = None) -> datetime | None:
    """A moment of the past as ``parse_moment`` has it; ``None`` where the text means now. Raises MomentError."""
    moment = parse_moment(text, now, zone=zone)
    return moment if moment < now else None


def _parse(text: str, now: datetime, *, future: bool, zone: tzinfo | None) -> datetime | None:
    if text == "now":
        return now
    if found := _AGO.fullmatch(text):
        return now - timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
    if found := _AHEAD.fullmatch(text):
        return now + timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
    today = now.astimezone(zone).replace(tzinfo=None)
    if found := _NAMED_DAY.fullmatch(text):
        clock_time = _naive(found[2] or "00:00", _TIMES)
        day = today.date() + timedelta(days=_DAYS[found[1]])
        return None if clock_time is None else _utc(datetime.combine(day, clock_time.time()), zone)
    if (date := _naive(text, _DATES)) is not None:
        return _utc(date, zone)
    if (clock_time := _naive(text, _TIMES)) is not None:
        moment = datetime.combine(today.date(), clock_time.time())
        if not future and moment > today:
            moment -= timedelta(days=1)
        if future and moment < today:
            moment += timedelta(days=1)
        return _utc(moment, zone)
    return _utc(datetime.fromisoformat(text), zone)


def _utc(moment: datetime, zone: tzinfo | None) -> datetime:
    """A moment in UTC; without an offset it is in ``zone``, or in the host's zone."""
    if not FIRST_YEAR - 1 <= moment.year <= LAST_YEAR:
        return _BEYOND  # to convert a time near the ends of the calendar fails
    return (moment if moment.tzinfo is not None or zone is None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _naive(text: str, patterns: tuple[str, ...]) -> datetime | None:
    for pattern in patterns:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - local, made aware by the caller
        except ValueError:
            continue
    return None
