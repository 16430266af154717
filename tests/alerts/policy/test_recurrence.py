"""Recurring times of day: daylight saving time, weekdays, exact lengths."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts.policy.recurrence import occurrences, running_until
from amt_console.model.policy import WEEKDAYS, Recurrence

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia")]
)
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
RECURRENCES = st.builds(
    Recurrence,
    start=st.times(),
    duration=st.floats(1, 4 * 86400),
    weekdays=st.lists(st.sampled_from(WEEKDAYS), unique=True).map(tuple),
    zone=ZONES,
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_window_runs_from_its_start_up_to_its_end() -> None:
    nightly = Recurrence(time(2, 30), 45 * 60.0, zone=BERLIN)
    assert running_until(nightly, utc("2026-01-10 01:29:59")) is None
    assert running_until(nightly, utc("2026-01-10 01:30")) == utc("2026-01-10 02:15")
    assert running_until(nightly, utc("2026-01-10 02:14:59")) == utc("2026-01-10 02:15")
    assert running_until(nightly, utc("2026-01-10 02:15")) is None


def test_a_period_excludes_its_end_and_what_ends_at_its_beginning() -> None:
    hourly = Recurrence(time(12), 3600.0)
    noon, one = utc("2026-01-10 12:00"), utc("2026-01-10 13:00")
    assert list(occurrences(hourly, utc("2026-01-10 11:00"), noon)) == []
    assert list(occurrences(hourly, one, utc("2026-01-10 14:00"))) == []
    assert list(occurrences(hourly, noon, one)) == [(noon, one)]


def test_a_day_that_does_not_exist_shifts_to_the_next() -> None:
    apia = Recurrence(time(12), 3600.0, ("fri",), ZoneInfo("Pacific/Apia"))
    noon = utc("2011-12-30 22:00")
    assert list(occurrences(apia, noon, utc("2011-12-31 00:00"))) == [(noon, utc("2011-12-30 23:00"))], "on Saturday"


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    friday_night = Recurrence(time(22), 10 * 3600.0, ("fri",), BERLIN)
    assert running_until(friday_night, utc("2026-01-10 06:00")) == utc("2026-01-10 07:00"), "Saturday morning"
    assert running_until(friday_night, utc("2026-01-09 06:00")) is None, "Friday morning"
    assert running_until(friday_night, utc("2026-01-11 06:00")) is None, "Sunday morning"


def test_a_local_time_that_does_not_exist_shifts_forward_and_the_length_stays() -> None:
    nightly = Recurrence(time(2, 30), 3600.0, zone=BERLIN)
    found = list(occurrences(nightly, utc("2026-03-29 00:00"), utc("2026-03-29 20:00")))
    assert found == [(utc("2026-03-29 01:30"), utc("2026-03-29 02:30"))], "03:30 to 04:30 of summer time"


def test_of_an_ambiguous_local_time_the_first_counts_and_only_once() -> None:
    nightly = Recurrence(time(2, 30), 1800.0, zone=BERLIN)
    found = list(occurrences(nightly, utc("2026-10-24 22:00"), utc("2026-10-25 20:00")))
    assert found == [(utc("2026-10-25 00:30"), utc("2026-10-25 01:00"))]
    second = Recurrence(time(2, 30, fold=1), 1800.0, zone=BERLIN)
    assert list(occurrences(second, utc("2026-10-24 22:00"), utc("2026-10-25 20:00"))) == found


def test_a_long_window_over_the_change_of_clocks_keeps_its_length() -> None:
    weekend = Recurrence(time(20), 48 * 3600.0, ("sat",), BERLIN)
    assert running_until(weekend, utc("2026-03-29 12:00")) == utc("2026-03-30 19:00"), "21:00 of summer time"


def test_of_overlapping_windows_the_last_end_counts() -> None:
    daily = Recurrence(time(0), 36 * 3600.0)
    assert running_until(daily, utc("2026-01-10 06:00")) == utc("2026-01-11 12:00")


@given(RECURRENCES, MOMENTS)
def test_every_occurrence_begins_at_the_local_time_on_its_weekday(recurrence: Recurrence, moment: datetime) -> None:
    for begin, end in occurrences(recurrence, moment, moment + timedelta(days=8)):
        assert end - begin == timedelta(seconds=recurrence.duration)
        local = begin.astimezone(recurrence.zone)
        exact = local.replace(tzinfo=None).time() == recurrence.start
        if exact:
            assert local.fold == 0, "the first of an ambiguous time"
            assert not recurrence.weekdays or WEEKDAYS[local.weekday()] in recurrence.weekdays
        else:
            earlier = (begin - timedelta(days=1)).astimezone(recurrence.zone)
            assert local.utcoffset() != earlier.utcoffset(), "only where clocks go forward"


@given(RECURRENCES, MOMENTS)
def test_running_agrees_with_the_list(recurrence: Recurrence, moment: datetime) -> None:
    around = occurrences(recurrence, moment - timedelta(days=6), moment + timedelta(days=2))
    ends = [end for begin, end in around if begin <= moment < end]
    assert running_until(recurrence, moment) == (max(ends) if ends else None)
