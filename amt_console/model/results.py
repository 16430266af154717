"""Results of the collectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from amt_console.model.states import ErrorClass, FigureKind, GapReason, ServiceState


@dataclass(frozen=True, slots=True)
class Phases:
    """The parts of a response time in milliseconds, each summed over redirects; ``None`` where a phase was not
    reached.
    """

    dns_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    """From the sent request to the first byte of the answer."""
    transfer_ms: float | None = None


class TimedCheck(NamedTuple):
    """What a result tells of its times; a report reads thousands of them."""

    timestamp: datetime
    state: ServiceState
    response_time_ms: float | None
    phases: Mapping[str, float]
    """By the names of ``Phases``; those that were reached."""
    body_bytes: int | None


MAX_VALUES = 64
"""Most values of one result; further ones are left out."""
MAIN_VALUE = "value"
"""The name of a value that needs none, because there is one: alerts on it are those of the target itself."""
MAX_LABEL_CHARS = 100
"""Longest name of a value."""
MAX_NOTE_CHARS = 4000
"""Longest note of a person."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number that a check measured besides its response time."""

    value: float
    """Always finite."""
    unit: str | None = None
    """``%``, ``s``, ``ms``, ``B``, ``/s``, ``c`` for a counter, or as the plugin names it; ``None`` for a plain
    number."""
    warning: str | None = None
    """The range beyond which the plugin itself warns, as it wrote it."""
    critical: str | None = None
    low: float | None = None
    """The smallest possible value."""
    high: float | None = None
    """The largest possible value."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One probe of one service or database."""

    service: str
    timestamp: datetime
    """When the probe started, aware UTC."""
    state: ServiceState
    """``up``, ``degraded``, ``down`` or ``unknown``."""
    interval: float
    """Seconds until the next probe of this target is due; limits the validity of this result."""
    response_time_ms: float | None = None
    """From before the name look-up to the last byte of the body; ``None`` when the probe failed before an answer."""
    error_class: ErrorClass | None = None
    error: str | None = None
    """One line for a person, already safe to show."""
    phases: Phases = field(default_factory=Phases)
    status_code: int | None = None
    final_url: str | None = None
    redirects: int = 0
    ip: str | None = None
    ip_family: str | None = None
    http_version: str | None = None
    tls_expires_at: datetime | None = None
    """Earliest end of validity in the presented chain, aware UTC."""
    body_bytes: int | None = None
    attempt: int = 1
    """1 for a scheduled probe, 2 and up for the quick re-checks that confirm a failure."""
    details: Mapping[str, float | int | str | None] = field(default_factory=dict)
    """Further facts of this kind of target, e.g. ``query_ms`` of a database."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """Measured numbers by name, the main one first, at most ``MAX_VALUES``: they are kept as history, and rules may
    judge them."""
    location: str | None = None
    """The location of the probing monitor; ``None`` for one without its own."""
    answer: Callable[[], str | None] | None = field(default=None, repr=False, compare=False)
    """Returns the beginning of a failing answer, safe to show and without secrets. Takes milliseconds, and is called
    only for an answer that is kept with an alert."""
    body: bytes | None = field(default=None, repr=False, compare=False)
    """The decoded body, kept only for targets with figures; never stored."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service at one moment."""

    last: ProbeResult
    since: datetime
    """When it entered ``state``."""
    state: ServiceState


@dataclass(frozen=True, slots=True)
class StateSpan:
    """A service was in one state from ``start`` to ``end``."""

    start: datetime
    end: datetime
    state: ServiceState
    error: str | None = None

    @property
    def seconds(self) -> float:
        """Length."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class DiskUsage:
    """One mounted real file system."""

    mount: str
    device: str
    fstype: str
    total_bytes: int
    used_bytes: int
    percent: float


@dataclass(frozen=True, slots=True)
class NetworkRates:
    """Traffic of all interfaces except loopback, per second, since the previous sample."""

    sent_bytes: float
    received_bytes: float
    errors: float
    drops: float


@dataclass(frozen=True, slots=True)
class HostSample:
    """The host that the monitor runs on, at one moment. ``None`` means unreadable, never zero."""

    timestamp: datetime
    cpu_usage: float | None
    """Percent of all cores, 0-100, since the previous sample."""
    memory_usage: float | None
    """Percent, 0-100."""
    disk_usage: float | None
    """Percent of the fullest real disk."""
    disks: tuple[DiskUsage, ...] = ()
    network: NetworkRates | None = None
    active_connections: int | None = None
    load: tuple[float, float, float] | None = None
    memory_total_bytes: int | None = None
    swap_usage: float | None = None


FigureValue = float | tuple[tuple[str, float], ...]
"""A number, or labelled numbers in the platform's order (sources, plans, hours, months)."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the platform: a value, or the reason why it is missing."""

    value: FigureValue | None
    reason: str | None = None
    """Why the value is missing; beside a value, which part was left out."""
    unit: str | None = None
    """A ``FigureUnit``, or the code of a currency such as ``EUR``."""
    suspect: str | None = None
    """Why the value, or the sent value in its place, looks wrong."""


@dataclass(frozen=True, slots=True)
class BusinessFigures:
    """All figures read from one answer of one of the platform's endpoints."""

    kind: FigureKind
    timestamp: datetime
    figures: Mapping[str, Figure]
    """By the names of ``collectors.figures.catalogue``, e.g. ``mrr``, ``plan_distribution``."""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A period without measurements: unknown, neither up nor down."""

    started_at: datetime
    ended_at: datetime
    reason: GapReason
