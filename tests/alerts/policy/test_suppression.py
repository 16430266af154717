"""Silences and maintenance: what they mute, and until when."""

from __future__ import annotations

import time as wall
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts.policy.maintenance import maintenance_of
from amt_console.alerts.policy.silences import silences_of
from amt_console.model.alerts import Episode
from amt_console.model.policy import MaintenanceWindow, Recurrence, Silence
from amt_console.model.states import AlertState, AlertType, Severity

NOON = datetime(2026, 1, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALERT = Episode(
    "response_time", "checkout", AlertType.RESPONSE_TIME, Severity.WARNING, "slow", AlertState.FIRING, opened_at=NOON
)
EVERYTHING = Silence("known", NOON + HOUR)


def mutes(silence: Silence, group: str | None = "shop", at: datetime = NOON) -> bool:
    return silences_of(ALERT, (silence,), group, at) == (silence,)


@pytest.mark.parametrize(
    ("matcher", "muted"),
    [
        ({"services": ("cart", "checkout")}, True),
        ({"services": ("cart",)}, False),
        ({"groups": ("shop",)}, True),
        ({"groups": ("platform",)}, False),
        ({"alert_types": (AlertType.RESPONSE_TIME,)}, True),
        ({"alert_types": (AlertType.SERVICE_DOWN,)}, False),
        ({"severity": Severity.WARNING}, True),
        ({"severity": Severity.CRITICAL}, False),
        ({"match": "^check"}, True),
        ({"match": "out$"}, True),
        ({"match": "^out"}, False),
        ({"match": "("}, False),
        ({"services": ("checkout",), "severity": Severity.CRITICAL}, False),
        ({"services": ("checkout",), "groups": ("shop",), "match": "check"}, True),
    ],
)
def test_an_alert_must_match_every_key_of_a_silence(matcher: dict[str, object], muted: bool) -> None:
    assert mutes(replace(EVERYTHING, **matcher)) is muted  # type: ignore[arg-type]


def test_a_silence_of_groups_leaves_subjects_without_a_group_alone() -> None:
    assert not mutes(replace(EVERYTHING, groups=("shop",)), group=None)


def test_a_silence_runs_from_its_start_up_to_its_end() -> None:
    silence = replace(EVERYTHING, starts_at=NOON - HOUR)
    assert not mutes(silence, at=NOON - HOUR - timedelta.resolution)
    assert mutes(silence, at=NOON - HOUR)
    assert mutes(silence, at=NOON + HOUR - timedelta.resolution)
    assert not mutes(silence, at=NOON + HOUR)


def test_the_silence_that_lasts_longest_comes_first() -> None:
    short, long = replace(EVERYTHING, id="1"), replace(EVERYTHING, id="2", ends_at=NOON + 2 * HOUR)
    assert silences_of(ALERT, (short, long), None, NOON) == (long, short)


def test_a_pattern_that_never_comes_to_an_end_mutes_nothing_and_holds_nothing_up() -> None:
    subject = "a" * 60 + "!"
    started = wall.monotonic()
    found = silences_of(replace(ALERT, subject=subject), (replace(EVERYTHING, match=r"^(a|a)*?$"),), None, NOON)
    assert found == ()
    assert wall.monotonic() - started < 5


def test_maintenance_once_lasts_from_its_start_up_to_its_end() -> None:
    window = MaintenanceWindow("move", services=("checkout",), starts_at=NOON, ends_at=NOON + HOUR)
    assert maintenance_of("checkout", None, (window,), NOON) == (window, NOON + HOUR)
    assert maintenance_of("checkout", None, (window,), NOON - timedelta.resolution) is None
    assert maintenance_of("checkout", None, (window,), NOON + HOUR) is None
    assert maintenance_of("cart", None, (window,), NOON) is None


def test_maintenance_without_a_start_has_begun_and_without_an_end_never_runs() -> None:
    begun = MaintenanceWindow("move", services=("checkout",), ends_at=NOON + HOUR)
    assert maintenance_of("checkout", None, (begun,), NOON) == (begun, NOON + HOUR)
    assert maintenance_of("checkout", None, (MaintenanceWindow("?", ("checkout",), starts_at=NOON),), NOON) is None


def test_maintenance_that_recurs_ends_with_its_occurrence() -> None:
    window = MaintenanceWindow("deploy", groups=("shop",), recurrence=Recurrence(time(11, 30), 3600.0, ("wed",)))
    assert maintenance_of("checkout", "shop", (window,), NOON) == (window, NOON + HOUR / 2)
    assert maintenance_of("checkout", "shop", (window,), NOON + timedelta(days=1)) is None
    assert maintenance_of("checkout", None, (window,), NOON) is None


def test_of_several_windows_the_last_to_end_counts() -> None:
    short = MaintenanceWindow("short", services=("checkout",), starts_at=NOON, ends_at=NOON + HOUR)
    long = MaintenanceWindow("long", groups=("shop",), starts_at=NOON, ends_at=NOON + 2 * HOUR)
    found = maintenance_of("checkout", "shop", (short, long), NOON)
    assert found == (long, NOON + 2 * HOUR)


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 5)), max_size=6), st.integers(-6, 10))
def test_maintenance_ends_when_no_window_that_runs_now_runs_any_more(spans: list[tuple[int, int]], hour: int) -> None:
    windows = [
        MaintenanceWindow(
            str(number), ("checkout",), starts_at=NOON + start * HOUR, ends_at=NOON + (start + length) * HOUR
        )
        for number, (start, length) in enumerate(spans)
    ]
    running = [start + length for start, length in spans if start <= hour < start + length]
    found = maintenance_of("checkout", None, windows, NOON + hour * HOUR)
    assert (None if found is None else found[1]) == (NOON + max(running) * HOUR if running else None)
