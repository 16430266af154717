"""The rotas as iCalendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amt_console.model.oncall import OncallPlan, RotaPlan, Shift
from amt_console.operations.calendar_feed import calendar_text

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def plan(*shifts: Shift, at: datetime = NOW) -> OncallPlan:
    return OncallPlan(at, NOW - DAY, NOW + 7 * DAY, (RotaPlan("oncall", "UTC", shifts),))


def unfolded(text: str) -> list[str]:
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", ""), "lines end with CRLF"
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_a_shift_is_an_event_in_utc() -> None:
    lines = unfolded(calendar_text(plan(Shift("oncall", "Ada", NOW, NOW + DAY))))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[1] == "VERSION:2.0"
    event = lines[lines.index("BEGIN:VEVENT") : lines.index("END:VEVENT")]
    assert "DTSTAMP:20260107T120000Z" in event
    assert "DTSTART:20260107T120000Z" in event
    assert "DTEND:20260108T120000Z" in event
    assert "SUMMARY:Ada on call (oncall)" in event


def test_a_shift_without_an_end_gets_that_of_the_calendar() -> None:
    lines = unfolded(calendar_text(plan(Shift("oncall", "Ada", None, None))))
    assert "DTSTART:20260106T120000Z" in lines
    assert "DTEND:20260114T120000Z" in lines


def test_an_event_keeps_its_uid_and_two_have_different_ones() -> None:
    first, second = Shift("oncall", "Ada", NOW, NOW + DAY), Shift("oncall", "Grace", NOW + DAY, NOW + 2 * DAY)

    def uids(text: str) -> list[str]:
        return [line for line in unfolded(text) if line.startswith("UID:")]

    today, later = calendar_text(plan(first, second)), calendar_text(plan(first, second, at=NOW + DAY))
    assert uids(today) == uids(later)
    assert len(set(uids(today))) == 2


def test_special_characters_are_escaped() -> None:
    lines = unfolded(calendar_text(plan(Shift("a,b;c", "Ada\\", NOW, NOW + DAY))))
    assert "SUMMARY:Ada\\\\ on call (a\\,b\\;c)" in lines


def test_long_lines_are_folded_at_75_octets_between_characters() -> None:
    name = "Åsa-Żółć 🦊 " * 12
    text = calendar_text(plan(Shift("oncall", name.strip(), NOW, NOW + DAY)))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert f"SUMMARY:{name.strip()} on call (oncall)" in unfolded(text)
