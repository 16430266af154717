"""What is read about a service before findings and advice: limits of the configuration, and facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.change_points import ChangePoint
from amt_console.analysis.latency import LatencySummary
from amt_console.analysis.seasonal import HourlyComparison
from amt_console.analysis.unusual import Unusual
from amt_console.analysis.uptime.availability import Availability
from amt_console.analysis.uptime.incidents import Incident


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
    check_interval: float = 60.0
    """Seconds between checks of a service without its own interval."""
    recheck: tuple[float, ...] = (1.0, 2.0)
    """Delays of the quick re-checks in seconds."""
    results_kept_s: float = 30 * 86_400.0
    """How long single results are kept."""
    reminder_s: float = 4 * 3600.0
    """Time between reminders of an alert that nobody takes; 0 for none."""

    def of_resource(self, name: str) -> float | None:
        """The limit of ``cpu``, ``memory`` or ``disk``."""
        return {
            "cpu": self.cpu_usage_percent,
            "memory": self.memory_usage_percent,
            "disk": self.disk_usage_percent,
        }.get(name)


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
    shifts: tuple[ChangePoint, ...] = ()
    """Of the median response time."""
    unusual: tuple[Unusual, ...] = ()
    """Of the median response time, slow ones only."""
    interval: float = 60.0
    """Seconds between checks."""
    since: datetime | None = None
    until: datetime | None = None
    """First and last measured step."""
