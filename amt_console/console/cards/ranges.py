"""The time ranges of charts, and which of them shows the present incident. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.model import AlertState, AlertView, ServiceState, ServiceView

_IN_TROUBLE = (ServiceState.DOWN, ServiceState.DEGRADED)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The last hours."""

    hours: float
    words: str

    @property
    def long(self) -> bool:
        """Whether a quick picture with few buckets comes first."""
        return self.hours > 1

    @property
    def reload_seconds(self) -> float:
        """How often it is worth to load again."""
        return 60.0 if self.long else 10.0


RANGES = (
    TimeRange(0.25, "15 min"),
    TimeRange(1, "1 h"),
    TimeRange(24, "24 h"),
    TimeRange(168, "7 d"),
    TimeRange(720, "30 d"),
)
LAST_HOUR = 1
"""Index of the range that a quiet thing begins with."""


LONG_RANGES = (
    TimeRange(24, "24 h"),
    TimeRange(168, "7 d"),
    TimeRange(720, "30 d"),
    TimeRange(2160, "90 d"),
    TimeRange(8760, "1 year"),
)
"""Of business and incidents."""
USUAL_LONG_RANGE = 2


def moved(index: int, step: int, ranges: Sequence[TimeRange] = RANGES) -> int:
    """The index of a longer or shorter range, within bounds."""
    return min(max(index + step, 0), len(ranges) - 1)


def first_range(begins: Iterable[datetime], now: datetime) -> int:
    """Index of the smallest range from the last hour on that contains all ``begins``; the longest one if none does."""
    oldest = min(begins, default=now)
    fits = (at for at in range(LAST_HOUR, len(RANGES)) if now - oldest <= timedelta(hours=RANGES[at].hours))
    return next(fits, len(RANGES) - 1)


def incidents(view: ServiceView, alerts: Iterable[AlertView]) -> list[datetime]:
    """When the present incidents of a service began: its open alerts, and its state if that is down or slow."""
    begins = [
        alert.opened_at for alert in alerts if alert.subject == view.name and alert.state is not AlertState.RESOLVED
    ]
    return [*begins, view.since] if view.since is not None and view.state in _IN_TROUBLE else begins
