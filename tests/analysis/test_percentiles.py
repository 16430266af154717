from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.analysis.percentiles import counted_percentile, merge_counts, percentile, share_at_most

COUNTS = st.dictionaries(st.floats(0.001, 1e6), st.integers(1, 50), max_size=20)


@pytest.mark.parametrize(
    ("q", "expected"), [(0, 15.0), (5, 16.0), (30, 23.0), (40, 29.0), (50, 35.0), (95, 48.0), (100, 50.0)]
)
def test_interpolates_between_the_closest_ranks(q: float, expected: float) -> None:
    assert percentile([50, 15, 20, 40, 35], q) == pytest.approx(expected)


def test_single_values_that_are_not_finite_are_left_out() -> None:
    assert percentile([1.0, float("nan"), 3.0, float("inf")], 50) == 2.0
    assert percentile([], 50) is None


@pytest.mark.parametrize(("q", "expected"), [(0, 10.0), (50, 10.0), (51, 20.0), (90, 20.0), (91, 500.0), (100, 500.0)])
def test_counted_percentile_is_the_nearest_rank(q: float, expected: float) -> None:
    assert counted_percentile({10.0: 5, 20.0: 4, 500.0: 1}, q) == expected


def test_nothing_has_no_percentile() -> None:
    assert counted_percentile({}, 95) is None
    assert share_at_most({}, 10) is None


@pytest.mark.parametrize("q", [-1, 101])
def test_a_percentile_lies_between_0_and_100(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        percentile([1.0], q)
    with pytest.raises(ValueError, match="between 0 and 100"):
        counted_percentile({1.0: 1}, q)


@given(COUNTS, st.floats(0, 100), st.floats(0, 100))
def test_counted_percentile_never_falls_with_q(counts: dict[float, int], a: float, b: float) -> None:
    low, high = counted_percentile(counts, min(a, b)), counted_percentile(counts, max(a, b))
    assert (low is None) == (high is None) == (not counts)
    if low is not None and high is not None:
        assert min(counts) <= low <= high <= max(counts)


@given(st.lists(COUNTS, max_size=5), st.randoms())
def test_merging_does_not_care_about_the_order(parts: list[dict[float, int]], rng: object) -> None:
    shuffled = list(parts)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert merge_counts(parts) == merge_counts(shuffled)
    assert sum(merge_counts(parts).values()) == sum(sum(part.values()) for part in parts)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.floats(0, 100))
def test_percentile_stays_within_the_values(values: list[float], q: float) -> None:
    found = percentile(values, q)
    assert found is not None
    assert min(values) <= found <= max(values)


def test_share_within_a_limit_counts_the_limit_itself() -> None:
    assert share_at_most({100.0: 3, 200.0: 1}, 100) == 75.0
