"""Generated series that freeze the detectors of anomalies: quiet ones, and the same with a planted anomaly."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, tzinfo=UTC)
LENGTH = 3000
"""Values of a series: 17 weeks by the hour, 10 days by five minutes."""
PLANT_AFTER = 1800
WINDOW = 150
"""Values from the begin of a planted anomaly in which it counts as found."""
Maker = Callable[[random.Random, int], float]


@dataclass(frozen=True, slots=True)
class GeneratedSeries:
    """A series and, if one was planted, where its anomaly begins."""

    name: str
    points: list[tuple[datetime, float]]
    planted: int | None = None


def _rhythm(index: int, period: int) -> float:
    return math.sin(2 * math.pi * index / period)


def _weekend(index: int) -> float:
    return 0.6 if index // 24 % 7 >= 5 else 1.0


def _poisson(rng: random.Random, rate: float) -> float:
    limit, count, product = math.exp(-rate), 0, rng.random()
    while product > limit:
        count, product = count + 1, product * rng.random()
    return float(count)


def _makers(rng: random.Random) -> dict[str, tuple[float, Maker]]:
    """By kind: minutes of a step, and the value at an index."""
    state = {"near": 0.0, "walk": 0.0, "saw": 0.0}

    def near(each: random.Random, _index: int) -> float:
        state["near"] = 0.8 * state["near"] + each.gauss(0, 3)
        return 50 + state["near"]

    def walk(each: random.Random, _index: int) -> float:
        state["walk"] += each.gauss(0, 0.1)
        return 60 + state["walk"] + each.gauss(0, 2)

    def saw(each: random.Random, _index: int) -> float:
        state["saw"] = 0.0 if state["saw"] > 30 else state["saw"] + each.uniform(0.1, 0.5)
        return 40 + state["saw"] + each.gauss(0, 0.5)

    return {
        "noise": (5, lambda each, _: 100 + each.gauss(0, 5)),
        "latency": (5, lambda each, _: 120 * math.exp(each.gauss(0, 0.25))),
        "autocorrelated": (5, near),
        "walk": (5, walk),
        "sawtooth": (5, saw),
        "counts": (5, lambda each, _: _poisson(each, 3)),
        "heavy tails": (5, lambda each, _: 100 + 4 * each.gauss(0, 1) / math.sqrt(each.gammavariate(2, 0.5))),
        "day, 5 min": (5, lambda each, n: 100 + 30 * _rhythm(n, 288) + each.gauss(0, 4)),
        "day, hourly": (60, lambda each, n: 100 + 30 * _rhythm(n, 24) + each.gauss(0, 4)),
        "week, hourly": (60, lambda each, n: (100 + 40 * _rhythm(n, 24)) * _weekend(n) * math.exp(each.gauss(0, 0.06))),
        "busy hours": (60, lambda each, n: 30 + (15 if 8 <= n % 24 < 18 else 2) * abs(each.gauss(0, 1))),
        "percent": (5, lambda each, _: min(100.0, max(0.0, 99.5 + each.gauss(0, 0.4)))),
    }


def quiet_series(seed: int) -> Iterator[GeneratedSeries]:
    """One quiet series of each kind."""
    for kind in _makers(random.Random(0)):
        rng = random.Random(f"{seed} {kind}")
        minutes, value = _makers(rng)[kind]
        points = [(START + timedelta(minutes=minutes * n), value(rng, n)) for n in range(LENGTH)]
        yield GeneratedSeries(kind, points)


def planted_series(seed: int) -> Iterator[GeneratedSeries]:
    """Each kind with each anomaly: a spike, a shift, a standstill at the bottom, unrest and a climb."""
    for quiet in quiet_series(seed):
        rng = random.Random(f"{seed} {quiet.name} planted")
        values = [value for _, value in quiet.points]
        centre, spread = _spread(values)
        for name, change in _anomalies(centre, spread, min(values), rng).items():
            begin = rng.randrange(PLANT_AFTER, LENGTH - 3 * WINDOW)
            points = [
                (at, change(n - begin, value)) if n >= begin else (at, value)
                for n, (at, value) in enumerate(quiet.points)
            ]
            yield GeneratedSeries(f"{quiet.name}, {name}", points, begin)


def _spread(values: list[float]) -> tuple[float, float]:
    centre = sum(values) / len(values)
    return centre, math.sqrt(sum((value - centre) ** 2 for value in values) / len(values))


def _anomalies(
    centre: float, spread: float, least: float, rng: random.Random
) -> dict[str, Callable[[int, float], float]]:
    """By name: from the values since the begin and the quiet value to the changed one."""
    return {
        "spike": lambda since, value: value + 6 * spread if since < 3 else value,
        "shift": lambda since, value: value + 2.5 * spread if since < 300 else value,
        "standstill": lambda since, value: least if since < 60 else value,
        "unrest": lambda since, value: centre + 3 * (value - centre) if since < 200 else value,
        "climb": lambda since, value: value + 4 * spread * min(1.0, since / 100) if since < 300 else value,
        "burst": lambda since, value: value + (5 * spread if rng.random() < 0.5 else 0) if since < 20 else value,
    }
