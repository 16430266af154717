"""When scheduled reports are due: no period twice, none left out, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amt_console.reports.scheduled.schedule import DAILY, MONTHLY, WEEKLY, Period, ReportSchedule, period_name

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu")
EVERY = st.sampled_from([DAILY, WEEKLY, MONTHLY, 3600.0, 12 * 3600.0, 5400.0, 86400.0, 3 * 86400.0])
MOMENTS = st.integers(0, 25 * 365 * 86400).map(
    lambda seconds: datetime(2005, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
TIMES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30, 59]))
SCHEDULES = st.builds(ReportSchedule, EVERY, TIMES, st.sampled_from([ZoneInfo(name) for name in ZONES]))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_daily_report_is_about_the_whole_day_before() -> None:
    period = ReportSchedule(DAILY, time(7), BERLIN).next(utc("2026-11-26T10:00+01:00"))
    assert period == Period(utc("2026-11-26T00:00+01:00"), utc("2026-11-27T00:00+01:00"), utc("2026-11-27T07:00+01:00"))


def test_days_of_23_and_25_hours() -> None:
    daily = ReportSchedule(DAILY, time(7), BERLIN)
    assert daily.next(utc("2026-03-29T12:00+02:00")).hours == 23
    assert daily.next(utc("2026-10-25T12:00+01:00")).hours == 25


def test_a_weekly_report_is_about_monday_to_sunday() -> None:
    period = ReportSchedule(WEEKLY, time(7), BERLIN).next(utc("2026-11-26T10:00+01:00"))
    assert (period.start, period.end) == (utc("2026-11-23T00:00+01:00"), utc("2026-11-30T00:00+01:00"))
    assert period.due_at == utc("2026-11-30T07:00+01:00")


def test_a_monthly_report_is_made_on_the_first() -> None:
    period = ReportSchedule(MONTHLY, time(7), BERLIN).next(utc("2026-12-15T00:00+01:00"))
    assert (period.start, period.end) == (utc("2026-12-01T00:00+01:00"), utc("2027-01-01T00:00+01:00"))
    assert period.due_at == utc("2027-01-01T07:00+01:00")


def test_a_duration_ends_when_it_is_due() -> None:
    period = ReportSchedule(12 * 3600.0, time(7), ZoneInfo("UTC")).next(utc("2026-11-26T08:00Z"))
    assert (period.start, period.end) == (utc("2026-11-26T07:00Z"), utc("2026-11-26T19:00Z"))
    assert period.due_at == period.end


def test_a_time_of_day_that_does_not_exist_shifts_forward() -> None:
    period = ReportSchedule(DAILY, time(2, 30), BERLIN).next(utc("2026-03-29T00:30+01:00"))
    assert period.due_at == utc("2026-03-29T03:30+02:00")


def test_an_ambiguous_time_of_day_is_the_first_one() -> None:
    period = ReportSchedule(DAILY, time(2, 30), BERLIN).next(utc("2026-10-25T00:30+02:00"))
    assert period.due_at == utc("2026-10-25T02:30+02:00")


def test_a_day_that_a_zone_left_out_has_no_report() -> None:
    daily = ReportSchedule(DAILY, time(7), ZoneInfo("Pacific/Apia"))
    first = daily.next(utc("2011-12-29T20:00Z"))
    second = daily.next(first.due_at)
    assert second.start == first.end
    assert [period_name(daily, each) for each in (first, second)] == ["2011-12-29", "2011-12-31"]


@settings(max_examples=60)
@given(SCHEDULES, MOMENTS)
def test_periods_follow_each_other_and_have_names_of_their_own(schedule: ReportSchedule, start: datetime) -> None:
    periods = [schedule.next(start)]
    for _ in range(6):
        periods.append(schedule.next(periods[-1].due_at))
    for before, after in pairwise(periods):
        assert after.start == before.end
        assert after.due_at > before.due_at
        assert after.end <= after.due_at
    names = [period_name(schedule, period) for period in periods]
    assert sorted(names) == names or isinstance(schedule.every, float)
    assert len(set(names)) == len(names)


@settings(max_examples=60)
@given(SCHEDULES, MOMENTS, st.lists(st.floats(0.1, 40), min_size=1, max_size=6))
def test_looks_at_any_moments_find_each_period_once(
    schedule: ReportSchedule, start: datetime, pauses: list[float]
) -> None:
    """A monitor that looks now and then, and was down in between, makes what one that always ran makes."""
    length = timedelta(days=30) if schedule.every == MONTHLY else timedelta(days=7)
    if isinstance(schedule.every, float):
        length = timedelta(seconds=schedule.every)
    elif schedule.every == DAILY:
        length = timedelta(days=1)
    made: list[Period] = []
    cursor = now = start
    for pause in pauses:
        now += pause * length / 4
        found, older = schedule.due_between(cursor, now, most=1000)
        assert not older
        made += found
        cursor = found[-1].due_at if found else cursor
    always = []
    period = schedule.next(start)
    while period.due_at <= now:
        always.append(period)
        period = schedule.next(period.due_at)
    assert made == always


def test_of_many_missed_ones_the_newest_count() -> None:
    daily = ReportSchedule(DAILY, time(7), BERLIN)
    found, older = daily.due_between(utc("2026-01-01T08:00+01:00"), utc("2026-11-26T08:00+01:00"), most=3)
    assert [period_name(daily, each) for each in found] == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert older


@pytest.mark.parametrize(
    ("at", "start"), [("2026-11-26T00:00+01:00", "2026-11-25"), ("2026-11-25T23:59+01:00", "2026-11-24")]
)
def test_the_newest_whole_period_may_not_be_due_yet(at: str, start: str) -> None:
    daily = ReportSchedule(DAILY, time(7), BERLIN)
    found = daily.newest_ended(utc(at))
    assert found is not None
    assert period_name(daily, found) == start
