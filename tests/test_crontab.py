"""Schedules of cron jobs, also where clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.crontab import CrontabError, check_schedule, next_run

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")]
EXPRESSIONS = ["30 2 * * *", "*/15 * * * *", "0 * * * *", "0 3 * * 1-5", "30 1 1 * *", "5 */6 * * *", "0 2,3 * * sun"]
MOMENTS = st.integers(0, 3 * 366 * 86_400).map(lambda second: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(0, second))


def test_a_job_of_the_night_runs_at_its_local_hour_all_year() -> None:
    assert next_run("30 4 * * *", BERLIN, datetime(2026, 1, 10, tzinfo=UTC)) == datetime(2026, 1, 10, 3, 30, tzinfo=UTC)
    assert next_run("30 4 * * *", BERLIN, datetime(2026, 7, 10, tzinfo=UTC)) == datetime(2026, 7, 10, 2, 30, tzinfo=UTC)


def test_in_the_hour_that_clocks_skip_it_runs_right_after() -> None:
    # 2026-03-29: from 02:00 to 03:00.
    run = next_run("30 2 * * *", BERLIN, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert run == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert next_run("30 2 * * *", BERLIN, run) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_in_the_hour_that_clocks_repeat_it_runs_once() -> None:
    # 2026-10-25: 02:30 comes twice.
    first = next_run("30 2 * * *", BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_run("30 2 * * *", BERLIN, first) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


@given(expression=st.sampled_from(EXPRESSIONS), zone=st.sampled_from(ZONES), after=MOMENTS)
def test_runs_come_in_order_and_none_is_left_out(expression: str, zone: ZoneInfo, after: datetime) -> None:
    run = next_run(expression, zone, after)
    assert run is not None
    assert run > after
    between = after + (run - after) / 2
    assert next_run(expression, zone, between) == run, "a later look before the run finds the same run"
    following = next_run(expression, zone, run)
    assert following is not None
    assert following > run


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_a_daily_job_runs_once_on_every_local_day(zone: ZoneInfo, day: date) -> None:
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    runs, run = 0, next_run("30 2 * * *", zone, start.astimezone(UTC) - timedelta(seconds=1))
    while run is not None and run < end.astimezone(UTC):
        runs, run = runs + 1, next_run("30 2 * * *", zone, run)
    assert runs == 1


@pytest.mark.parametrize("word", ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@Annually"])
def test_words_stand_for_schedules(word: str) -> None:
    check_schedule(word)


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "0 0 * * * *", "61 * * * *", "@reboot", "0 0 31 2 *", "every night", "0 0 30 2 *"]
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(CrontabError):
        check_schedule(expression)
