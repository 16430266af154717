"""What was seen around an alert's first failure, while it lasted: kept with the alert."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from amt_console.model.results import Phases


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """One of the busiest processes of the monitor's host."""

    pid: int
    name: str
    cpu_percent: float
    """Of one processor."""
    memory_percent: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The failing probe in detail, and the monitor's host at that moment."""

    at: datetime
    dns: tuple[str, ...] = ()
    """The addresses that the name resolved to; empty for an address, or a name that did not resolve."""
    address: str | None = None
    """Where it connected to."""
    url: str | None = None
    """Of the last hop, without secrets."""
    status: int | None = None
    http_version: str | None = None
    tls_version: str | None = None
    certificate_ends_at: datetime | None = None
    phases: Phases = field(default_factory=Phases)
    processes: tuple[ProcessUse, ...] = ()
    """The busiest first."""
    cpu_percent: float | None = None
    memory_percent: float | None = None
    load: tuple[float, ...] = ()
    disks: tuple[tuple[str, float], ...] = ()
    """Mount and percent in use, the fullest first."""
