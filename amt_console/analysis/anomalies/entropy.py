"""Causal relative entropy: windows whose distribution agrees with none seen before.

Wang, Viswanathan, Choudur, Talwar, Satterfield, Schwan: "Statistical techniques for online anomaly detection in data
centers", IM 2011. Twice the window's length times the relative entropy against a known distribution is
chi-square-distributed with (bins - 1) degrees of freedom if the window comes from it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

WINDOW = 52
BINS = 5
LEARN = 750
"""The range of the bins comes from so many first values; they get no score."""
ALARM = 13.28
"""Chi-square(4) at 0.99."""
PSEUDO_COUNT = 0.01
"""Count of a value never seen in a known distribution: relative entropy would be infinite with 0."""

Counts = tuple[int, ...]


def entropy_scores(values: Sequence[float]) -> list[float]:
    """Twice the window's length times the least relative entropy against a known distribution, per value."""
    scores = [0.0] * len(values)
    if len(values) <= LEARN:
        return scores
    low, high = min(values[:LEARN]), max(values[:LEARN])
    if not high > low:
        return scores
    scale = BINS / (high - low)
    bins = [min(BINS - 1, max(0, math.floor((value - low) * scale))) for value in values]
    known = _Known()
    counts = [0] * BINS
    for index, each in enumerate(bins):
        counts[each] += 1
        if index >= WINDOW:
            counts[bins[index - WINDOW]] -= 1
        if index >= WINDOW - 1:
            score = known.distance(tuple(counts))
            if index >= LEARN:
                scores[index] = score
    return scores


class _Known:
    """The distributions seen so far, one for each group that agrees."""

    def __init__(self) -> None:
        self._logs: list[tuple[float, ...]] = []
        self._seen: dict[Counts, tuple[float, int]] = {}
        """Least distance, and to how many known distributions."""

    def distance(self, counts: Counts) -> float:
        """Least distance to a known distribution; from ``ALARM`` on, this one is known too."""
        least, compared = self._seen.get(counts, (math.inf, 0))
        if compared < len(self._logs):
            own = sum(count * math.log(count / WINDOW) for count in counts if count)
            for logs in self._logs[compared:]:
                least = min(least, 2 * (own - sum(map(mul, counts, logs))))
        known = bool(self._logs)
        if least >= ALARM:
            total = WINDOW + BINS * PSEUDO_COUNT
            self._logs.append(tuple(math.log((count + PSEUDO_COUNT) / total) for count in counts))
        self._seen[counts] = (0.0 if least >= ALARM else least, len(self._logs))
        return max(0.0, least) if known else 0.0
