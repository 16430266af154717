"""How much of the time of all services was measured in a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from amt_console.clock import SECOND, micros
from amt_console.model.queries.activity import Coverage
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.grid import BucketGrid
from amt_console.operations.windows import floor_time

_BUCKETS = ((timedelta(hours=3), 60), (timedelta(days=8), 3600))
"""Longest window and seconds of its buckets; longer ones have days."""
_DAY = 86_400

_Known = Mapping[str, Sequence[tuple[int, int]]]
"""Start and measured microseconds of the buckets of each service."""


def coverage(asked: Asked, start: datetime, end: datetime) -> Coverage:
    """The share of each bucket. A service counts from its first result in the window on."""
    seconds = next((each for most, each in _BUCKETS if end - start <= most), _DAY)
    grid = BucketGrid(floor_time(start, seconds), end, seconds)
    names = tuple(target.name for target in asked.targets)
    whole = floor_time(end, seconds)
    key = "coverage", names, grid.start, whole, seconds
    finished = asked.settled.answer(key, whole, lambda: _known(asked, names, grid.start, whole, seconds))
    newest = _known(asked, names, whole, end, seconds)
    begun, counted, measured = [0] * (grid.count + 1), [0] * grid.count, [0] * grid.count
    for name in names:
        buckets = [*finished.get(name, ()), *newest.get(name, ())]
        places = [(start - micros(grid.start)) // (seconds * SECOND) for start, _ in buckets]
        for place, (_, known) in zip(places, buckets, strict=True):
            measured[place] += known
        if places and places[0] == 0:
            begun[0] += 1
        elif places:
            # Where in its first bucket it began is not known.
            counted[places[0]] += buckets[0][1]
            begun[places[0] + 1] += 1
    percent: list[float | None] = []
    services = 0
    for place in range(grid.count):
        services += begun[place]
        begin = grid.start + timedelta(seconds=place * seconds)
        if begin == end:  # a bucket without length
            break
        bucket = micros(min(end, begin + timedelta(seconds=seconds))) - micros(begin)
        length = services * bucket + counted[place]
        percent.append(min(100.0, 100 * measured[place] / length) if length else None)
    return Coverage(grid.start, float(seconds), tuple(percent))


def _known(asked: Asked, names: Sequence[str], start: datetime, end: datetime, seconds: int) -> _Known:
    if start >= end:
        return {}
    found = asked.reads.services.rollups(resolution=seconds, start=start, end=end, services=names, histograms=False)
    return {name: tuple((each.start_us, each.known_us) for each in rollups) for name, rollups in found.items()}
