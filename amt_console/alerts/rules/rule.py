"""Definition of a rule: its signal, its limits, and the confirmation that it requires."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from amt_console.model import VALUE_SEPARATOR, AlertType, Criticality, Severity, Target, value_subject
from amt_console.model.slo import Slo


class Signal(StrEnum):
    """The watched signal. The comment of each group gives the unit."""

    # States: no value.
    SERVICE_DOWN = "service_down"
    DATABASE = "database"
    MONITOR = "monitor"
    NETWORK = "network"
    NOTIFY = "notify"
    REPORT = "report"
    HEARTBEAT = "heartbeat"
    EXTERNAL = "external"
    PLUGIN_WARNING = "plugin_warning"
    # What the monitor reads from hours and weeks of history: information, no value of the moment.
    TREND = "trend"
    RESOURCE_PATTERN = "resource_pattern"
    BEHAVIOUR = "behaviour"
    # Milliseconds.
    RESPONSE_TIME = "response_time"
    # Percent.
    ERROR_RATE = "error_rate"
    UPTIME = "uptime"
    CPU_USAGE = "cpu_usage"
    MEMORY_USAGE = "memory_usage"
    DISK_USAGE = "disk_usage"
    SWAP_USAGE = "swap_usage"
    # Days until the certificate expires.
    TLS_EXPIRY = "tls_expiry"
    # Seconds since the last fresh observation.
    NO_DATA = "no_data"
    # Plain numbers.
    LOAD = "load"
    ACTIVE_CONNECTIONS = "active_connections"
    # Bytes per second.
    NETWORK_SENT = "network_sent"
    NETWORK_RECEIVED = "network_received"
    # In the unit of the figure; the subject is ``<kind>.<name>``, e.g. ``revenue.mrr``.
    FIGURE = "figure"
    # In the unit of the value; the subject is ``<target>/<value>``, or the target alone for its main value.
    VALUE = "value"
    # Burn rate: 1 uses up an error budget in exactly the window of its objective.
    SLO_BURN = "slo_burn"


INFORMATION_SIGNALS = frozenset((Signal.TREND, Signal.RESOURCE_PATTERN, Signal.BEHAVIOUR))
"""Signals that are never told to anybody: their alerts are ``info``."""
STATE_SIGNALS = INFORMATION_SIGNALS | frozenset(
    (
        Signal.SERVICE_DOWN,
        Signal.DATABASE,
        Signal.PLUGIN_WARNING,
        Signal.MONITOR,
        Signal.NETWORK,
        Signal.NOTIFY,
        Signal.REPORT,
        Signal.HEARTBEAT,
        Signal.EXTERNAL,
        Signal.NO_DATA,
    )
)
"""Signals whose rules have one severity and no limit of their own."""
PERCENT_SIGNALS = frozenset(
    (
        Signal.ERROR_RATE,
        Signal.UPTIME,
        Signal.CPU_USAGE,
        Signal.MEMORY_USAGE,
        Signal.DISK_USAGE,
        Signal.SWAP_USAGE,
    )
)
PROBE_SIGNALS = frozenset(
    (Signal.SERVICE_DOWN, Signal.DATABASE, Signal.PLUGIN_WARNING, Signal.RESPONSE_TIME, Signal.TLS_EXPIRY)
)
"""Signals that one probe result is enough to judge."""
NO_DATA_SUFFIX = "/no_data"


HOST_SUBJECTS: Mapping[Signal, str] = {
    Signal.CPU_USAGE: "cpu",
    Signal.MEMORY_USAGE: "memory",
    Signal.SWAP_USAGE: "swap",
    Signal.LOAD: "load",
    Signal.ACTIVE_CONNECTIONS: "connections",
    Signal.NETWORK_SENT: "network",
    Signal.NETWORK_RECEIVED: "network",
}
"""The subject of each host metric; disks are ``disk <mount>``."""


class Direction(StrEnum):
    """On which side of its limit a value is bad."""

    ABOVE = "above"
    BELOW = "below"


class Aggregate(StrEnum):
    """How the values of a window become one value."""

    MEAN = "mean"
    MAX = "max"
    MIN = "min"
    P95 = "p95"
    LAST = "last"
    RATE = "rate"
    """Change a minute, from the first to the last value."""

    def over(self, points: Sequence[tuple[datetime, float]]) -> float | None:
        """The aggregate of measured values (oldest first); ``None`` if there are too few."""
        if self is not Aggregate.RATE:
            return self.of([value for _, value in points])
        if len(points) < 2:
            return None
        (first, before), (last, after) = points[0], points[-1]
        minutes = (last - first).total_seconds() / 60.0
        return (after - before) / minutes if minutes > 0 else None

    def of(self, values: Sequence[float]) -> float | None:
        """The aggregate of ``values`` (oldest first); ``None`` of nothing. The 95th percentile is the nearest rank.

        Raises:
            ValueError: A rate needs the times of the values.
        """
        if self is Aggregate.RATE:
            raise ValueError("a rate needs the times of the values")
        if not values:
            return None
        if self is Aggregate.MEAN:
            return math.fsum(values) / len(values)
        if self is Aggregate.MAX:
            return max(values)
        if self is Aggregate.MIN:
            return min(values)
        if self is Aggregate.LAST:
            return values[-1]
        return sorted(values)[-(-95 * len(values) // 100) - 1]


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit with hysteresis: bad beyond ``enter``, and once fired, good only when no longer beyond ``leave``."""

    enter: float
    leave: float


