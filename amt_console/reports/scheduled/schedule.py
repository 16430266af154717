"""When a scheduled report is made, and the time that it is about. Pure arithmetic over local time.

The periods of a schedule follow each other without a gap and without an overlap. Days, weeks, months and durations of
whole days begin at the same local hour all year, so that a day may have 23 or 25 hours; other durations are exact. A
local time that does not exist (clocks go forward) shifts forward; of an ambiguous one the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice, takewhile
from zoneinfo import ZoneInfo

from amt_console.model.policy import UTC_ZONE

DAILY, WEEKLY, MONTHLY = "daily", "weekly", "monthly"
_FIRST_DAY = date(2001, 1, 1)
"""A Monday: the turns of durations count from the schedule's time on this day."""
_DAY = 86400.0
_LENGTHS = {DAILY: _DAY, WEEKLY: 7 * _DAY}
_MARGIN = 5
"""Turns around a moment that are looked at, because of clocks that change."""


@dataclass(frozen=True, slots=True)
class Period:
    """The time that one report is about, and the moment at which it is made."""

    start: datetime
    end: datetime
    due_at: datetime
    """Never before ``end``."""

    @property
    def hours(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds() / 3600

    @property
    def empty(self) -> bool:
        """Whether it has no time: a zone that changed its side of the date line left out this local day."""
        return self.start == self.end


@dataclass(frozen=True, slots=True)
class ReportSchedule:
    """How often a report is made."""

    every: str | float
    """``daily``, ``weekly`` (Monday to Sunday), ``monthly``, or seconds."""
    at: time = time(7)
    """Local time at which it is made; of a duration the time at which its turns begin."""
    zone: ZoneInfo = UTC_ZONE

    @property
    def text(self) -> str:
        """All of it as one text, equal for equal schedules: ``daily at 07:00 Europe/Berlin``."""
        every = self.every if isinstance(self.every, str) else f"every {self.every:g} s"
        return f"{every} at {self.at:%H:%M:%S} {self.zone.key}"

    def newest_ended(self, at: datetime) -> Period | None:
        """The newest period that had ended at a moment, whether its report was due or not; ``None`` before 2001."""
        return next((period for period in self._back_from(at) if period.end <= at), None)

    def due_between(self, after: datetime, until: datetime, most: int) -> tuple[tuple[Period, ...], bool]:
        """The newest ``most`` periods whose reports were due in ``(after, until]``, oldest first.

        Returns:
            The periods, and whether there are older ones.
        """
        due = (period for period in self._back_from(until) if period.due_at <= until)
        found = list(islice(takewhile(lambda period: period.due_at > after, due), most + 1))
        return tuple(reversed(found[:most])), len(found) > most

    def next(self, after: datetime) -> Period:
        """The first period whose report is due after a moment."""
        turns = count(max(0, self._turn_after(after) - _MARGIN))
        return next(period for turn in turns if (period := self._period(turn)).due_at > after and not period.empty)

    def _back_from(self, at: datetime) -> Iterator[Period]:
        """All periods that may have ended at a moment, newest first."""
        for turn in range(self._turn_after(at), -1, -1):
            if not (period := self._period(turn)).empty:
                yield period

    def _period(self, turn: int) -> Period:
        start, end = self._begins(turn), self._begins(turn + 1)
        if isinstance(self.every, str):
            due = self._local(self._day(turn + 1), self.at)
            return Period(start, end, max(end, due))
        return Period(start, end, end)

    def _begins(self, turn: int) -> datetime:
        if isinstance(self.every, str):
            return self._local(self._day(turn), time())
        if self.every % _DAY == 0:
            return self._local(_FIRST_DAY + timedelta(days=turn * self.every / _DAY), self.at)
        return self._local(_FIRST_DAY, self.at) + turn * timedelta(seconds=self.every)

    def _day(self, turn: int) -> date:
        """The first local day of a turn."""
        if self.every == DAILY:
            return _FIRST_DAY + timedelta(days=turn)
        if self.every == WEEKLY:
            return _FIRST_DAY + timedelta(weeks=turn)
        return date(_FIRST_DAY.year + turn // 12, turn % 12 + 1, 1)

    def _local(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone).astimezone(UTC)

    def _turn_after(self, moment: datetime) -> int:
        """A turn that begins after a moment, and not many turns later."""
        if self.every == MONTHLY:
            local = moment.astimezone(self.zone)
            return (local.year - _FIRST_DAY.year) * 12 + local.month + 1
        length = self.every if isinstance(self.every, float) else _LENGTHS[self.every]
        seconds = (moment - self._begins(0)).total_seconds()
        return int(seconds // length) + 2


def period_name(schedule: ReportSchedule, period: Period) -> str:
    """The period as a name for a folder: ``2026-11-25``, ``2026-W47``, ``2026-10``, or both ends of a duration.

    Unique within a schedule, and in the order of time.
    """
    start, end = period.start.astimezone(schedule.zone), period.end.astimezone(schedule.zone)
    if schedule.every == DAILY:
        return f"{start:%Y-%m-%d}"
    if schedule.every == WEEKLY:
        return f"{start:%G-W%V}"
    if schedule.every == MONTHLY:
        return f"{start:%Y-%m}"
    return f"{_stamp(start)}_{_stamp(end)}"


def _stamp(local: datetime) -> str:
    """With the offset: a local time may come twice."""
    return f"{local:%Y%m%dT%H%M%S%z}"
