"""Who is on call: turns through the year, overrides, hours that nobody covers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts.policy.rota import change_up_to, on_call, person_at, shifts, uncovered
from amt_console.model.policy import Rota, RotaOverride

BERLIN = ZoneInfo("Europe/Berlin")
DAY = 86400.0


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


WEEKLY = Rota("oncall", ("Ada", "Grace", "Edsger"), 7 * DAY, utc("2026-01-05 08:00"), BERLIN)
"""Changes on Mondays at 09:00 in Berlin."""


def with_overrides(*overrides: tuple[str, str, str], rota: Rota = WEEKLY) -> Rota:
    found = tuple(RotaOverride(person, utc(start), utc(end)) for person, start, end in overrides)
    return Rota(rota.name, rota.people, rota.shift, rota.starts_at, rota.zone, found)


def test_people_take_turns_from_the_start_on() -> None:
    shift = on_call(WEEKLY, utc("2026-01-12 08:00"))
    assert shift is not None
    assert (shift.rota, shift.person) == ("oncall", "Grace")
    assert (shift.starts_at, shift.ends_at) == (utc("2026-01-12 08:00"), utc("2026-01-19 08:00"))
    assert person_at(WEEKLY, utc("2026-01-12 07:59:59")) == "Ada"
    assert person_at(WEEKLY, utc("2026-01-26 08:00")) == "Ada", "the fourth turn is the first person's again"


def test_whole_days_change_at_the_same_local_hour_all_year() -> None:
    starts = [shift.starts_at for shift in shifts(WEEKLY, utc("2026-01-05 08:00"), utc("2027-01-05 08:00"))]
    local = {start.astimezone(BERLIN).strftime("%a %H:%M") for start in starts if start is not None}
    assert local == {"Mon 09:00"}
    assert {start.hour for start in starts if start is not None} == {7, 8}, "in UTC the hour differs"


def test_a_turn_over_the_change_of_clocks_ends_at_its_local_hour() -> None:
    shift = on_call(WEEKLY, utc("2026-03-27 12:00"))
    assert shift is not None
    assert shift.ends_at == utc("2026-03-30 07:00")


def test_after_the_clocks_went_back_a_turn_changes_an_hour_later() -> None:
    summer = Rota("oncall", ("Ada", "Grace"), 7 * DAY, utc("2026-07-06 07:00"), BERLIN)
    assert person_at(summer, utc("2026-11-02 07:59")) == "Ada", "of the week before"
    assert person_at(summer, utc("2026-11-02 08:00")) == "Grace"


def test_a_start_at_the_second_of_two_equal_hours_is_that_one() -> None:
    rota = Rota("night", ("Ada", "Grace"), DAY, utc("2026-10-25 01:30"), BERLIN)
    assert on_call(rota, utc("2026-10-25 00:45")) is None
    assert person_at(rota, utc("2026-10-25 01:30")) == "Ada"
    assert person_at(rota, utc("2026-10-26 01:30")) == "Grace"


def test_turns_of_other_lengths_are_exact() -> None:
    rota = Rota("day", ("Ada", "Grace"), 12 * 3600.0, utc("2026-03-28 08:00"), BERLIN)
    assert [shift.starts_at for shift in shifts(rota, utc("2026-03-28 08:00"), utc("2026-03-30 08:00"))] == [
        utc("2026-03-28 08:00") + timedelta(hours=12 * turn) for turn in range(4)
    ]


def test_a_change_at_an_hour_that_does_not_exist_shifts_forward() -> None:
    rota = Rota("night", ("Ada", "Grace"), DAY, utc("2026-03-27 01:30"), BERLIN)
    assert person_at(rota, utc("2026-03-29 01:29")) == "Grace"
    assert person_at(rota, utc("2026-03-29 01:30")) == "Ada", "at 03:30 of summer time"
    assert person_at(rota, utc("2026-03-30 00:30")) == "Grace", "at 02:30 again the day after"


def test_before_its_start_nobody_is_on_call() -> None:
    before = utc("2026-01-05 07:59")
    assert on_call(WEEKLY, before) is None
    assert uncovered(WEEKLY, utc("2026-01-01 00:00"), utc("2026-02-01 00:00")) == (
        (utc("2026-01-01 00:00"), utc("2026-01-05 08:00")),
    )


def test_one_person_without_a_start_is_always_on_call() -> None:
    rota = Rota("oncall", ("Ada",), 7 * DAY)
    shift = on_call(rota, utc("2026-01-05 07:59"))
    assert shift is not None
    assert (shift.person, shift.starts_at, shift.ends_at) == ("Ada", None, None)
    assert uncovered(rota, utc("2026-01-01 00:00"), utc("2026-02-01 00:00")) == ()


def test_one_person_with_turns_is_on_call_without_a_break() -> None:
    rota = Rota("oncall", ("Ada",), DAY, utc("2026-01-05 08:00"))
    shift = on_call(rota, utc("2026-06-01 00:00"))
    assert shift is not None
    assert (shift.starts_at, shift.ends_at) == (utc("2026-01-05 08:00"), None)


def test_an_override_takes_a_part_of_a_turn() -> None:
    rota = with_overrides(("Grace", "2026-01-07 18:00", "2026-01-08 06:00"))
    found = shifts(rota, utc("2026-01-05 08:00"), utc("2026-01-12 08:00"))
    assert [(shift.person, shift.starts_at, shift.ends_at) for shift in found] == [
        ("Ada", utc("2026-01-05 08:00"), utc("2026-01-07 18:00")),
        ("Grace", utc("2026-01-07 18:00"), utc("2026-01-08 06:00")),
        ("Ada", utc("2026-01-08 06:00"), utc("2026-01-12 08:00")),
    ]


def test_of_overlapping_overrides_the_newest_wins() -> None:
    rota = with_overrides(
        ("Grace", "2026-01-06 00:00", "2026-01-09 00:00"), ("Edsger", "2026-01-07 00:00", "2026-01-08 00:00")
    )
    assert person_at(rota, utc("2026-01-06 12:00")) == "Grace"
    assert person_at(rota, utc("2026-01-07 12:00")) == "Edsger"
    assert person_at(rota, utc("2026-01-08 12:00")) == "Grace"


def test_an_override_before_the_own_turn_joins_it() -> None:
    rota = with_overrides(("Grace", "2026-01-10 08:00", "2026-01-12 08:00"))
    shift = on_call(rota, utc("2026-01-11 00:00"))
    assert shift is not None
    assert (shift.starts_at, shift.ends_at) == (utc("2026-01-10 08:00"), utc("2026-01-19 08:00"))


def test_an_override_covers_a_time_before_the_start() -> None:
    rota = with_overrides(("Grace", "2026-01-02 00:00", "2026-01-03 00:00"))
    assert person_at(rota, utc("2026-01-02 12:00")) == "Grace"
    assert uncovered(rota, utc("2026-01-01 00:00"), utc("2026-02-01 00:00")) == (
        (utc("2026-01-01 00:00"), utc("2026-01-02 00:00")),
        (utc("2026-01-03 00:00"), utc("2026-01-05 08:00")),
    )


def test_a_rota_of_nobody_covers_nothing() -> None:
    rota = Rota("empty", (), DAY, utc("2026-01-05 08:00"))
    assert on_call(rota, utc("2026-01-06 00:00")) is None
    assert uncovered(rota, utc("2026-01-06 00:00"), utc("2026-01-07 00:00")) == (
        (utc("2026-01-06 00:00"), utc("2026-01-07 00:00")),
    )


def test_short_turns_under_a_long_override_are_not_walked_through() -> None:
    rota = Rota("fast", ("Ada", "Grace"), 1.0, utc("2020-01-01 00:00"))
    rota = with_overrides(("Ada", "2020-01-01 00:00", "2029-01-01 00:00"), rota=rota)
    shift = on_call(rota, utc("2026-01-01 00:00"))
    assert shift is not None
    assert (shift.person, shift.starts_at) == ("Ada", utc("2020-01-01 00:00"))


PEOPLE = st.lists(st.sampled_from(["Ada", "Grace", "Edsger"]), min_size=1, max_size=4).map(tuple)
OFFSETS = st.integers(-40 * 24, 40 * 24).map(lambda hours: utc("2026-03-20 00:30") + timedelta(hours=hours))
OVERRIDES = st.lists(
    st.builds(
        lambda person, start, hours: RotaOverride(person, start, start + timedelta(hours=hours)),
        st.sampled_from(["Ada", "Grace", "Mary"]),
        OFFSETS,
        st.integers(1, 400),
    ),
    max_size=4,
).map(tuple)
ROTAS = st.builds(
    Rota,
    name=st.just("oncall"),
    people=PEOPLE,
    shift=st.sampled_from([3600.0, 8 * 3600.0, DAY, 7 * DAY]),
    starts_at=OFFSETS,
    zone=st.sampled_from([BERLIN, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe")]),
    overrides=OVERRIDES,
)


@given(ROTAS, OFFSETS, st.integers(1, 30))
def test_shifts_and_gaps_cover_the_time_exactly_and_agree_with_every_moment(
    rota: Rota, start: datetime, days: int
) -> None:
    end = start + timedelta(days=days)
    far = end + timedelta(days=400)
    found = shifts(rota, start, end)
    pieces = [(max(shift.starts_at or start, start), min(shift.ends_at or far, end), shift.person) for shift in found]
    pieces += [(begin, until, "") for begin, until in uncovered(rota, start, end)]
    pieces.sort()
    assert pieces[0][0] == start
    assert pieces[-1][1] == end
    assert all(left[1] == right[0] for left, right in pairwise(pieces)), "no hole and no overlap"
    for begin, until, person in pieces:
        for moment in (begin, begin + (until - begin) / 2, until - timedelta.resolution):
            assert (person_at(rota, moment) or "") == person
    for left, right in pairwise(found):
        assert left.person != right.person or left.ends_at != right.starts_at, "shifts of one person are one"


def test_the_last_change_is_where_another_person_took_over() -> None:
    assert change_up_to(WEEKLY, utc("2026-01-20 12:00")) == utc("2026-01-19 08:00")
    assert change_up_to(WEEKLY, utc("2026-01-01 12:00")) is None, "before the rota starts"
    alone = Rota("oncall", ("Ada",), 7 * DAY, utc("2026-01-05 08:00"), BERLIN)
    assert change_up_to(alone, utc("2026-01-20 12:00")) == utc("2026-01-05 08:00"), "she follows herself"
