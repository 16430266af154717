"""Averages many quick host samples into few stored ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from amt_console.model import HostSample, NetworkRates

SAMPLE_EVERY = 2.0
"""Seconds between two readings for the live figures."""
STORE_EVERY = 10.0
"""Seconds per stored row: 8,640 rows a day."""


class HostAverager:
    """Collects samples and returns one every ``STORE_EVERY`` seconds, with the mean rates over that time.

    A stored CPU figure covers the ten seconds since the previous row, not just the last two. The first sample with a
    CPU usage is returned at once, so that a fresh console has something to show.
    """

    def __init__(self, every: float = STORE_EVERY) -> None:
        self._every = every
        self._samples: list[HostSample] = []
        self._given_at: float | None = None

    def add(self, sample: HostSample, *, now: float) -> HostSample | None:
        """Add a sample. Returns the averaged one when a row is due (``now`` is the monotonic clock)."""
        self._samples.append(sample)
        if self._given_at is None:
            if sample.cpu_usage is None and len(self._samples) < 3:
                return None
        elif now - self._given_at < self._every - SAMPLE_EVERY / 2:
            return None
        self._given_at = now
        samples, self._samples = self._samples, []
        return average(samples)


def average(samples: Sequence[HostSample]) -> HostSample:
    """The newest sample with CPU, memory and network averaged over all of them; at least one sample."""
    newest = samples[-1]
    return replace(
        newest,
        cpu_usage=_mean([sample.cpu_usage for sample in samples]),
        memory_usage=_mean([sample.memory_usage for sample in samples]),
        network=_mean_rates([sample.network for sample in samples if sample.network is not None]),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _mean_rates(rates: Sequence[NetworkRates]) -> NetworkRates | None:
    if not rates:
        return None

    def mean(part: Callable[[NetworkRates], float]) -> float:
        return sum(part(rate) for rate in rates) / len(rates)

    return NetworkRates(
        sent_bytes=mean(lambda rate: rate.sent_bytes),
        received_bytes=mean(lambda rate: rate.received_bytes),
        errors=mean(lambda rate: rate.errors),
        drops=mean(lambda rate: rate.drops),
    )
