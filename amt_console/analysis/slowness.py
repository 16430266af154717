"""What correlates with slowness: host resources against response times, step by step."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache

from amt_console.analysis.percentiles import median
from amt_console.analysis.ranks import ranks
from amt_console.analysis.series import local_time
from amt_console.clock import SECOND, micros, moment
from amt_console.model import HostRollup

LEAST_POINTS = 24
LEAST_STRENGTH = 0.3
SIGNIFICANT_P = 0.01
LEAST_SLOWER = 0.5
"""Answers must be slower by this part where the resource is busiest: what is not felt is not reported."""
DEDUCT_RHYTHM_DAYS = 3
DAY = 86_400 * SECOND
AROUND = 5400 * SECOND
"""On either side of a step in windows of less than three days."""
METHOD = (
    "Spearman's rank correlation of the mean of a resource with the median response time, per step, both less what is "
    "usual: the medians of their hour of the day and of their day, in windows of less than three days that of the 3 "
    "hours around; told if the busiest tenth is 50 % slower; p from "
    "Student's t with the effective number of steps (Bretherton et al. 1999), times the number of pairs (Bonferroni)"
)


@dataclass(frozen=True, slots=True)
class Slowness:
    """A service is slow when a resource of the host is busy. That says nothing about cause and effect."""

    service: str
    resource: str
    rho: float
    """Rank correlation, -1 to 1."""
    p_value: float
    """Two-sided, corrected for the number of pairs."""
    points: int
    busy_ms: float
    """Median of the median response times of the tenth of steps with the busiest resource."""
    calm_ms: float
    """The same of the other steps."""
    since: datetime
    until: datetime

    @property
    def slower_percent(self) -> float:
        """How much slower in the busiest tenth."""
        return 100 * (self.busy_ms / self.calm_ms - 1) if self.calm_ms else 0.0


Series = Mapping[int, float]
"""By start of the step in microseconds."""


def slow_with(
    services: Mapping[str, Sequence[tuple[datetime, float]]], host: Mapping[str, Sequence[HostRollup]], zone: tzinfo
) -> tuple[Slowness, ...]:
    """The strongest significant correlation of each service, the strongest first.

    Args:
        services: Start and median response time of the steps without a failure, by service.
        host: By resource, on the same steps.
        zone: Of the hours of the day.
    """
    times = {name: {micros(at): ms for at, ms in medians} for name, medians in services.items()}
    loads = {name: _known((r.start_us, r.histogram.mean) for r in rollups) for name, rollups in host.items()}
    loads = {name: load for name, load in loads.items() if len(set(load.values())) > 1}
    plain_loads = {name: _without_rhythm(load, zone) for name, load in loads.items()}
    tried = len(times) * len(loads)
    found: list[Slowness] = []
    for service, series in times.items():
        plain = _without_rhythm(series, zone)
        for resource, load in plain_loads.items():
            common = [at for at in series if at in load]
            if len(common) < LEAST_POINTS:
                continue
            busy, slow = tuple(load[at] for at in common), tuple(plain[at] for at in common)
            rho = spearman(busy, slow)
            if rho < LEAST_STRENGTH:
                continue
            p_value = min(1.0, tried * _p_value(rho, _effective(busy, slow)))
            order = sorted(range(len(common)), key=lambda index: busy[index])
            edge = len(order) * 9 // 10
            top, rest = (median([series[common[i]] for i in part]) or 0.0 for part in (order[edge:], order[:edge]))
            if p_value < SIGNIFICANT_P and top >= rest * (1 + LEAST_SLOWER):
                since, until = moment(common[0]), moment(common[-1])
                found.append(Slowness(service, resource, rho, p_value, len(common), top, rest, since, until))
    strongest: dict[str, Slowness] = {}
    for one in sorted(found, key=lambda each: (-each.rho, each.service, each.resource)):
        strongest.setdefault(one.service, one)
    return tuple(strongest.values())


def _known(points: Iterable[tuple[int, float | None]]) -> dict[int, float]:
    return {at: value for at, value in points if value is not None}


def _without_rhythm(series: Series, zone: tzinfo) -> dict[int, float]:
    """Less what is usual: the medians of the hour of the day and the day, in short windows that of the hours around."""
    if not series:
        return {}
    starts = sorted(series)
    if starts[-1] - starts[0] >= DEDUCT_RHYTHM_DAYS * DAY:
        plain = {at: math.log(max(series[at], 1e-6)) for at in starts}
        local = {at: local_time(at, zone) for at in starts}
        plain = _less_median(plain, {at: local[at].hour for at in starts})
        return _less_median(plain, {at: local[at].toordinal() for at in starts})
    found: dict[int, float] = {}
    low = high = 0
    for at in starts:
        while starts[low] < at - AROUND:
            low += 1
        while high < len(starts) and starts[high] <= at + AROUND:
            high += 1
        found[at] = series[at] - (median([series[each] for each in starts[low:high]]) or 0.0)
    return found


def _less_median(series: Series, groups: Mapping[int, int]) -> dict[int, float]:
    """Each value less the median of its group."""
    parts: dict[int, list[float]] = {}
    for at, value in series.items():
        parts.setdefault(groups[at], []).append(value)
    usual = {group: median(values) or 0.0 for group, values in parts.items()}
    return {at: value - usual[groups[at]] for at, value in series.items()}


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Spearman's rank correlation with mid-ranks for ties; 0 where one series is constant."""
    return _pearson(_ranks(tuple(first)), _ranks(tuple(second)))


@lru_cache(maxsize=64)
def _ranks(values: tuple[float, ...]) -> tuple[float, ...]:
    """From 0. Each service is compared with each resource: most of the series are asked for again."""
    return tuple(rank - 1 for rank in ranks(values))


def _pearson(first: Sequence[float], second: Sequence[float]) -> float:
    mean_first, mean_second = math.fsum(first) / len(first), math.fsum(second) / len(second)
    one = [value - mean_first for value in first]
    two = [value - mean_second for value in second]
    spread = math.sqrt(math.fsum(v * v for v in one) * math.fsum(v * v for v in two))
    return math.fsum(a * b for a, b in zip(one, two, strict=True)) / spread if spread else 0.0


def _effective(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Number of independent points: neighbours in time are alike."""
    alike = _lag_one(_ranks(first)) * _lag_one(_ranks(second))
    return len(first) * (1 - alike) / (1 + alike) if alike > 0 else float(len(first))


def _lag_one(values: Sequence[float]) -> float:
    return _pearson(values[:-1], values[1:])


def _p_value(rho: float, points: float) -> float:
    """Two-sided, of Student's t, by the normal approximation of Wallace (1959)."""
    free = points - 2
    if free <= 1 or abs(rho) >= 1:
        return 0.0 if free > 1 else 1.0
    t = rho * math.sqrt(free / (1 - rho * rho))
    z = (8 * free + 1) / (8 * free + 3) * math.sqrt(free * math.log1p(t * t / free))
    return math.erfc(z / math.sqrt(2))
