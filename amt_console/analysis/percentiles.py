"""Percentiles of single values; a histogram has those of counted values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

QUANTILE_METHOD = "nearest rank over the merged latency histograms, never an average of percentiles"


def percentile(values: Iterable[float], q: float) -> float | None:
    """The ``q``-th percentile (0-100) of single values by linear interpolation, type 7 of Hyndman and Fan (1996).

    Returns ``None`` for no values. Non-finite values are left out.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not {q}")
    ordered = sorted(filter(math.isfinite, values))
    if not ordered:
        return None
    rank = (len(ordered) - 1) * q / 100
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return low if low == high else min(max(low + (high - low) * (rank - below), low), high)


MOST_VALUE = 1e150
"""Squares and sums of values up to this stay finite."""


def usable(value: float) -> bool:
    """Whether a value of a series can be computed with: finite, and not absurdly large."""
    return -MOST_VALUE <= value <= MOST_VALUE


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; ``None`` for no values."""
    return math.fsum(values) / len(values) if values else None


def median(values: Sequence[float]) -> float | None:
    """The 50th percentile; an analysis asks for tens of thousands."""
    # Where the sum is finite every value is; to ask each of them takes as long as to sort them.
    return middle_of(sorted(values if math.isfinite(sum(values)) else filter(math.isfinite, values)))


def middle_of(ordered: Sequence[float]) -> float | None:
    """``median`` of finite values in ascending order."""
    if not ordered:
        return None
    middle = len(ordered) // 2
    high = ordered[middle]
    if len(ordered) % 2:
        return high
    low = ordered[middle - 1]
    return low if low == high else min(max(low + (high - low) * 0.5, low), high)
