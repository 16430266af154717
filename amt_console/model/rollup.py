"""Rollups: the results of one period.

All times are whole microseconds, so that every order of addition gives the same numbers. The same values are
stored, merged for charts and reports, and judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from amt_console.clock import SECOND, moment
from amt_console.model.histogram import LatencyHistogram

RESOLUTIONS = (60, 300, 3600, 86_400)
"""Lengths in seconds of the rollups that are stored, each a multiple of the previous one."""
NO_VALUES = LatencyHistogram()


@dataclass(frozen=True, slots=True)
class ValueSum:
    """One value of a check for a period: number of measurements, sum and extremes, in the unit of the value."""

    start_us: int
    """Microseconds since 1970."""
    length_us: int
    samples: int
    total: float
    least: float
    most: float
    unit: str | None = None

    @property
    def start(self) -> datetime:
        """When the period begins, aware UTC."""
        return moment(self.start_us)

    @property
    def mean(self) -> float:
        """Arithmetic mean."""
        return self.total / self.samples


@dataclass(frozen=True, slots=True)
class Rollup:
    """The results of one service for ``seconds`` from ``start`` on.

    Time is weighted: a result gives its state to the seconds of its validity. ``samples`` are scheduled probes (first
    attempts) that measured something, ``errors`` those of them that found the service down. The histogram holds the
    response times of those that found it up or degraded.
    """

    start_us: int
    """Microseconds since 1970."""
    length_us: int
    samples: int = 0
    errors: int = 0
    up_us: int = 0
    """Time up; slow time is in ``degraded_us`` instead."""
    degraded_us: int = 0
    down_us: int = 0
    maintenance_us: int = 0
    histogram: LatencyHistogram = NO_VALUES
    """Milliseconds."""

    @classmethod
    def merged(cls, parts: Iterable[Rollup], *, start_us: int, length_us: int) -> Rollup:
        """The merged rollups of one service, over a period that contains them."""
        samples = errors = up = degraded = down = maintenance = 0
        histograms = []
        for part in parts:
            samples += part.samples
            errors += part.errors
            up += part.up_us
            degraded += part.degraded_us
            down += part.down_us
            maintenance += part.maintenance_us
            if part.histogram.count:
                histograms.append(part.histogram)
        histogram = histograms[0] if len(histograms) == 1 else LatencyHistogram.merged(histograms)
        return cls(start_us, length_us, samples, errors, up, degraded, down, maintenance, histogram)

    def __reduce__(self) -> tuple[type[Rollup], tuple[object, ...]]:
        """Pickled in a third of the time of a frozen dataclass: a report passes very many on to its renderer."""
        spent = (self.up_us, self.degraded_us, self.down_us, self.maintenance_us)
        return Rollup, (self.start_us, self.length_us, self.samples, self.errors, *spent, self.histogram)

    @property
    def empty(self) -> bool:
        """Whether there are no results."""
        return not (self.samples or self.known_us)

    @property
    def start(self) -> datetime:
        """Its start, aware UTC."""
        return moment(self.start_us)

    @property
    def seconds(self) -> float:
        """Its length; shorter than a resolution if the queried window ends inside."""
        return self.length_us / SECOND

    @property
    def known_us(self) -> int:
        """Measured microseconds."""
        return self.up_us + self.degraded_us + self.down_us + self.maintenance_us

    @property
    def up_s(self) -> float:
        """Seconds up, without slow time."""
        return self.up_us / SECOND

    @property
    def degraded_s(self) -> float:
        """Seconds degraded: correct but slow answers."""
        return self.degraded_us / SECOND

    @property
    def down_s(self) -> float:
        """Seconds down."""
        return self.down_us / SECOND

    @property
    def maintenance_s(self) -> float:
        """Seconds under maintenance."""
        return self.maintenance_us / SECOND

    @property
    def unknown_s(self) -> float:
        """Unmeasured seconds."""
        return max(0, self.length_us - self.known_us) / SECOND

    @property
    def mean_ms(self) -> float | None:
        """Mean response time; ``None`` without any."""
        return self.histogram.mean

    @property
    def min_ms(self) -> float | None:
        """Shortest response time; ``None`` without any."""
        return self.histogram.low

    @property
    def max_ms(self) -> float | None:
        """Longest response time; ``None`` without any."""
        return self.histogram.high

    @property
    def availability(self) -> float | None:
        """(up + degraded) / (up + degraded + down), 0 to 1.

        ``None`` without measured time. Show it only with ``coverage``.
        """
        good = self.up_us + self.degraded_us
        known = good + self.down_us
        return good / known if known else None

    @property
    def coverage(self) -> float:
        """Measured part of the time outside maintenance, 0 to 1."""
        window = self.length_us - self.maintenance_us
        return min(1.0, (self.up_us + self.degraded_us + self.down_us) / window) if window > 0 else 0.0

    @property
    def error_rate(self) -> float | None:
        """Errors per sample, 0 to 1; ``None`` without samples."""
        return self.errors / self.samples if self.samples else None


@dataclass(frozen=True, slots=True)
class HostRollup:
    """One metric of the host over one period, in the metric's unit."""

    start_us: int
    length_us: int
    histogram: LatencyHistogram = NO_VALUES

    @property
    def start(self) -> datetime:
        """Its start, aware UTC."""
        return moment(self.start_us)

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.length_us / SECOND

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.histogram.count


AnyRollup = TypeVar("AnyRollup", Rollup, HostRollup)
