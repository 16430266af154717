"""Times in reports: in one named zone, with axis ticks at round local times."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from amt_console.analysis import Window
from amt_console.moments import parse_moment

if TYPE_CHECKING:
    from amt_console.config import Settings

USUAL_HOURS = 24.0
MAX_HOURS = 24 * 366
"""Length of the longest window."""
_TICK_HOURS = (1 / 60, 1 / 12, 0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 336, 744, 2232)

_UTC_NAMES = frozenset(("UTC", "UCT", "Zulu", "Universal", "Etc/UTC", "Etc/UCT", "Etc/Zulu", "Etc/Universal"))


class UnknownZoneError(Exception):
    """Unknown time zone; the text shows the format."""


class WindowError(ValueError):
    """What was asked for is no window of time; the text says why."""


def asked_window(
    now: datetime,
    zone: ZoneInfo,
    *,
    hours: float | None,
    since: str | None,
    until: str | None,
    longest: float = MAX_HOURS,
    mark: str = "",
) -> tuple[float, datetime | None]:
    """A window as people ask for it: its length in hours, and its end, ``None`` for now.

    Args:
        now: The present moment.
        zone: Of times without an offset.
        hours: Its length; ``USUAL_HOURS`` without it and without ``since``.
        since: Its start, as typed; instead of ``hours``.
        until: Its end, as typed.
        longest: Hours of the longest one.
        mark: What the names of these three begin with, in the text of an error.

    Raises:
        WindowError: Both ``hours`` and ``since``, or a window that is empty or longer than ``longest``.
        MomentError: A time cannot be read.
    """
    if hours is not None and since is not None:
        raise WindowError(f"{mark}hours and {mark}since exclude each other")
    end = None if until is None else parse_moment(until, now, zone=zone)
    if since is not None:
        hours = ((end or now) - parse_moment(since, now, zone=zone)).total_seconds() / 3600
        if hours <= 0:
            raise WindowError(f"{mark}since must lie before {mark}until")
    hours = USUAL_HOURS if hours is None else hours
    if not 0 < hours <= longest:
        most = "" if longest == inf else f" and at most {longest:g}"
        raise WindowError(f"the window must be more than 0{most} hours long, not {hours:g}")
    return hours, end


def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises UnknownZoneError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZoneError(f"'{name}' is not a time zone: write it like 'Europe/Berlin' or 'UTC'") from None


def host_zone(env: Mapping[str, str], localtime: Path = Path("/etc/localtime")) -> str:
    """The IANA name of the host's time zone: ``TZ``, else where ``/etc/localtime`` points, else UTC."""
    candidates = [env.get("TZ", "").lstrip(":")]
    with suppress(OSError):
        _, found, name = str(localtime.resolve(strict=True)).partition("zoneinfo/")
        candidates.append(name if found else "")
    for name in candidates:
        with suppress(UnknownZoneError):
            if name:
                return zone_of(name).key
    return "UTC"


def shown_zone(asked: str | None, settings: Settings) -> ZoneInfo:
    """The zone of the times shown: the one asked for, else that of the console, else the host's.

    Raises UnknownZoneError.
    """
    return zone_of(asked or settings.console.time_zone or host_zone(os.environ))


@dataclass(frozen=True, slots=True)
class Times:
    """Writes moments in one zone."""

    zone: ZoneInfo

    @property
    def name(self) -> str:
        """The zone's IANA name, ``UTC`` for all its aliases."""
        return "UTC" if self.zone.key in _UTC_NAMES else self.zone.key

    def full(self, moment: datetime | None) -> str:
        """``2026-01-05 12:00:00 CET``."""
        return "–" if moment is None else moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S %Z")

    def minute(self, moment: datetime | None) -> str:
        """``Mon 5 Jan 2026, 12:00``."""
        if moment is None:
            return "–"
        local = moment.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"

    def short(self, moment: datetime | None) -> str:
        """``Mon 5 Jan 12:00:30``."""
        if moment is None:
            return "–"
        local = moment.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b %H:%M:%S}"

    def until(self, start: datetime, end: datetime | None) -> str:
        """The end of a period: only the time of day if it began on the same day."""
        if end is None:
            return "–"
        same_day = start.astimezone(self.zone).date() == end.astimezone(self.zone).date()
        return f"{end.astimezone(self.zone):%H:%M:%S}" if same_day else self.short(end)

    def iso(self, moment: datetime | None) -> str | None:
        """ISO 8601 with the zone's offset."""
        return None if moment is None else self.exact(moment)

    def exact(self, moment: datetime) -> str:
        """``iso`` of a moment that is known."""
        return moment.astimezone(self.zone).isoformat(timespec="milliseconds")

    def offsets(self, start: datetime, end: datetime) -> list[tuple[int, int, str]]:
        """The zone between two moments: from when on (Unix milliseconds) it is how many seconds ahead of UTC, its name.

        The first begins at ``start``, each other where the clocks change.
        """
        found: list[tuple[int, int, str]] = []
        at, low = milliseconds_of(start), start.astimezone(UTC)
        while True:
            here = self._offset(low)
            found.append((at, *here))
            after = low
            while after < end and self._offset(after) == here:
                low, after = after, after + timedelta(days=7)
            if after >= end and self._offset(end) == here:
                return found
            high = min(after, end.astimezone(UTC))
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if self._offset(middle) == here else (low, middle)
            low = high.replace(microsecond=0)
            at = milliseconds_of(low)

    def _offset(self, moment: datetime) -> tuple[int, str]:
        local = moment.astimezone(self.zone)
        offset = local.utcoffset()
        return round(offset.total_seconds()) if offset is not None else 0, local.tzname() or self.name

    def ticks(self, window: Window, *, most: int = 8) -> list[tuple[int, str]]:
        """Axis ticks of a window: Unix milliseconds and label, at round local times, at most ``most`` of them."""
        hours = next((step for step in _TICK_HOURS if window.hours / step <= most), _TICK_HOURS[-1])
        start = window.start.astimezone(self.zone)
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        ticks: list[tuple[int, str]] = []
        position = 0
        while True:
            naive = midnight.replace(tzinfo=None) + timedelta(hours=hours * position)
            moment = naive.replace(tzinfo=self.zone).astimezone(UTC)
            position += 1
            if moment > window.end or position > 10_000:
                return ticks
            if moment < window.start or moment.astimezone(self.zone).replace(tzinfo=None) != naive:
                continue
            ticks.append((milliseconds_of(moment), self._tick(naive, hours, first=not ticks)))

    def _tick(self, naive: datetime, hours: float, *, first: bool) -> str:
        if hours >= 24:
            return f"{naive.day} {naive:%b}"
        if first or (naive.hour == 0 and naive.minute == 0):
            return f"{naive:%a %H:%M}"
        return f"{naive:%H:%M}"


def milliseconds_of(moment: datetime) -> int:
    """Unix milliseconds."""
    return round(moment.timestamp() * 1000)
