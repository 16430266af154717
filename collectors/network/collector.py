"""What the collectors of network services that are not HTTP share: one probe at a time, on shared resources."""

from __future__ import annotations

from abc import ABC, abstractmethod

from amt_console.clock import Clock
from amt_console.model import ProbeResult, Service
from collectors.network.probe import ProbeProgress, measured
from collectors.network.resolver import Resolver
from collectors.network.stamps import Stamps


class NetworkCollector(ABC):
    """Probes any number of services at once, on one event loop.

    Args:
        clock: For the time stamps of the results.
        resolver: Looks names up; the system's by default.
    """

    def __init__(self, *, clock: Clock, resolver: Resolver | None = None) -> None:
        self._clock = clock
        self._resolver = resolver or Resolver()
        self._stamps = Stamps()

    async def probe(self, service: Service, *, attempt: int = 1) -> ProbeResult:
        """Probe once. Raises only when cancelled: every failure is in the result."""
        return await measured(service, self._clock, attempt, lambda progress: self._run(service, progress))

    async def aclose(self) -> None:
        """Release the shared resources."""
        self._resolver.close()
        self._stamps.close()

    @abstractmethod
    async def _run(self, service: Service, progress: ProbeProgress) -> None:
        """Measure, and note each phase in ``progress``. Raises ProbeFault."""
