"""Sums and quantiles of very many histograms against those of single ones."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.model import LatencyHistogram
from amt_console.model.histogram import PackedCounts, encode_counts
from amt_console.model.many_histograms import merged_groups, quantiles_of_each, sums_of_groups

VALUES = st.lists(st.floats(0, 1e6), max_size=40)
COUNTS = st.dictionaries(st.integers(0, 4095), st.one_of(st.integers(1, 9), st.integers(1, 2**40)), max_size=20)


def packed(histogram: LatencyHistogram) -> LatencyHistogram:
    return replace(histogram, counts=PackedCounts(encode_counts(histogram.counts)))


@pytest.mark.slow
@given(parts=st.lists(st.tuples(VALUES, st.integers(0, 3)), max_size=12), as_bytes=st.booleans())
def test_the_sum_of_each_group_is_that_of_its_histograms(parts: list[tuple[list[float], int]], as_bytes: bool) -> None:
    plain = [LatencyHistogram.of(values) for values, _ in parts]
    groups = [group for _, group in parts]
    wanted = [
        LatencyHistogram.merged(each for each, group in zip(plain, groups, strict=True) if group == number)
        for number in range(4)
    ]
    given_ones = [packed(each) for each in plain] if as_bytes else plain
    assert merged_groups(given_ones, groups, 4) == wanted
    encoded = [encode_counts(each.counts) for each in plain]
    assert sums_of_groups(encoded, groups, 4) == [encode_counts(each.counts) for each in wanted]


@pytest.mark.slow
@given(parts=st.lists(st.tuples(COUNTS, st.integers(0, 2)), max_size=8))
def test_large_counts_are_added_exactly_and_in_the_shortest_form(parts: list[tuple[dict[int, int], int]]) -> None:
    sums: list[dict[int, int]] = [{}, {}, {}]
    for counts, group in parts:
        for index, count in counts.items():
            sums[group][index] = sums[group].get(index, 0) + count
    found = sums_of_groups([encode_counts(counts) for counts, _ in parts], [group for _, group in parts], 3)
    assert found == [encode_counts(counts) for counts in sums]


@pytest.mark.slow
@given(values=st.lists(VALUES, max_size=8), wanted=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_quantiles_of_each_are_those_of_single_histograms(values: list[list[float]], wanted: list[float]) -> None:
    plain = [LatencyHistogram.of(each) for each in values]
    assert quantiles_of_each(plain, *wanted) == [each.quantiles(*wanted) for each in plain]
    assert quantiles_of_each([packed(each) for each in plain], *wanted) == [each.quantiles(*wanted) for each in plain]


def test_quantiles_of_counts_that_need_eight_bytes() -> None:
    large = LatencyHistogram({3: 2**40, 9: 2**41}, 3 * 2**40, 0, 0, 10**6)
    assert quantiles_of_each([large, LatencyHistogram()], 0.3, 0.9) == [large.quantiles(0.3, 0.9), (None, None)]


@pytest.mark.parametrize("data", [b"\x03\x01\x00\x01\x00", b"\x01\x07\x00", b"\x02\x07\x00\x00", b"\x02" + bytes(8)])
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        sums_of_groups([encode_counts({1: 1}), data], [0, 0], 1)


def test_a_share_above_one_is_no_quantile() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantiles_of_each([LatencyHistogram.of([1])], 95)
