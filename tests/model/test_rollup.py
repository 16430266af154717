"""The figures of a rollup, and adding rollups up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.rollups import rollup

from amt_console.model import Rollup

START = datetime(2026, 1, 5, tzinfo=UTC)


def test_the_figures_of_a_rollup() -> None:
    found = rollup(
        START, 100, samples=4, errors=1, up=40, degraded=20, down=20, maintenance=10, times=[10.0, 20.0, 30.0]
    )
    assert found.availability == pytest.approx(0.75)
    assert found.coverage == pytest.approx(80 / 90)
    assert (found.start, found.seconds, found.unknown_s) == (START, 100, 10)
    assert (found.mean_ms, found.min_ms, found.max_ms, found.error_rate) == (20, 10, 30, 0.25)
    empty = rollup(START, 60)
    assert (empty.availability, empty.coverage, empty.mean_ms, empty.error_rate) == (None, 0.0, None, None)
    assert empty.empty
    assert not found.empty


PARTS = st.lists(
    st.builds(
        rollup,
        st.just(START),
        st.just(60),
        samples=st.integers(0, 9),
        errors=st.integers(0, 9),
        up=st.integers(0, 60),
        degraded=st.integers(0, 60),
        down=st.integers(0, 60),
        maintenance=st.integers(0, 60),
        times=st.lists(st.floats(0, 1e5), max_size=5),
    ),
    max_size=8,
)


@pytest.mark.slow
@given(PARTS, PARTS, st.randoms())
def test_rollups_add_up_in_any_order_and_grouping(first: list[Rollup], second: list[Rollup], rng: object) -> None:
    def merged(parts: list[Rollup]) -> Rollup:
        return Rollup.merged(parts, start_us=0, length_us=60)

    mixed = [*first, *second]
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    whole = merged(mixed)
    assert whole == merged([merged(first), merged(second)])
    assert whole.samples == sum(part.samples for part in mixed)
    assert whole.known_us == sum(part.known_us for part in mixed)
    assert whole.histogram.count == sum(part.histogram.count for part in mixed)


def test_a_merged_rollup_lasts_as_long_as_it_is_told() -> None:
    parts = [rollup(START, 60, up=60), rollup(START + timedelta(minutes=2), 60, down=30)]
    both = Rollup.merged(parts, start_us=parts[0].start_us, length_us=3 * parts[0].length_us)
    assert (both.up_s, both.down_s, both.unknown_s, both.seconds) == (60, 30, 90, 180)
