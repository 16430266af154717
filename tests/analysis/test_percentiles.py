from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.analysis.percentiles import percentile


@pytest.mark.parametrize(
    ("q", "expected"), [(0, 15.0), (5, 16.0), (30, 23.0), (40, 29.0), (50, 35.0), (95, 48.0), (100, 50.0)]
)
def test_interpolates_between_the_closest_ranks(q: float, expected: float) -> None:
    assert percentile([50, 15, 20, 40, 35], q) == pytest.approx(expected)


def test_single_values_that_are_not_finite_are_left_out() -> None:
    assert percentile([1.0, float("nan"), 3.0, float("inf")], 50) == 2.0
    assert percentile([], 50) is None


@pytest.mark.parametrize("q", [-1, 101])
def test_a_percentile_lies_between_0_and_100(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        percentile([1.0], q)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.floats(0, 100))
def test_percentile_stays_within_the_values(values: list[float], q: float) -> None:
    found = percentile(values, q)
    assert found is not None
    assert min(values) <= found <= max(values)
