"""Ranks, against their definition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from amt_console.analysis.ranks import ranks


def test_equal_values_share_their_mean_rank() -> None:
    assert ranks([30.0, 10.0, 20.0, 10.0]) == [4.0, 1.5, 3.0, 1.5]
    assert ranks([7.0]) == [1.0]
    assert ranks([]) == []


@given(st.lists(st.floats(-1e9, 1e9) | st.sampled_from((0.0, 1.0)), max_size=40))
def test_a_rank_is_the_number_of_smaller_values_and_half_of_the_equal_ones(values: list[float]) -> None:
    expected = [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2 for value in values
    ]
    assert ranks(values) == expected
