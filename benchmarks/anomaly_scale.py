"""Generate the tail scale of ``amt_console.analysis.anomalies.scale`` anew, and rate the detectors.

``python -m benchmarks.anomaly_scale`` prints the tables, ``--rate`` what the combination finds of planted anomalies
and how often it is wrong on quiet series of other seeds.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from statistics import median

from amt_console.analysis.anomalies.detectors import Detector
from amt_console.analysis.anomalies.entropy import LEARN, entropy_scores
from amt_console.analysis.anomalies.ewma import WARM_UP, ewma_readings
from amt_console.analysis.anomalies.judgement import judge_series
from amt_console.analysis.anomalies.scale import TAILS
from amt_console.analysis.anomalies.seasonal import seasonal_readings
from benchmarks.figure import Figure
from benchmarks.history.anomaly_series import START, WINDOW, planted_series, quiet_series

SEEDS = (1, 2)
"""Series of the scale."""
RATED = (201, 202)
"""Series on which nothing was chosen: level weight and flag limit were chosen on seeds 101 and 102."""
ROWS = 20_000


def raw_scores() -> dict[Detector, list[float]]:
    """The raw scores of every detector on the quiet series, where it had enough values to judge."""
    found: dict[Detector, list[float]] = {detector: [] for detector in Detector}
    for seed in SEEDS:
        for series in quiet_series(seed):
            values = [value for _, value in series.points]
            found[Detector.EWMA] += [reading.raw for reading in ewma_readings(values)[WARM_UP:]]
            found[Detector.ENTROPY] += entropy_scores(values)[LEARN:]
            found[Detector.SEASONAL] += [each.raw for each in seasonal_readings(series.points) if each.high > each.low]
    return found


def tables() -> dict[Detector, tuple[float, ...]]:
    """The raw scores at the frequencies of ``TAILS``, each at least a hundredth above the one before."""
    found: dict[Detector, tuple[float, ...]] = {}
    for detector, scores in raw_scores().items():
        ordered = sorted(scores, reverse=True)
        table: list[float] = []
        for tail in TAILS:
            raw = round(ordered[min(len(ordered) - 1, int(len(ordered) * 10**-tail))], 2)
            table.append(max(raw, round(table[-1] + 0.01, 2)) if table else max(raw, 0.01))
        found[detector] = tuple(table)
    return found


def rate() -> tuple[int, int, float]:
    """Planted anomalies that were found, planted ones, and false flags per 1,000 quiet values."""
    found = planted = wrong = quiet = 0
    for seed in RATED:
        for series in planted_series(seed):
            planted += 1
            assert series.planted is not None
            flagged = judge_series(series.points).flagged
            found += any(series.planted <= index < series.planted + WINDOW for index in flagged)
        for series in quiet_series(seed):
            quiet += len(series.points)
            wrong += len(judge_series(series.points).flagged)
    return found, planted, 1000 * wrong / quiet


def figures(quick: bool) -> list[Figure]:
    """The time of 20,000 values, and what is found."""
    rng = random.Random(5)
    points = [
        (START + timedelta(minutes=5 * n), 100 + 30 * math.sin(n / 288 * 2 * math.pi) + rng.gauss(0, 5))
        for n in range(ROWS)
    ]
    seconds = []
    for _ in range(1 if quick else 5):
        begin = time.process_time()
        judge_series(points)
        seconds.append(time.process_time() - begin)
    found, planted, wrong = rate()
    return [
        Figure("anomalies of 20,000 values: processor time", median(seconds), "s", 5.0),
        Figure("planted anomalies that are found", 100 * found / planted, "%", 80.0, at_least=True),
        Figure("false flags in 1,000 quiet values", wrong, "", 1.0),
    ]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables or the rating."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.anomaly_scale", description=__doc__)
    parser.add_argument("--rate", action="store_true", help="rate the detectors")
    if parser.parse_args(argv).rate:
        found, planted, wrong = rate()
        print(f"{found} of {planted} planted anomalies found, {wrong:.2f} false flags per 1,000 quiet values")
        return 0
    for detector, table in tables().items():
        print(f"    Detector.{detector.name}: {table},")
    return 0


if __name__ == "__main__":
    sys.exit(main())
