"""The status of the engine."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.model import Commits, HostSample

LATENESS_WINDOW = 256
"""Number of runs for the worst lateness."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The engine at one moment."""

    running: bool = False
    started_at: datetime | None = None
    commits: Commits = field(default_factory=Commits)
    """The last commit, and why there is none."""
    targets: int = 0
    probes_run: int = 0
    """Re-checks included."""
    probes_running: int = 0
    skipped_slots: int = 0
    """Slots skipped because the previous run had not ended or the machine was too busy."""
    lateness_ms: float = 0.0
    """The worst delay between the planned and the real start over the last probes."""
    buffered: int = 0
    """Items not stored yet."""
    dropped: int = 0
    """Items lost because the database could not be written for too long."""
    restarts: int = 0
    """Restarts of the engine's own tasks after faults."""
    callback_errors: int = 0
    """Exceptions in the ``on_change`` callback."""
    store_error: str | None = None
    """Why the database cannot be written at the moment, for people."""
    host: HostSample | None = None
    """The newest host sample; newer than the stored one."""
    failure: str | None = None
    """Why the engine ended by itself, for people."""
    database_lost: str | None = None
    """Why the process has to end: the database file has been lost for longer than the grace."""
    faults: tuple[str, ...] = ()
    """The notices that say that monitoring does not work at the moment; they come first in ``notices``."""
    notices: tuple[str, ...] = ()
    """Notices for people, most important first."""


@dataclass(slots=True)
class Counters:
    """The engine's counters; written on its loop only."""

    probes_run: int = 0
    probes_running: int = 0
    callback_errors: int = 0
    rejected: int = 0
    """Single items that the database refused."""
    late: deque[float] = field(default_factory=lambda: deque(maxlen=LATENESS_WINDOW))

    @property
    def lateness_ms(self) -> float:
        """The worst lateness of the last runs."""
        return max(self.late, default=0.0) * 1000
