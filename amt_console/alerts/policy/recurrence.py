"""Times of day that come back: when one runs, and all of a period.

A local time that does not exist counts as the moment that a clock which was not put forward would show, so it shifts
forward; of an ambiguous one the first counts. The length is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from amt_console.model.policy import WEEKDAYS, Recurrence

_DAY = timedelta(days=1)


def running_until(recurrence: Recurrence, at: datetime) -> datetime | None:
    """When the occurrence that runs at a moment ends, the last one if several overlap; ``None`` if none runs."""
    return max((end for _, end in occurrences(recurrence, at, at + timedelta.resolution)), default=None)


def occurrences(recurrence: Recurrence, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end, in UTC, of all occurrences that touch ``[start, end)``, in the order of their beginnings.

    Two occurrences may overlap where the length exceeds the time between them.
    """
    length = timedelta(seconds=recurrence.duration)
    # Where a whole day does not exist, its time shifts forward to the next one.
    day = (start - length).astimezone(recurrence.zone).date() - _DAY
    last = end.astimezone(recurrence.zone).date()
    while day <= last:
        if not recurrence.weekdays or WEEKDAYS[day.weekday()] in recurrence.weekdays:
            begin = _begin(recurrence, day)
            if begin < end and begin + length > start:
                yield begin, begin + length
        day += _DAY


def _begin(recurrence: Recurrence, day: date) -> datetime:
    first = recurrence.start.replace(fold=0)  # of an ambiguous time
    return datetime.combine(day, first, recurrence.zone).astimezone(UTC)
