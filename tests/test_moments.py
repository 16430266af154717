"""Moments as people type them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from amt_console.moments import MomentError, parse_moment, past_moment

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("30s", 30),
        ("-10m", 600),
        ("- 2h", 7200),
        ("15m", 900),
        ("2h", 7200),
        ("2h ago", 7200),
        ("1.5h", 5400),
        ("7d", 604800),
        ("1w", 604800),
    ],
)
def test_spans_count_back_from_now(text: str, ago: float) -> None:
    assert parse_moment(text, NOW) == NOW - timedelta(seconds=ago)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-12-31T12:00:00Z", "+999999w"])
def test_what_lies_beyond_the_time_of_any_database_is_refused(text: str) -> None:
    with pytest.raises(MomentError, match=r"too far away|is not a time"):
        parse_moment(text, NOW, future=True)


@pytest.mark.parametrize(
    "text", ["-999999d", "999999999w ago", "0001-01-01", "9999-12-31", "1969-07-20 20:17", "0001-01-01T00:00:00+14:00"]
)
@pytest.mark.parametrize("zone", [None, ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")])
def test_a_time_outside_of_the_calendar_is_called_too_far_away(text: str, zone: ZoneInfo | None) -> None:
    with pytest.raises(MomentError, match="too far away"):
        parse_moment(text, NOW, zone=zone)


def test_iso_with_offset() -> None:
    assert parse_moment("2026-01-05T12:30:00+01:00", NOW) == NOW - timedelta(minutes=30)


def test_a_bare_time_is_the_last_time_it_was_that() -> None:
    local = (NOW - timedelta(hours=1)).astimezone()
    assert parse_moment(f"{local:%H:%M}", NOW) == NOW - timedelta(hours=1)
    later = (NOW + timedelta(hours=1)).astimezone()
    assert parse_moment(f"{later:%H:%M}", NOW) == NOW - timedelta(hours=23)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday-ish",
        "yesterday 25:00",
        "tomorrow",
        "+2h",
        "25:00",
        "2026-13-01",
        "\x1b[2J",
        "9" * 400 + "h",
        "2027-01-01",
        "2026-01-05T13:00:00+00:00",
    ],
)
def test_what_is_no_past_moment_is_refused_in_words(text: str) -> None:
    with pytest.raises(MomentError) as caught:
        parse_moment(text, NOW)
    assert "\x1b" not in str(caught.value)


def test_a_named_day_is_local() -> None:
    local = NOW.astimezone()
    expected = (local - timedelta(days=1)).replace(hour=9, minute=0)
    assert parse_moment("yesterday 09:00", NOW) == expected
    assert parse_moment("today", NOW) == local.replace(hour=0, minute=0)


def test_the_future_is_accepted_where_it_is_asked_for() -> None:
    assert parse_moment("+2h", NOW, future=True) == NOW + timedelta(hours=2)
    earlier = (NOW - timedelta(hours=1)).astimezone()
    assert parse_moment(f"{earlier:%H:%M}", NOW, future=True) == NOW + timedelta(hours=23)


def test_now_is_a_moment() -> None:
    assert parse_moment(" now ", NOW) == NOW


def test_times_without_an_offset_may_be_in_a_named_zone() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    assert parse_moment("yesterday", NOW, zone=tokyo) == datetime(2026, 1, 3, 15, 0, tzinfo=UTC)
    assert parse_moment("20:30", NOW, zone=tokyo) == datetime(2026, 1, 5, 11, 30, tzinfo=UTC)
    assert parse_moment("2026-01-01", NOW, zone=tokyo) == datetime(2025, 12, 31, 15, 0, tzinfo=UTC)
    assert parse_moment("2026-01-01T00:00:00+01:00", NOW, zone=tokyo) == datetime(2025, 12, 31, 23, 0, tzinfo=UTC)


def test_of_the_past_now_is_no_moment() -> None:
    assert past_moment("now", NOW) is None
    assert past_moment("-0s", NOW) is None
    assert past_moment("-1s", NOW) == NOW - timedelta(seconds=1)
    with pytest.raises(MomentError, match="is in the future"):
        past_moment("+1s", NOW)
