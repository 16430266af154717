"""The mergeable histogram: accuracy, merging, encoding."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.model import LatencyHistogram
from amt_console.model.histogram import (
    RELATIVE_ERROR,
    SCALE,
    PackedCounts,
    decode_counts,
    encode_counts,
    sum_of_encoded,
)

VALUES = st.lists(st.floats(0, 1e7), max_size=60)


def nearest_rank(values: Sequence[float], q: float) -> float:
    return sorted(values)[max(1, math.ceil(len(values) * q - 1e-9)) - 1]


@given(values=st.lists(st.floats(0, 1e7), min_size=1, max_size=200), q=st.floats(0, 1))
def test_a_quantile_is_within_one_percent_and_one_thousandth(values: list[float], q: float) -> None:
    found = LatencyHistogram.of(values).quantile(q)
    true = nearest_rank(values, q)
    assert found is not None
    assert abs(found - true) <= true * RELATIVE_ERROR * 1.0001 + 1.02 / SCALE


@pytest.mark.parametrize(("q", "value"), [(0, 10.0), (0.5, 10.0), (0.51, 20.0), (0.9, 20.0), (0.91, 500.0), (1, 500.0)])
def test_a_quantile_is_the_value_of_nearest_rank(q: float, value: float) -> None:
    histogram = LatencyHistogram.of([10.0] * 5 + [20.0] * 4 + [500.0])
    assert histogram.quantile(q) == pytest.approx(value, rel=RELATIVE_ERROR)


@pytest.mark.slow
@given(values=st.lists(st.floats(0, 1e7), min_size=1, max_size=60), a=st.floats(0, 1), b=st.floats(0, 1))
def test_a_quantile_never_falls_with_q_nor_leaves_the_values(values: list[float], a: float, b: float) -> None:
    histogram = LatencyHistogram.of(values)
    low, high = histogram.quantile(min(a, b)), histogram.quantile(max(a, b))
    assert low is not None
    assert high is not None
    assert histogram.low is not None
    assert histogram.high is not None
    assert histogram.low <= low <= high <= histogram.high


def test_number_sum_and_extremes_are_exact() -> None:
    histogram = LatencyHistogram.of([12.5, 3.25, 4000.0])
    assert (histogram.count, histogram.low, histogram.high) == (3, 3.25, 4000.0)
    assert histogram.mean == pytest.approx(4015.75 / 3)
    assert LatencyHistogram.of([7.0]).quantile(0.95) == 7.0


@pytest.mark.slow
@given(parts=st.lists(VALUES, max_size=5))
def test_merging_is_the_histogram_of_all_values_in_any_order(parts: list[list[float]]) -> None:
    whole = LatencyHistogram.of([value for part in parts for value in part])
    histograms = [LatencyHistogram.of(part) for part in parts]
    assert LatencyHistogram.merged(histograms) == whole
    assert LatencyHistogram.merged(reversed(histograms)) == whole
    assert whole.count == sum(map(len, parts))
    assert sum_of_encoded(encode_counts(histogram.counts) for histogram in histograms) == whole.counts


@given(first=VALUES, second=VALUES)
def test_adding_values_is_the_histogram_of_all_values(first: list[float], second: list[float]) -> None:
    added = LatencyHistogram.of(first).plus(round(value * SCALE) for value in second)
    assert added == LatencyHistogram.of([*first, *second])


@pytest.mark.parametrize("data", [b"\x03\x01\x00", b"\x01", b"\x01\x07\x00", b"\x02\x07\x00\x01\x00"])
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        sum_of_encoded([data])


@given(
    parts=st.lists(st.dictionaries(st.integers(0, 40), st.integers(1, 2**17), max_size=20), min_size=1, max_size=5),
    most=st.sampled_from([1, 2**16 - 1, 2**17]),
    q=st.floats(0, 1),
)
def test_a_sum_of_encoded_histograms_answers_as_one_of_dictionaries(
    parts: list[dict[int, int]], most: int, q: float
) -> None:
    small = [{index: min(count, most) for index, count in part.items()} for part in parts]
    whole = LatencyHistogram.merged([LatencyHistogram(part, sum(part.values()), most=10**9) for part in small])
    counts = sum_of_encoded(map(encode_counts, small))
    found = replace(whole, counts=counts)
    assert found.quantiles(q, 0.5) == whole.quantiles(q, 0.5)
    assert found.share_at_most(0.01) == whole.share_at_most(0.01)
    assert (found, len(counts), bool(counts)) == (whole, len(whole.counts), bool(whole.counts))
    assert sorted(counts) == sorted(whole.counts)
    assert all(counts[index] == number for index, number in whole.counts.items())
    assert encode_counts(counts) == encode_counts(whole.counts)
    assert LatencyHistogram.merged([found, whole]) == LatencyHistogram.merged([whole, whole])
    assert pickle.loads(pickle.dumps(found)) == whole


def test_the_bins_of_an_encoded_part_may_be_repeated_and_in_any_order() -> None:
    pairs = encode_counts({9: 1}) + encode_counts({2: 3})[1:] + encode_counts({9: 4})[1:]
    counts = sum_of_encoded([pairs])
    assert counts == {2: 3, 9: 5}
    assert LatencyHistogram(counts, 8, most=10**9).quantiles(0.375, 0.376) == LatencyHistogram(
        {2: 3, 9: 5}, 8, most=10**9
    ).quantiles(0.375, 0.376)


@given(counts=st.dictionaries(st.integers(0, 4095), st.integers(1, 2**40)))
def test_encoding_loses_nothing(counts: dict[int, int]) -> None:
    assert decode_counts(encode_counts(counts)) == counts


def test_a_day_of_answers_takes_less_than_a_kilobyte() -> None:
    day = LatencyHistogram.of(20 + (i * 7919 % 1000) ** 1.5 / 50 for i in range(5760))
    assert len(encode_counts(day.counts)) < 1000


def test_an_empty_histogram_has_no_quantile_and_no_bytes() -> None:
    empty = LatencyHistogram()
    assert (empty.quantile(0.5), empty.share_at_most(100), empty.mean, empty.low, empty.high) == (None,) * 5
    assert encode_counts(empty.counts) == b""
    assert decode_counts(b"") == empty.counts


def test_the_share_below_a_limit_counts_the_limit_itself() -> None:
    histogram = LatencyHistogram.of([10, 20, 30, 4000])
    assert histogram.share_at_most(100) == 0.75
    assert LatencyHistogram.of([100, 100, 100, 200]).share_at_most(100) == 0.75


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        LatencyHistogram.of([1]).quantile(95)
    with pytest.raises(ValueError, match="not a latency histogram"):
        decode_counts(b"\x07abc")


@pytest.mark.slow
@given(parts=st.lists(VALUES, min_size=1, max_size=20), many=st.booleans())
def test_packed_counts_are_the_counts(parts: list[list[float]], many: bool) -> None:
    plain = [LatencyHistogram.of(values) for values in (parts if many else parts[:3])]
    packed = [replace(each, counts=PackedCounts(encode_counts(each.counts))) for each in plain]
    assert packed == plain
    assert [len(each.counts) for each in packed] == [len(each.counts) for each in plain]
    assert [encode_counts(each.counts) for each in packed] == [encode_counts(each.counts) for each in plain]
    assert [each.quantiles(0, 0.5, 1) for each in packed] == [each.quantiles(0, 0.5, 1) for each in plain]
    assert [each.share_at_most(50) for each in packed] == [each.share_at_most(50) for each in plain]
    whole = LatencyHistogram.merged(plain)
    assert LatencyHistogram.merged(packed) == LatencyHistogram.merged([*packed[:1], *plain[1:]]) == whole
    assert pickle.loads(pickle.dumps(packed)) == plain
