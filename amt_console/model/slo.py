"""Service level objectives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slo:
    """A service level objective: how much of a window some services have to be good."""

    name: str
    services: tuple[str, ...]
    objective: float
    """Percent, e.g. 99.9."""
    window: float
    """Seconds, e.g. 30 days."""
    latency_ms: float | None = None
    """Slower answers are bad, too; ``None``: availability alone."""
