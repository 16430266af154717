"""Counts results for metrics: by service and state, and durations by phase."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping

from amt_console.model import ProbeResult, ServiceState
from amt_console.model.counts import DURATION_BOUNDS, DurationCounts

_BUCKETS = len(DURATION_BOUNDS) + 1


class _Durations:
    __slots__ = ("buckets", "total")

    def __init__(self) -> None:
        self.buckets = [0] * _BUCKETS
        self.total = 0.0

    def add(self, milliseconds: float | None) -> None:
        if milliseconds is not None:
            seconds = milliseconds / 1000
            self.buckets[bisect_left(DURATION_BOUNDS, seconds)] += 1
            self.total += seconds


class ProbeTally:
    """Written on the engine's loop only; may be read from any thread."""

    def __init__(self) -> None:
        self._checks: dict[tuple[str, ServiceState], int] = {}
        self._dns = _Durations()
        self._connect = _Durations()
        self._tls = _Durations()
        self._first_byte = _Durations()
        self._transfer = _Durations()
        self._total = _Durations()

    def hear(self, result: ProbeResult) -> None:
        """Count a result."""
        key = (result.service, result.state)
        self._checks[key] = self._checks.get(key, 0) + 1
        self._total.add(result.response_time_ms)
        phases = result.phases
        self._dns.add(phases.dns_ms)
        self._connect.add(phases.connect_ms)
        self._tls.add(phases.tls_ms)
        self._first_byte.add(phases.first_byte_ms)
        self._transfer.add(phases.transfer_ms)

    def keep(self, services: Iterable[str]) -> None:
        """Forget all other services."""
        kept = frozenset(services)
        self._checks = {key: count for key, count in self._checks.items() if key[0] in kept}

    @property
    def checks(self) -> Mapping[tuple[str, ServiceState], int]:
        """Results by service and state."""
        return self._checks.copy()

    @property
    def durations(self) -> Mapping[str, DurationCounts]:
        """Durations by phase."""
        phases = {
            "dns": self._dns,
            "connect": self._connect,
            "tls": self._tls,
            "first_byte": self._first_byte,
            "transfer": self._transfer,
            "total": self._total,
        }
        return {name: DurationCounts(tuple(found.buckets), found.total) for name, found in phases.items()}
