"""What advice is made of: the limits, the facts about a service, and one thing to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.availability import Availability
from amt_console.analysis.incidents import Incident
from amt_console.analysis.latency import LatencySummary
from amt_console.analysis.seasonal import HourlyComparison
from amt_console.model import Severity


@dataclass(frozen=True, slots=True)
class AnalysisLimits:
    """What the figures are held against; from the configuration."""

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
    """One thing to do, and why."""

    rule: str
    severity: Severity
    subject: str
    advice: str
    evidence: tuple[str, ...]
    followers: tuple[str, ...] = ()
    """Services of which the same would be said, and which have it from the subject."""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the rules look at for one service."""

    name: str
    latency: LatencySummary
    availability: Availability
    incidents: Sequence[Incident] = ()
    checks_beside_outages: int = 0
    failures_beside_outages: int = 0
    """What an outage fails is told by the outage."""
    depends_on: tuple[str, ...] = ()
    hours: HourlyComparison | None = None
    tls_expires_at: datetime | None = None
