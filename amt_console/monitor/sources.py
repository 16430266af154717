"""Where the measurements come from: the collectors of services, databases and the host."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.clock import Clock
from amt_console.monitor.probing import DatabaseProber, ServiceCollector
from amt_console.monitor.watch import HostSampler


@dataclass(frozen=True, slots=True)
class Collectors:
    """One collector of each kind."""

    http: ServiceCollector
    database: DatabaseProber
    host: HostSampler

    @classmethod
    def real(cls, clock: Clock) -> Collectors:
        """The real collectors."""
        from collectors.database.collector import DatabaseCollector
        from collectors.host.collector import HostCollector
        from collectors.http.collector import HttpCollector

        return cls(HttpCollector(clock=clock), DatabaseCollector(clock=clock), HostCollector(clock=clock))