def limit(signal: Signal, direction: Direction, enter: float, leave: float | None = None) -> Limit:
    """A limit whose ``leave`` is a tenth of ``enter`` on the good side, unless it is given.

    A percentage with a lower limit is mirrored at 100: uptime below 99 % is left at 99.1 %, because a tenth of 99 would
    be out of reach.

    Raises:
        ValueError: ``leave`` lies on the bad side of ``enter``, or a number is not finite.
    """
    if leave is None:
        if direction is Direction.ABOVE:
            leave = enter - 0.1 * abs(enter)
        elif signal in PERCENT_SIGNALS:
            leave = enter + 0.1 * (100.0 - enter)
        else:
            leave = enter + 0.1 * abs(enter)
    if not (math.isfinite(enter) and math.isfinite(leave)):
        raise ValueError(f"A limit must be a finite number, not {enter} (leave {leave}).")
    if (leave > enter) if direction is Direction.ABOVE else (leave < enter):
        side = "at or below" if direction is Direction.ABOVE else "at or above"
        raise ValueError(f"leave ({leave:g}) must be {side} the limit ({enter:g}), or the alert could never end.")
    return Limit(enter=enter, leave=leave)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a rule by severity; without any the rule does not apply."""

    info: Limit | None = None
    warning: Limit | None = None
    critical: Limit | None = None

    @property
    def empty(self) -> bool:
        """Whether there is no limit."""
        return self.info is None and self.warning is None and self.critical is None

    @property
    def lowest(self) -> Limit | None:
        """The limit that is reached first."""
        return self.info or self.warning or self.critical


@dataclass(frozen=True, slots=True)
class Quorum:
    """A quorum: N of M locations must agree."""

    need: int
    of: int

    def __post_init__(self) -> None:
        """Refuse numbers that can never be reached. Raises ValueError."""
        if not 1 <= self.need <= self.of:
            raise ValueError(f"A quorum needs at least 1 and at most all locations, not {self.need} of {self.of}.")

    def needed(self, living: int) -> int:
        """The required number of ``living`` locations: the same fraction, rounded up."""
        return max(1, -(-self.need * living // self.of))


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition that raises an alert. The key of an episode is the rule's ``id`` with a subject."""

    id: str
    alert_type: AlertType
    signal: Signal
    subject: str = "*"
    """A name, or a pattern with ``*`` and ``?``, for services, databases, host parts or figures."""
    direction: Direction = Direction.ABOVE
    limits: Limits = field(default_factory=Limits)
    severity: Severity = Severity.CRITICAL
    """Severity of a rule on a state; other rules have one per limit."""
    fail: int = 3
    """Consecutive bad observations that confirm a fault."""
    for_seconds: float = 0.0
    """How long it must also have been bad."""
    recover: int = 2
    """Consecutive good observations that end an alert, and warning ones that step a critical alert down."""
    keep_firing_for: float = 0.0
    """Seconds it must also have been good."""
    no_data_after: int | None = None
    """Intervals without data after which ``<rule>/no_data`` opens; ``None`` only holds the condition."""
    reopen_window: float = 300.0
    """A new episode within this many seconds of the last one's end names it as its predecessor."""
    window: float | None = None
    """Seconds of values that ``aggregate`` combines; ``None`` judges each value."""
    aggregate: Aggregate = Aggregate.LAST
    min_samples: int = 1
    """Fewer samples in the window are no data."""
    min_failures: int = 1
    """Fewer failures in the window are never bad (error rate)."""
    min_coverage: float = 0.0
    """Percent of the window that must have been measured; less is no data (uptime)."""
    runbook: str | None = None
    quorum: Quorum | None = None
    """How many locations must agree; more than half if none is given."""
    groups: tuple[str, ...] = ()
    """Only targets of these groups; empty: of any."""
    criticality: Criticality | None = None
    """Only targets of this criticality."""
    shadow: bool = False
    """It is judged, and only counts what it would send."""
    steps: tuple[float, ...] = ()
    """Each of these limits that is passed while the alert is open is told anew, worst last."""
    target: str | None = None
    """Of a rule on values: only those of this target."""
    slo: Slo | None = None
    """The objective of a rule on a burn rate: it names the subjects, and its windows are the limits."""
    limits_by_subject: Mapping[str, Limits] = field(default_factory=dict, hash=False)
    """Limits of single subjects that replace ``limits``."""
    runbook_by_subject: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Refuse a rule that can never work. Raises ValueError."""
        if self.fail < 1 or self.recover < 1:
            raise ValueError(f"Rule {self.id}: fail and recover must be at least 1.")
        if min(self.for_seconds, self.keep_firing_for, self.reopen_window) < 0:
            raise ValueError(f"Rule {self.id}: durations must not be negative.")
        if self.no_data_after is not None and self.no_data_after < 1:
            raise ValueError(f"Rule {self.id}: no_data_after must be at least 1 interval.")

    def limits_for(self, subject: str) -> Limits:
        """The limits that hold for ``subject``."""
        return self.limits_by_subject.get(subject, self.limits)

    def runbook_for(self, subject: str) -> str | None:
        """URL of the instructions for the person on call."""
        return self.runbook or self.runbook_by_subject.get(subject)

    def applies_to(self, subject: str) -> bool:
        """Whether the rule watches ``subject``."""
        if self.slo is not None:
            return subject in self.slo.services
        if subject != self.subject and not fnmatchcase(subject, self.subject):
            return False
        return not self.has_limits or not self.limits_for(subject).empty

    def watches(self, target: Target) -> bool:
        """Whether the rule applies to a service or database: by name, group and criticality."""
        if self.groups and target.group not in self.groups:
            return False
        if self.criticality is not None and target.criticality is not self.criticality:
            return False
        if self.signal is Signal.VALUE:
            return self._may_watch_values_of(target.name)
        return self.applies_to(target.name)

    def value_subjects(self, target: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The values of a target that the rule watches, each with its subject.

        Args:
            target: A name that the rule watches.
            names: The names of its values, the main one first: the target's own name as subject of the rule means it.
        """
        for place, name in enumerate(names):
            subject = value_subject(target, name)
            if self.applies_to(subject) or (place == 0 and self.subject == target):
                yield name, subject

    def _may_watch_values_of(self, target: str) -> bool:
        if self.target is not None:
            return target == self.target
        if any(sign in self.subject for sign in "*?["):
            return True  # its values are known when they are measured
        return self.subject == target or self.subject.startswith(target + VALUE_SEPARATOR)

    @property
    def has_limits(self) -> bool:
        """Whether it compares values with limits instead of reading a state."""
        return self.signal not in STATE_SIGNALS and self.slo is None

    @property
    def lesser_severity(self) -> Severity:
        """The severity of an alert that is not critical."""
        informs = self.severity is Severity.INFO or self.limits.info is not None
        return Severity.INFO if informs else Severity.WARNING

    @property
    def counts_in_message(self) -> bool:
        """Whether the message has the number of confirming failures: ``(3 of 3)``."""
        return not self.has_limits and self.fail > 1
