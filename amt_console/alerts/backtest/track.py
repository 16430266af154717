"""The newest results of one service, for sums over any window that ends at the newest one.

The same arithmetic as rollups: a result speaks for ``[t, t + min(1.5 x interval, next - t))``; scheduled probes that
measured something are samples.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.clock import SECOND, micros
from amt_console.model import ProbeResult, ServiceState

_MEASURED = (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN)
_ANSWERED = (ServiceState.UP, ServiceState.DEGRADED)
_MINUTE = 60 * SECOND
_TRIM_AFTER = 4096


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Scheduled probes with a measurement, and how many of them failed."""

    samples: int
    failures: int


class Track:
    """Results in order of time; those older than ``keep_s`` are forgotten.

    Args:
        keep_s: Length in seconds of the longest window; it may begin a minute earlier, at a whole one.
    """

    def __init__(self, keep_s: float) -> None:
        self._keep_us = round(keep_s * SECOND) + 2 * _MINUTE
        self._at: list[int] = []
        self._results: list[ProbeResult] = []
        self._samples: list[int] = [0]
        self._failures: list[int] = [0]

    def add(self, result: ProbeResult) -> None:
        """Enter the next result."""
        sample = result.attempt == 1 and result.state in _MEASURED
        self._at.append(micros(result.timestamp))
        self._results.append(result)
        self._samples.append(self._samples[-1] + sample)
        self._failures.append(self._failures[-1] + (sample and result.state is ServiceState.DOWN))
        gone = bisect_left(self._at, self._at[-1] - self._keep_us)
        if gone > _TRIM_AFTER:
            del self._at[:gone], self._results[:gone], self._samples[:gone], self._failures[:gone]

    def scheduled(self, start_us: int, end_us: int) -> Scheduled:
        """The scheduled probes of ``[start, end)``, in microseconds since 1970."""
        low, high = bisect_left(self._at, start_us), bisect_left(self._at, end_us)
        return Scheduled(self._samples[high] - self._samples[low], self._failures[high] - self._failures[low])

    def outside(self, start_us: int, end_us: int, outages: Sequence[tuple[int, int]]) -> Scheduled:
        """``scheduled`` without what lies in the outages, each from its first probe to its end, in order."""
        whole = self.scheduled(start_us, end_us)
        samples, failures, counted_to = whole.samples, whole.failures, start_us
        for begin, end in outages:
            low, high = max(counted_to, begin), min(end_us, end + 1000)
            if low < high:
                inside = self.scheduled(low, high)
                samples, failures = samples - inside.samples, failures - inside.failures
                counted_to = high
        return Scheduled(samples, failures)

    def times(self, start_us: int, end_us: int, *, scheduled: bool = False) -> list[tuple[datetime, float]]:
        """Response times of ``[start, end)`` in milliseconds, oldest first; those of good scheduled probes or all."""
        low, high = bisect_left(self._at, start_us), bisect_left(self._at, end_us)
        return [
            (each.timestamp, each.response_time_ms)
            for each in self._results[low:high]
            if each.response_time_ms is not None and (not scheduled or (each.attempt == 1 and each.state in _ANSWERED))
        ]
