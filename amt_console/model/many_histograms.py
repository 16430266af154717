"""Very many histograms at once, by arrays: a report on a month of a hundred services adds up seventy thousand.

All results are those of ``LatencyHistogram``, to the last digit. Import it where it is used: loading NumPy takes longer
than a short command.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amt_console.model.histogram import (
    LARGEST_BIN,
    LONG,
    SCALE,
    SHORT,
    LatencyHistogram,
    PackedCounts,
    encode_counts,
    middle_of,
    unpacked,
)

Numbers = NDArray[np.int64]
_MOST_SHORT = 0xFFFF
_MOST_EXACT = 2**53
_MOST_CELLS = 8
"""Cells of a table for each count, up to which adding up in it is quicker than sorting."""
_BIN_BITS = 16
_PAIR = 4
"""Bytes of a bin and its count in the short form."""


def sums_of_groups(encoded: Sequence[bytes], groups: Sequence[int] | Numbers, number: int) -> list[bytes]:
    """The sum of the histograms of each group, all in the form of ``encode_counts``.

    Args:
        encoded: The histograms.
        groups: The group of each, from 0 on.
        number: How many groups there are; one without histograms has an empty sum.

    Raises ValueError for anything but ``encode_counts``' bytes.
    """
    bins, counts, pairs = _read(encoded)
    if not len(bins):
        return [b""] * number
    owners = np.repeat(np.asarray(groups, np.int64), pairs)
    cells = number * (int(np.ptp(bins)) + 1)
    # Sums of floating point numbers are exact up to there; a count of 0 would be lost.
    exact = counts.min() > 0 and int(counts.max()) * len(counts) <= _MOST_EXACT
    add_up = _few_sums if exact and cells <= _MOST_CELLS * len(bins) else _many_sums
    owners, bins, sums = add_up(owners, bins, counts)
    edges = np.searchsorted(owners, np.arange(number + 1)).tolist()
    if sums.max() > _MOST_SHORT:
        return [_encoded(bins[begin:end], sums[begin:end]) for begin, end in pairwise(edges)]
    whole = _interleaved(bins, sums, "<u2")
    return [SHORT + whole[_PAIR * begin : _PAIR * end] if begin < end else b"" for begin, end in pairwise(edges)]


def _many_sums(groups: Numbers, bins: Numbers, counts: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Groups, their bins and the sums of the counts, by group and bin; by sorting."""
    keys = groups << _BIN_BITS | bins
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    keys = keys[first]
    return keys >> _BIN_BITS, keys & ((1 << _BIN_BITS) - 1), np.add.reduceat(counts[order], first)


def _few_sums(groups: Numbers, bins: Numbers, counts: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The same by a table of all bins of all groups."""
    least = bins.min()
    width = int(bins.max() - least) + 1
    places = groups * width
    places += bins
    places -= least
    sums = np.bincount(places, counts)
    # To find what is true takes a tenth of the time of finding what is not 0.
    seen = np.flatnonzero(sums > 0)
    owners = seen // width
    return owners, seen - owners * width + least, sums[seen].astype(np.int64)


def merged_groups(histograms: Sequence[LatencyHistogram], groups: Sequence[int], number: int) -> list[LatencyHistogram]:
    """``LatencyHistogram.merged`` of each group; the group of each histogram is a number from 0 on."""
    sums = sums_of_groups([encode_counts(each.counts) for each in histograms], groups, number)
    parts: list[list[LatencyHistogram]] = [[] for _ in range(number)]
    for histogram, group in zip(histograms, groups, strict=True):
        if histogram.count:
            parts[group].append(histogram)
    return [
        LatencyHistogram(
            PackedCounts(data),
            sum(each.count for each in part),
            sum(each.total for each in part),
            min((each.least for each in part), default=0),
            max((each.most for each in part), default=0),
        )
        for data, part in zip(sums, parts, strict=True)
    ]


def quantiles_of_each(histograms: Sequence[LatencyHistogram], *wanted: float) -> list[tuple[float | None, ...]]:
    """``LatencyHistogram.quantiles`` of each."""
    if not all(0 <= q <= 1 for q in wanted):
        raise ValueError(f"a quantile lies between 0 and 1, not {', '.join(map(str, wanted))}")
    found: list[tuple[float | None, ...]] = [(None,) * len(wanted)] * len(histograms)
    bins, counts, pairs = _read([encode_counts(each.counts) for each in histograms])
    filled = np.flatnonzero(pairs)
    if not len(filled):
        return found
    seen = np.cumsum(counts)
    ends = np.cumsum(pairs)[filled]
    before = np.concatenate(([0], seen[ends[:-1] - 1]))
    totals = seen[ends - 1] - before
    chosen = [histograms[index] for index in filled.tolist()]
    least, most = (np.array(values, np.float64) for values in zip(*((h.least, h.most) for h in chosen), strict=True))
    columns = []
    for q in wanted:
        ranks = np.maximum(1, np.ceil(q * totals - 1e-9)).astype(np.int64)
        places = np.minimum(bins[np.searchsorted(seen, before + ranks)], LARGEST_BIN)
        columns.append((np.minimum(most, np.maximum(least, _middles()[places])) / SCALE).tolist())
    for index, values in zip(filled.tolist(), zip(*columns, strict=True), strict=True):
        found[index] = values
    return found


def _read(encoded: Sequence[bytes]) -> tuple[Numbers, Numbers, Numbers]:
    """All bins, all counts, and the number of them in each histogram."""
    lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
    if {data[:1] for data in encoded} <= {SHORT, b""}:
        sizes = np.maximum(lengths - 1, 0)
        if (sizes % _PAIR).any():
            raise ValueError("not a latency histogram")
        numbers: NDArray[Any] = np.frombuffer(b"".join([data[1:] for data in encoded]), "<u2")
        pairs = sizes // _PAIR
    else:
        parts = [unpacked(data) if data else () for data in encoded]
        if any(len(part) % 2 for part in parts):
            raise ValueError("not a latency histogram")
        numbers = np.concatenate([np.array(part, np.int64) for part in parts])
        pairs = np.fromiter(map(len, parts), np.int64, len(parts)) // 2
    return numbers[0::2].astype(np.int64), numbers[1::2].astype(np.int64), pairs


def _encoded(bins: Numbers, counts: Numbers) -> bytes:
    if not len(bins):
        return b""
    if counts.max() > _MOST_SHORT:
        return LONG + _interleaved(bins, counts, "<u8")
    return SHORT + _interleaved(bins, counts, "<u2")


def _interleaved(bins: Numbers, counts: Numbers, kind: str) -> bytes:
    words = np.empty(2 * len(bins), kind)
    words[0::2], words[1::2] = bins, counts
    return words.tobytes()


@cache
def _middles() -> NDArray[np.float64]:
    return np.array([middle_of(index) for index in range(LARGEST_BIN + 1)])
