from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rollups import rollup

from amt_console.analysis.uptime.availability import NOTHING, Availability, availability
from amt_console.model import Rollup

START = datetime(2026, 1, 5, tzinfo=UTC)


@st.composite
def bucket(draw: st.DrawFn, index: int = 0) -> Rollup:
    known = draw(st.floats(0, 60))
    cuts = sorted((draw(st.floats(0, 1)), draw(st.floats(0, 1)), draw(st.floats(0, 1))))
    up, degraded, down = cuts[0] * known, (cuts[1] - cuts[0]) * known, (cuts[2] - cuts[1]) * known
    rest = max(0.0, known - up - degraded - down)
    return rollup(START + timedelta(minutes=index), 60, up=up, degraded=degraded, down=down, maintenance=rest)


BUCKETS = st.lists(bucket(), max_size=20)


def test_golden_numbers_of_an_hour() -> None:
    parts = [
        rollup(START, 1800, up=1700, degraded=40, down=60),
        rollup(START + timedelta(minutes=30), 1800, up=600, maintenance=600),
    ]
    found = availability(parts, 3600)
    assert found == Availability(up_s=2300, degraded_s=40, down_s=60, maintenance_s=600, unknown_s=600)
    assert found.availability_percent == pytest.approx(97.5)
    assert found.coverage_percent == pytest.approx(80.0)
    assert found.worst_case_percent == pytest.approx(78.0)
    assert found.sufficient


def test_nothing_measured_is_not_an_availability_of_0() -> None:
    found = availability([], 3600)
    assert (found.availability_percent, found.coverage_percent, found.unknown_s) == (None, 0.0, 3600)
    assert not found.sufficient


def test_all_maintenance_has_no_coverage_to_speak_of() -> None:
    found = availability([rollup(START, 60, maintenance=60)], 60)
    assert (found.availability_percent, found.coverage_percent, found.worst_case_percent) == (None, None, None)


def test_an_outage_of_the_monitor_changes_coverage_and_not_availability() -> None:
    day = [rollup(START + timedelta(hours=h), 3600, up=3564, down=36) for h in range(24)]
    stopped = [b for b in day if not 6 <= b.start.hour < 12]
    whole, part = availability(day, 86400), availability(stopped, 86400)
    assert part.availability_percent == pytest.approx(whole.availability_percent)
    assert part.coverage_percent == pytest.approx(75.0)


@pytest.mark.slow
@given(BUCKETS)
def test_the_parts_sum_to_the_window(buckets: list[Rollup]) -> None:
    window = 60.0 * max(1, len(buckets))
    found = availability(buckets, window)
    assert found.window_s == pytest.approx(window)
    assert min(found.up_s, found.degraded_s, found.down_s, found.maintenance_s, found.unknown_s) >= 0


@pytest.mark.slow
@given(BUCKETS, BUCKETS)
def test_two_windows_add_up(first: list[Rollup], second: list[Rollup]) -> None:
    together = availability(first + second, 60.0 * (len(first) + len(second)))
    added = availability(first, 60.0 * len(first)) + availability(second, 60.0 * len(second))
    for name in ("up_s", "degraded_s", "down_s", "maintenance_s", "unknown_s"):
        assert getattr(together, name) == pytest.approx(getattr(added, name), abs=1e-6)


@pytest.mark.slow
@given(BUCKETS, st.randoms())
def test_the_order_does_not_matter(buckets: list[Rollup], rng: object) -> None:
    shuffled = list(buckets)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    window = 60.0 * max(1, len(buckets))
    assert availability(buckets, window).up_s == pytest.approx(availability(shuffled, window).up_s)


@pytest.mark.slow
@given(BUCKETS)
def test_the_worst_case_is_never_better(buckets: list[Rollup]) -> None:
    found = availability(buckets, 60.0 * (len(buckets) + 1))
    if found.availability_percent is not None and found.worst_case_percent is not None:
        assert 0 <= found.worst_case_percent <= found.availability_percent + 1e-9 <= 100 + 1e-6


def test_nothing_is_neutral() -> None:
    assert NOTHING + NOTHING == NOTHING
