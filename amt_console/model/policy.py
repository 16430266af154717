"""Who is told of alerts, and when nobody is: the values of escalation, rota, silences, maintenance and quiet hours.

The functions over them are in ``alerts.policy``; the configuration and the database create them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from amt_console.model.states import AlertType, ChannelType, Severity

UTC_ZONE = ZoneInfo("UTC")
ONCALL = "oncall"
"""The receiver for whoever is on call in the rota of this name; ``oncall:ROTA`` names another rota."""
PERSON_PREFIX = "person:"
"""Of a receiver that is a person."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Silence:
    """Mutes the messages of matching alerts until its end, never the checks. An alert must match every given key."""

    reason: str
    ends_at: datetime
    id: str = ""
    """Assigned when stored, a number as text; ``config-N`` for the Nth of the configuration."""
    created_by: str | None = None
    created_at: datetime | None = None
    """``None`` from the configuration."""
    starts_at: datetime | None = None
    """``None``: from the beginning."""
    services: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    alert_types: tuple[AlertType, ...] = ()
    severity: Severity | None = None
    match: str | None = None
    """A regular expression that the subject must contain a match of."""
    ended_by: str | None = None
    """The person who ended it early; ``ends_at`` is then that moment."""

    @property
    def what(self) -> str:
        """What it mutes, in words."""
        parts = (
            self.severity or "",
            ", ".join(self.alert_types),
            ", ".join(self.services),
            ", ".join(f"group {group}" for group in self.groups),
            f"/{self.match}/" if self.match else "",
        )
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A time of day on some weekdays for an exact length, in a time zone.

    A local time that does not exist (clocks go forward) shifts forward; of an ambiguous one the first counts.
    """

    start: time
    duration: float
    """Seconds, exact even when clocks change."""
    weekdays: tuple[str, ...] = ()
    """``mon`` to ``sun``; empty: every day."""
    zone: ZoneInfo = UTC_ZONE


@dataclass(frozen=True, slots=True)
class MaintenanceWindow:
    """Planned work, once or recurring: its services count as in maintenance, and their messages are held."""

    name: str
    services: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    starts_at: datetime | None = None
    """Of work done once, like ``ends_at``."""
    ends_at: datetime | None = None
    recurrence: Recurrence | None = None
    note: str | None = None
    created_by: str | None = None
    """The person, for a window that is not from the configuration."""
    created_at: datetime | None = None
    """``None`` from the configuration."""
    ended_by: str | None = None
    """The person who ended it early; ``ends_at`` is then that moment."""

    @property
    def what(self) -> str:
        """What is worked on, in words."""
        return ", ".join((*self.services, *(f"group {group}" for group in self.groups)))


@dataclass(frozen=True, slots=True)
class Level:
    """One step of an escalation."""

    after: float
    """Seconds since the alert fired, unacknowledged."""
    notify: tuple[str, ...]
    """Names of channels, ``person:NAME``, ``oncall`` or ``oncall:ROTA``."""


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """Who is told, level by level, until somebody acknowledges."""

    name: str
    levels: tuple[Level, ...]
    severity: Severity | None = None
    """``None``: critical and warning."""
    group: str | None = None
    hours: Recurrence | None = None
    """The part of the day or week in which it applies; ``None``: always."""
    repeat: int = 1
    """How often the levels are gone through."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who can be told."""

    name: str
    channels: tuple[str, ...] = ()
    """For every severity without an entry in ``by_severity``."""
    by_severity: Mapping[Severity, tuple[str, ...]] = field(default_factory=dict)
    accounts: tuple[str, ...] = ()
    """Login names and ``token:NAME``: actions by these are this person's."""

    def channels_for(self, severity: Severity) -> tuple[str, ...]:
        """The channels that reach the person for alerts of a severity."""
        return self.by_severity.get(severity, self.channels)

    def is_actor(self, actor: str) -> bool:
        """Whether an action's actor, a login name or the name of a token, is this person."""
        return actor == self.name or actor in self.accounts or f"token:{actor}" in self.accounts


@dataclass(frozen=True, slots=True)
class RotaOverride:
    """A period that another person takes."""

    person: str
    starts_at: datetime
    ends_at: datetime
    rota: str = ONCALL
    id: int | None = None
    """Of a stored one; ``None`` from the configuration."""
    created_by: str | None = None


Added = Silence | MaintenanceWindow | RotaOverride
"""What people add while the monitor runs."""


@dataclass(frozen=True, slots=True)
class Rota:
    """People who take turns."""

    name: str
    people: tuple[str, ...]
    """In the order of their turns."""
    shift: float
    """Length of a turn in seconds; whole days change at the same local hour all year."""
    starts_at: datetime | None = None
    """A moment at which the first person's turn begins; before it nobody is on call. ``None``: one person, always."""
    zone: ZoneInfo = UTC_ZONE
    overrides: tuple[RotaOverride, ...] = ()
    summary: tuple[str, ...] = ()
    """Channels that get a summary at each hand-over."""


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """The part of a channel that decides who is told."""

    name: str
    type: ChannelType
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class NotifyTimes:
    """The times of ``[notify]`` that decide when somebody is told, in seconds."""

    reminder: float = 4 * 3600.0
    """Between two reminders of an unacknowledged alert; 0: none."""
    acknowledgement: float = 4 * 3600.0
    """Until an acknowledgement ends."""
    reopen_answer: float = 600.0
    """How long the owner of an alert that came back may take to answer."""
    warning_after: float = 900.0
    """A warning is told when it lasts this long, where no escalation says otherwise."""
    settle: float = 15.0
    """How long a page waits at most for the verdict on a dependency that is being re-checked."""


@dataclass(frozen=True, slots=True)
class Policies:
    """Everything that decides who is told of an alert, at one moment."""

    channels: Mapping[str, ChannelFacts] = field(default_factory=dict)
    """The enabled channels by name."""
    people: Mapping[str, Person] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)
    escalations: tuple[EscalationPolicy, ...] = ()
    """The first that fits applies."""
    silences: tuple[Silence, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    quiet_hours: Recurrence | None = None
    times: NotifyTimes = NotifyTimes()
    groups: Mapping[str, str] = field(default_factory=dict)
    """The group of each service or database."""
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    intervals: Mapping[str, float] = field(default_factory=dict)
    """Seconds between the probes of each target."""
