"""Untrusted text never reaches a terminal unfiltered; numbers are formatted truthfully."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console import text
from amt_console.model.inbound import HeartbeatState, HeartbeatView
from amt_console.text import jobs_words, reason_of

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, exclude_categories=()))


@given(ANY_TEXT, st.integers(2, 600))
def test_safe_text_leaves_nothing_that_a_terminal_obeys(raw: str, limit: int) -> None:
    safe = text.safe_text(raw, limit)
    assert len(safe) <= limit
    safe.encode("utf-8")
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F for char in safe)
    assert not any(0x202A <= ord(char) <= 0x202E or 0x2066 <= ord(char) <= 0x2069 for char in safe)


@pytest.mark.parametrize(("names", "words"), [(["ann"], "there is ann"), (["ann", "ben"], "there are ann, ben")])
def test_what_there_is_instead_is_one_or_several(names: list[str], words: str) -> None:
    assert text.there_are(names) == words


@given(ANY_TEXT)
def test_safe_text_is_stable(raw: str) -> None:
    once = text.safe_text(raw)
    assert text.safe_text(once) == once


def test_safe_text_shows_what_it_took_away() -> None:
    assert text.safe_text("\x1b[31mred\x00\x9b\u202e") == "␛[31mred␀\\x9b\\u202e"
    assert text.safe_text(b"caf\xc3\xa9 \xff") == "café \ufffd"
    assert text.safe_text("a\nb\tc") == "a b c"
    assert text.safe_text("a\nb", keep_newlines=True) == "a\nb"
    assert text.safe_text("x" * 3_000_000, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0s"),
        (59.4, "59s"),
        (59.9, "1m"),
        (75.997, "1m 16s"),
        (599.9, "10m"),
        (3599, "1h"),
        (60, "1m"),
        (200, "3m 20s"),
        (900, "15m"),
        (7500, "2h 5m"),
        (7200, "2h"),
        (360000, "4d 4h"),
        (9e6, "104d"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(
    ("hours", "shown"), [(0.35, "21 min"), (1.5, "1.5 h"), (24, "24 h"), (71, "71 h"), (72, "3 days"), (168, "7 days")]
)
def test_the_length_of_a_window(hours: float, shown: str) -> None:
    assert text.window_length(hours) == shown


def test_a_limit_is_written_as_it_was_configured() -> None:
    assert [text.limit_percent(value) for value in (99.0, 99.95, 80)] == ["99 %", "99.95 %", "80 %"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0s"), (12, "12s"), (60, "1m"), (3599, "59m"), (3600, "1h"), (86399, "23h"), (86400, "1d")],
)
def test_age(seconds: float, shown: str) -> None:
    assert text.age(NOW - timedelta(seconds=seconds), NOW) == shown


def test_age_of_never_is_a_dash() -> None:
    assert text.age(None, NOW) == "–"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (100.0, "100 %"),
        (0.0, "0 %"),
        (99.996, "99.9 %"),
        (99.96, "99.9 %"),
        (50.06, "50.1 %"),
        (98.97, "99.0 %"),
        (0.0275, "0.03 %"),
        (0.04, "0.04 %"),
        (0.000001, "0.0000 %"),
    ],
)
def test_percent_never_rounds_a_fault_away(value: float | None, shown: str) -> None:
    assert text.percent(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.44, "0.4 ms"), (12.4, "12 ms"), (999.4, "999 ms"), (1240, "1.24 s"), (12400, "12.4 s")],
)
def test_milliseconds(value: float | None, shown: str) -> None:
    assert text.milliseconds(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (512, "512 B"), (1536, "1.5 KiB"), (150 * 1024**2, "150 MiB")]
)
def test_byte_size(value: float | None, shown: str) -> None:
    assert text.byte_size(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (1234, "1,234"), (12345, "12.3 K"), (4.5e6, "4.5 M"), (2e9, "2.0 G")]
)
def test_count(value: float | None, shown: str) -> None:
    assert text.count(value) == shown


def test_sparkline_keeps_gaps_and_bounds() -> None:
    assert text.sparkline((0.0, None, 100.0), 5, low=0, high=100) == "  ▁ █"
    assert text.sparkline((5.0, 5.0), 2) == "▁▁"
    assert text.sparkline((None, None), 3) == "   "
    assert text.sparkline((1.0, 2.0), 0) == ""
    assert text.sparkline((0.0, 200.0, -50.0), 3, low=0, high=100, ascii_only=True).isascii()


@pytest.mark.slow
@given(st.lists(st.none() | st.floats(-1e12, 1e12)), st.integers(0, 80))
def test_sparkline_is_always_as_wide_as_asked(values: list[float | None], width: int) -> None:
    assert len(text.sparkline(tuple(values), width)) == width


def test_public_url_hides_what_is_secret() -> None:
    shown = text.public_url("https://ann:pw@api.example:8443/a?token=abc&page=2&api_key=x#frag")
    assert shown == "https://api.example:8443/a?token=…&page=2&api_key=…"
    assert text.public_url("postgresql+psycopg://u:s@db/app") == "postgresql+psycopg://db/app"
    assert text.public_url("http://[broken") == "(unreadable URL)"


@pytest.mark.parametrize(("value", "shown"), [(None, "–"), (100.0, "100.00 %"), (0.0, "0.00 %"), (99.999, "99.99 %")])
def test_figures_of_a_column_have_the_same_digits(value: float | None, shown: str) -> None:
    assert text.percent_cell(value, 2) == shown


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ("", ""),
        ("up", "1 job up"),
        ("up up new", "2 jobs up, 1 never reported"),
        ("up late down", "1 job down (c), 1 job late (b), 1 up"),
        ("down down down down", "4 jobs down (a, b, c, ...)"),
    ],
)
def test_jobs_in_a_few_words(states: str, words: str) -> None:
    jobs = [
        HeartbeatView(name, HeartbeatState(state), "jobs") for name, state in zip("abcd", states.split(), strict=False)
    ]
    assert jobs_words(jobs) == words


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("disks is down: /var is full", "/var is full"),
        ("disks warns: /var is 91 % full", "/var is 91 % full"),
        ("disks: no data: it did not end", "no data: it did not end"),
        ("disks/used is at 91 %, limit 90 %", "disks/used is at 91 %, limit 90 %"),
        ("disks is at 91 %, limit 90 %", "at 91 %, limit 90 %"),
    ],
)
def test_a_line_that_names_the_subject_does_not_repeat_it(message: str, reason: str) -> None:
    assert reason_of(message, "disks") == reason
