"""The parts of advice: limits, facts about a service, and one recommendation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.latency import LatencySummary
from amt_console.analysis.seasonal import HourlyComparison
from amt_console.analysis.uptime.availability import Availability
from amt_console.analysis.uptime.incidents import Incident
from amt_console.model import Severity


@dataclass(frozen=True, slots=True)
class AnalysisLimits:
    """Limits of the configuration."""

    response_time_warning_ms: float = 2000.0
    response_time_ms: float = 5000.0
    error_rate_warning_percent: float = 1.0
    error_rate_percent: float = 5.0
    cpu_usage_percent: float = 80.0
    memory_usage_percent: float = 85.0
    disk_usage_percent: float = 90.0
    uptime_percent: float = 99.0

    def of_resource(self, name: str) -> float | None:
        """The limit of ``cpu``, ``memory`` or ``disk``."""
        return {
            "cpu": self.cpu_usage_percent,
            "memory": self.memory_usage_percent,
            "disk": self.disk_usage_percent,
        }.get(name)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommendation and its reason."""

    rule: str
    severity: Severity
    subject: str
    advice: str
    evidence: tuple[str, ...]
    followers: tuple[str, ...] = ()
    """Services with the same advice because they depend on the subject."""
    effect: str = ""
    """What should be different afterwards."""
    verify: str = ""
    """How to see that it is."""
    change: str | None = None
    """The exact text for the configuration, as TOML; ``None`` where no configuration mends it."""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The facts about one service that the rules read."""

    name: str
    latency: LatencySummary
    availability: Availability
    incidents: Sequence[Incident] = ()
    checks_beside_outages: int = 0
    failures_beside_outages: int = 0
    """The outage itself reports the failures in it."""
    depends_on: tuple[str, ...] = ()
    hours: HourlyComparison | None = None
    tls_expires_at: datetime | None = None
