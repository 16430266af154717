"""Finds subjects without fresh data. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_DATA_AFTER = 3.0
"""Intervals without a fresh result after which a subject has no data; the default rules alert at the same number."""


UNHEARD = "no probe came to an end"


@dataclass(frozen=True, slots=True)
class Overdue:
    """A subject without fresh data for ``seconds``."""

    subject: str
    seconds: float
    reason: str


@dataclass(slots=True)
class _LastResult:
    interval: float
    heard: float
    next_tell: float
    reason: str = UNHEARD


class NoDataWatch:
    """Remembers when each subject last had data, and reports the overdue ones once per interval.

    Args:
        intervals: Seconds between results by subject.
        now: The monotonic clock, as in all methods. Every subject counts as fresh at this moment.
    """

    def __init__(self, intervals: Mapping[str, float], *, now: float) -> None:
        self._last_results: dict[str, _LastResult] = {}
        self.replace(intervals, now=now)

    def replace(self, intervals: Mapping[str, float], *, now: float) -> None:
        """Use another set of subjects. Those that stay keep their times."""
        before, self._last_results = self._last_results, {}
        for subject, interval in intervals.items():
            last = before.get(subject)
            heard = now if last is None or last.interval != interval else last.heard
            self._last_results[subject] = _LastResult(interval, heard, heard + NO_DATA_AFTER * interval)

    def heard(self, subject: str, now: float) -> None:
        """Note a fresh result."""
        last = self._last_results.get(subject)
        if last is not None:
            last.heard, last.next_tell = now, now + NO_DATA_AFTER * last.interval
            last.reason = UNHEARD

    def unmeasured(self, subject: str, reason: str) -> None:
        """Note a result without data: it is not fresh, but gives the reason."""
        last = self._last_results.get(subject)
        if last is not None:
            last.reason = reason

    def forgive(self, now: float) -> None:
        """Start over after a gap: no subject could have had data."""
        for subject in self._last_results:
            self.heard(subject, now)

    def overdue(self, now: float) -> list[Overdue]:
        """The subjects to report now."""
        told: list[Overdue] = []
        for subject, last in self._last_results.items():
            if now >= last.next_tell:
                last.next_tell = now + last.interval
                told.append(Overdue(subject, now - last.heard, last.reason))
        return told
