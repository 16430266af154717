"""What a monitor has counted since its start: for metrics. Counters start at zero with each process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from amt_console.model.states import ServiceState

DURATION_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of durations, in seconds; the last bucket has none."""


@dataclass(frozen=True, slots=True)
class DurationCounts:
    """Durations in buckets."""

    buckets: tuple[int, ...]
    """A count per bound of ``DURATION_BOUNDS``, and one for what is longer; not cumulative."""
    total_seconds: float


@dataclass(frozen=True, slots=True)
class MonitorCounts:
    """The counters of one process."""

    checks: Mapping[tuple[str, ServiceState], int] = field(default_factory=dict)
    """Results by service and state; results of re-checks and of other monitors included."""
    durations: Mapping[str, DurationCounts] = field(default_factory=dict)
    """By phase: ``dns``, ``connect``, ``tls``, ``first_byte``, ``transfer``, and ``total``."""
    messages: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Attempts by channel and what became of them: ``delivered``, ``retried``, ``dead``."""
    buffered: int = 0
    """Results that wait to be stored."""
    dropped: int = 0
    """Results lost because nothing could be stored for too long."""
    restarts: int = 0
    """Restarts of the monitor's own tasks after faults."""
    skipped: int = 0
    """Slots without a probe: the one before had not ended, or the machine was too busy."""
    lateness_seconds: float = 0.0
    """The worst delay of a probe's start, of the newest probes."""
