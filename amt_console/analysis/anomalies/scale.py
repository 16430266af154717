"""One scale for all detectors: how rare a raw score is on quiet series, as -log10 of its frequency.

The tables are frozen. ``python -m benchmarks.anomaly_scale`` generates the quiet series and prints them anew.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from amt_console.analysis.anomalies.detectors import Detector

TAILS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)
"""-log10 of the frequencies of the tables: 2 is one value in a hundred."""
RAW: Mapping[Detector, Sequence[float]] = {
    Detector.EWMA: (0.98, 1.54, 2.2, 3.01, 3.89, 5.01, 6.5, 8.37),
    Detector.ENTROPY: (4.43, 7.03, 9.22, 10.98, 12.36, 13.27, 14.71, 15.66),
    Detector.SEASONAL: (0.81, 1.54, 2.32, 3.24, 4.3, 5.45, 6.0, 8.84),
}
"""Raw scores that are reached with the frequencies of ``TAILS``."""
MOST = 12.0
"""Scores end here: no table tells frequencies so small."""


def tail_score(detector: Detector, raw: float) -> float:
    """-log10 of the frequency of a raw score, linear in its logarithm between and beyond the table's values."""
    table = RAW[detector]
    if raw <= table[0]:
        return TAILS[0] * max(0.0, raw) / table[0]
    upper = min(bisect_right(table, raw), len(table) - 1)
    low, high = table[upper - 1], table[upper]
    part = math.log(raw / low) / math.log(high / low)
    return min(MOST, TAILS[upper - 1] + part * (TAILS[upper] - TAILS[upper - 1]))
