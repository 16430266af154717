"""What is worth a note and nobody's sleep: rising response times, an unusual host, unusual behaviour of users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from amt_console.analysis.anomalies.seasonal import ALARM, seasonal_readings
from amt_console.analysis.forecasts.methods import DAILY_SEASONS, grown_median
from amt_console.analysis.percentiles import usable
from amt_console.analysis.trend import trend
from amt_console.model import HostRollup, Rollup
from amt_console.text import count, milliseconds, percent

TREND_DAYS = 7
LEAST_TREND_HOURS = 120
"""Least measured hours of the seven days."""
TREND_P = 1e-4
"""Every service is judged every hour, so the limit is stricter than that of a report."""
LEAST_RISE = 0.2
"""Least rise over the seven days, of all hours and from the first day to the last one."""
HOST_WEEKS = 8
LEAST_HOST_CHANGE = {"cpu": 10.0, "memory": 5.0, "swap": 5.0, "disk": 5.0}
"""Least distance from the usual value, in points of percent."""
LEAST_SHARE = 0.25
"""The same for other figures of the host, relative to the usual value."""
STRONG = 5.0
"""The last hour deviates by so much, and the hour before by at least the alarm level of the seasonal residual."""
BEHAVIOUR_DAYS = 70
LEAST_DAYS = 35
"""Days that a figure must be known: four weeks to compare with, and a week of their errors."""
UNUSUAL = 6.0
"""Least deviation from the expected value, in robust standard deviations of the last four weeks."""
LEAST_CHANGE = 0.2
"""Least deviation, relative to the expected value."""
MAD_FACTOR = 1.4826
WEEK = 7
NAMED = 3
"""Figures that a message names."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class UnusualSubject:
    """One subject and what is unusual about it."""

    subject: str
    message: str
    value: float


def rising_response_time(service: str, hours: Sequence[Rollup]) -> UnusualSubject | None:
    """Whether the median response time rose over the last seven days, equal hours of the day compared.

    Args:
        service: Its name.
        hours: Its hourly rollups of seven days, ascending.
    """
    known = [(each.start, value) for each in hours if (value := each.histogram.quantile(0.5)) is not None]
    if len(known) < LEAST_TREND_HOURS:
        return None
    begin, end = known[0][0], known[-1][0]
    found = trend(
        [(at - begin).total_seconds() / 3600 for at, _ in known],
        [value for _, value in known],
        [at.hour for at, _ in known],
    )
    first = median(value for at, value in known if at < begin + 24 * HOUR)
    last = median(value for at, value in known if at > end - 24 * HOUR)
    if found is None or found.p_value >= TREND_P or (found.relative_change or 0.0) < LEAST_RISE:
        return None
    if last < (1 + LEAST_RISE) * first:
        return None
    rise = f"{100 * (last / first - 1):.0f} %" if first else "much"
    message = (
        f"{service}: the median response time rose by {rise} in {TREND_DAYS} days, from {milliseconds(first)} to "
        f"{milliseconds(last)} (equal hours compared)"
    )
    return UnusualSubject(service, message, last)


def unusual_host(name: str, hours: Sequence[HostRollup]) -> UnusualSubject | None:
    """Whether a figure of the host left its band of the hour of the week for two hours in a row.

    Args:
        name: ``cpu``, ``memory``, ``connections`` ...
        hours: Its complete hourly rollups of some weeks, ascending.
    """
    known = [(each.start, mean) for each in hours if (mean := each.histogram.mean) is not None]
    if len(known) < 2 or known[-1][0] - known[-2][0] > HOUR:
        return None
    before, last = seasonal_readings(known)[-2:]
    value = known[-1][1]
    low, high = last.low, last.high
    usual = (low + high) / 2
    same_side = (value > usual) == (known[-2][1] > (before.low + before.high) / 2)
    if last.raw < STRONG or before.raw < ALARM or not same_side:
        return None
    least = LEAST_HOST_CHANGE.get(name, LEAST_SHARE * usual)
    if abs(value - usual) < least:
        return None
    shown = percent if name in LEAST_HOST_CHANGE else count
    hour = f"{known[-1][0].astimezone(UTC):%a %H:00} UTC"
    message = f"{name} at {shown(value)} for two hours: at {hour} it is usually {shown(max(0.0, low))} to {shown(high)}"
    return UnusualSubject(name, message, value)


def unusual_behaviour(
    subject: str, figures: Mapping[str, Sequence[tuple[datetime, float]]], now: datetime
) -> UnusualSubject | None:
    """Which figures are far from what the same weekday of the last four weeks, and their growth, let expect.

    Args:
        subject: Whose behaviour: ``users`` or ``chatbot``.
        figures: One value a day of each figure, of equal times of day, ascending.
        now: The end of the newest day.
    """
    found: list[tuple[float, str, float]] = []
    for name, points in figures.items():
        judged = _deviation(points, now)
        if judged is not None:
            strength, value, low, high = judged
            text = f"{name.replace('_', ' ')} {count(value)}, expected {count(low)} to {count(high)}"
            found.append((strength, text, value))
    if not found:
        return None
    found.sort(key=lambda each: (-each[0], each[1]))
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    message = f"unusual behaviour of {subject}: " + "; ".join(text for _, text, _ in found[:NAMED]) + more
    return UnusualSubject(subject, message, found[0][2])


def _deviation(points: Sequence[tuple[datetime, float]], now: datetime) -> tuple[float, float, float, float] | None:
    """Strength, newest value and expected band, if it lies outside."""
    days: list[float | None] = [None] * BEHAVIOUR_DAYS
    for at, value in points:
        age = (now - at) // timedelta(days=1)
        if 0 <= age < BEHAVIOUR_DAYS and usable(value):
            days[BEHAVIOUR_DAYS - 1 - age] = value
    first = next((n for n, value in enumerate(days) if value is not None), BEHAVIOUR_DAYS)
    days = days[first:]
    newest = days[-1] if days else None
    if newest is None or len(days) < LEAST_DAYS:
        return None
    expect = grown_median(WEEK, DAILY_SEASONS)
    errors = [
        abs(known - told)
        for n in range(max(WEEK * DAILY_SEASONS, len(days) - 1 - WEEK * DAILY_SEASONS), len(days) - 1)
        if (known := days[n]) is not None and (told := expect(days, n - 1, 1)) is not None
    ]
    expected = expect(days, len(days) - 2, 1)
    if expected is None or len(errors) < WEEK - 1:
        return None
    band = max(UNUSUAL * MAD_FACTOR * median(errors), LEAST_CHANGE * abs(expected), 1e-9)
    if abs(newest - expected) <= band:
        return None
    return abs(newest - expected) / band, newest, expected - band, expected + band
