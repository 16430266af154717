"""Percentiles, in the two forms the program meets: of single values and of counted values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

SAMPLE_METHOD = "linear interpolation between closest ranks (Hyndman and Fan type 7)"
COUNTED_METHOD = "nearest rank over the merged latency histograms, never an average of percentiles"

Counts = Mapping[float, int]
"""How often each value was seen; the values are the representatives of a histogram's bins."""


def percentile(values: Iterable[float], q: float) -> float | None:
    """The ``q``-th percentile (0-100) of single values by linear interpolation, type 7 of Hyndman and Fan (1996).

    Returns ``None`` for no values. Non-finite values are left out.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not {q}")
    ordered = sorted(value for value in values if math.isfinite(value))
    if not ordered:
        return None
    rank = (len(ordered) - 1) * q / 100
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return low if low == high else min(max(low + (high - low) * (rank - below), low), high)


def counted_percentile(counts: Counts, q: float) -> float | None:
    """The ``q``-th percentile (0-100) of counted values by nearest rank.

    That is the smallest value with at least ``q`` % of the values at or below it; ``None`` for no values.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not {q}")
    total = sum(counts.values())
    if total <= 0:
        return None
    rank = max(1, math.ceil(total * q / 100 - 1e-9))
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    raise AssertionError("unreachable")


def share_at_most(counts: Counts, limit: float) -> float | None:
    """Percent of counted values that are at most ``limit``; ``None`` for no values."""
    total = sum(counts.values())
    if total <= 0:
        return None
    return 100 * sum(count for value, count in counts.items() if value <= limit) / total


def merge_counts(parts: Iterable[Counts]) -> dict[float, int]:
    """All counts added up; the order of the parts does not matter."""
    merged: dict[float, int] = {}
    for part in parts:
        for value, count in part.items():
            merged[value] = merged.get(value, 0) + count
    return merged


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; ``None`` for no values."""
    return math.fsum(values) / len(values) if values else None


def median(values: Sequence[float]) -> float | None:
    """The 50th percentile."""
    return percentile(values, 50)
