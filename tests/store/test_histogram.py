"""The mergeable histogram: accuracy, merging, encoding."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.store.rollups.histogram import RELATIVE_ERROR, SCALE, LatencyHistogram, add_encoded

VALUES = st.lists(st.floats(0, 1e7), max_size=60)


def exact(values: Sequence[float], q: float) -> float:
    return sorted(values)[int(q * (len(values) - 1))]


@given(values=st.lists(st.floats(0, 1e7), min_size=1, max_size=200), q=st.floats(0, 1))
def test_a_quantile_is_within_one_percent_and_one_thousandth(values: list[float], q: float) -> None:
    found = LatencyHistogram.of(values).quantile(q)
    true = exact(values, q)
    assert found is not None
    assert abs(found - true) <= true * RELATIVE_ERROR * 1.0001 + 1.02 / SCALE


@given(parts=st.lists(VALUES, max_size=5))
def test_merging_is_the_histogram_of_all_values_in_any_order(parts: list[list[float]]) -> None:
    whole = LatencyHistogram.of([value for part in parts for value in part])
    histograms = [LatencyHistogram.of(part) for part in parts]
    assert LatencyHistogram.merged(histograms) == whole
    assert LatencyHistogram.merged(reversed(histograms)) == whole
    assert whole.count == sum(map(len, parts))
    encoded = [histogram.encode() for histogram in histograms]
    counts: dict[int, int] = {}
    add_encoded(counts, encoded[:2])
    add_encoded(counts, encoded[2:])
    assert counts == whole.counts


@pytest.mark.parametrize("data", [b"\x03\x01\x00", b"\x01", b"\x01\x07\x00", b"\x01\x09\x00\x01\x00\x02\x00\x01\x00"])
def test_bytes_of_something_else_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        add_encoded({}, [data])


@given(counts=st.dictionaries(st.integers(0, 4095), st.integers(1, 2**40)))
def test_encoding_loses_nothing(counts: dict[int, int]) -> None:
    histogram = LatencyHistogram(counts)
    assert LatencyHistogram.decode(histogram.encode()) == histogram


def test_a_day_of_answers_takes_less_than_a_kilobyte() -> None:
    day = LatencyHistogram.of(20 + (i * 7919 % 1000) ** 1.5 / 50 for i in range(5760))
    assert len(day.encode()) < 1000


def test_an_empty_histogram_has_no_quantile_and_no_bytes() -> None:
    empty = LatencyHistogram()
    assert empty.quantile(0.5) is None
    assert empty.share_at_most(100) is None
    assert empty.encode() == b""
    assert LatencyHistogram.decode(b"") == empty


def test_the_share_below_a_limit() -> None:
    histogram = LatencyHistogram.of([10, 20, 30, 4000])
    assert histogram.share_at_most(100) == 0.75


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        LatencyHistogram.of([1]).quantile(95)
    with pytest.raises(ValueError, match="not a latency histogram"):
        LatencyHistogram.decode(b"\x07abc")
