"""Schedules of cron jobs: expressions as in a crontab, evaluated in a time zone as cron does it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from cronsim import CronSim, CronSimError

from amt_console.text import safe_text

FIELDS = 5
_MAX_REASON_CHARS = 200
_WORDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class CrontabError(ValueError):
    """An expression that no crontab takes; the text says why."""


def check_schedule(expression: str) -> None:
    """Refuse an expression that is not one of a crontab, or that never comes. Raises CrontabError."""
    fields = _fields(expression)
    if len(fields.split()) != FIELDS:
        raise CrontabError("it has five fields: minute, hour, day of month, month, day of week")
    if _next(fields, datetime(2024, 1, 1, tzinfo=UTC), UTC) is None:
        raise CrontabError("it never comes")


def next_run(expression: str, zone: tzinfo, after: datetime) -> datetime | None:
    """The first moment (UTC) later than ``after`` at which the job starts; ``None`` if there is none in fifty years.

    A job at a set time of day that falls into the hour that clocks skip starts right after it; one in the hour that
    they repeat starts once. Jobs that start every few minutes or hours go by the time that passes.
    """
    return _next(_fields(expression), after, zone)


@lru_cache(maxsize=2048)
def _next(fields: str, after: datetime, zone: tzinfo) -> datetime | None:
    try:
        runs = CronSim(fields, after.astimezone(zone))
        for run in runs:
            moment = run.astimezone(UTC)
            # In the hour that clocks repeat, local times go back.
            if moment > after:
                return moment
    except CronSimError as error:
        raise CrontabError(safe_text(str(error)[:1].lower() + str(error)[1:], _MAX_REASON_CHARS)) from None
    return None


def _fields(expression: str) -> str:
    text = " ".join(expression.split())
    return _WORDS.get(text.lower(), text)
