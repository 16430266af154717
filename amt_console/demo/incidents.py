"""Incidents of the simulated platform: their list, and those active at a moment of the monotonic clock."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

INCIDENTS = MappingProxyType(
    {
        "api-down": "the API refuses connections",
        "slow-chat": "/api/chat/analytics takes 3 to 6 seconds",
        "web-500": "the web app answers 500",
        "flapping": "the API is down and up in turns of 8 seconds",
    }
)
"""Description of each incident by name."""
FLAP_SECONDS = 8.0
DEFAULT_SECONDS = 120.0
LONGEST_SECONDS = 86400.0


class UnknownIncidentError(ValueError):
    """Unknown incident; the text lists the known ones."""


@dataclass(frozen=True, slots=True)
class RunningIncident:
    """One active incident, on the monotonic clock."""

    started_at: float
    ends_at: float
    """``inf``: until stopped."""


def check_name(name: str) -> str:
    """Check an incident's name. Raises UnknownIncidentError."""
    if name in INCIDENTS:
        return name
    known = ", ".join(INCIDENTS)
    if name == "disk-full":
        raise UnknownIncidentError(
            "disk-full is not simulated: the demo measures the real disks of this machine and will not fill them. "
            f"Incidents of the demo: {known}"
        )
    raise UnknownIncidentError(f"there is no incident {name!r}; there are {known}")


class IncidentBoard:
    """The active incidents. Belongs to one event loop.

    Args:
        monotonic: Seconds of a monotonic clock.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._running: dict[str, RunningIncident] = {}

    def start(self, name: str, seconds: float = DEFAULT_SECONDS) -> None:
        """Start or restart an incident; 0 seconds means until stopped.

        Raises:
            UnknownIncidentError: Unknown incident.
            ValueError: ``seconds`` is negative, not finite, or more than a day.
        """
        check_name(name)
        if not 0 <= seconds <= LONGEST_SECONDS:
            raise ValueError(f"seconds must be from 0 (until stopped) to {LONGEST_SECONDS:g}")
        now = self._monotonic()
        self._running[name] = RunningIncident(now, now + seconds if seconds else math.inf)

    def stop(self, name: str) -> None:
        """Stop an incident; no effect if it is not active. Raises UnknownIncidentError."""
        self._running.pop(check_name(name), None)

    def running(self, name: str) -> bool:
        """Whether an incident is active."""
        return self.seconds_left(name) is not None

    def seconds_left(self, name: str) -> float | None:
        """Remaining seconds of an incident (``inf`` until stopped); ``None`` if it is not active."""
        incident = self._running.get(name)
        left = incident.ends_at - self._monotonic() if incident else 0.0
        return left if left > 0 else None

    def api_up(self) -> bool:
        """Whether the API accepts connections now. Flapping begins with down."""
        if self.running("api-down"):
            return False
        if not self.running("flapping"):
            return True
        since = self._monotonic() - self._running["flapping"].started_at
        return int(since // FLAP_SECONDS) % 2 == 1
