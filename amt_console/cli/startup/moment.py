"""Moments as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.text import safe_text

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])(?:\s*ago)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M")


def parse_moment(text: str, now: datetime) -> datetime:
    """A past moment as aware UTC.

    Takes ``2h`` (ago), ``14:00`` (the last time it was that, local), ``2026-01-31 14:00`` (local) and ISO 8601 with
    an offset.
    Raises CommandError for anything else, and for the future.
    """
    moment = _parse(text.strip(), now)
    if moment is None:
        raise CommandError(
            f"'{safe_text(text, 60)}' is no moment: write '2h', '14:00', '2026-01-31 14:00' or ISO 8601 with an offset",
            ExitCode.USAGE,
        )
    if moment > now:
        raise CommandError(f"'{safe_text(text, 60)}' lies in the future", ExitCode.USAGE)
    return moment


def _parse(text: str, now: datetime) -> datetime | None:
    if found := _AGO.fullmatch(text):
        try:
            return now - timedelta(seconds=float(found[1]) * _SECONDS[found[2]])
        except OverflowError:
            return None
    for pattern in _FORMATS:
        try:
            naive = datetime.strptime(text, pattern)  # noqa: DTZ007 - made aware right below
        except ValueError:
            continue
        if not pattern.startswith("%Y"):
            today = now.astimezone().replace(tzinfo=None)
            naive = naive.replace(year=today.year, month=today.month, day=today.day)
            if naive > today:
                naive -= timedelta(days=1)
        return naive.astimezone(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC)
