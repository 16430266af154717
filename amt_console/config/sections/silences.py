"""``silences`` and ``maintenance``: muted messages and planned work."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.escalation import Weekdays
from amt_console.config.sections.scalars import (
    ConfigSection,
    Flag,
    Moment,
    Name,
    Pattern,
    Text,
    TimeOfDay,
    TimeZone,
    Window,
)
from amt_console.model import AlertType, Severity


class SilenceSettings(ConfigSection):
    """Alerts that are shown but not notified, until an end. An alert is silenced if it matches all given keys."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    """The reason; shown with silenced alerts."""
    created_by: Name | None = None
    """The author."""
    services: tuple[Name, ...] = ()
    """Names of services or databases."""
    groups: tuple[Name, ...] = ()
    """Names of groups."""
    alert_types: tuple[AlertType, ...] = ()
    """Kinds of alerts."""
    severity: Severity | None = None
    """Only this severity."""
    match: Pattern | None = None
    """Regular expression that must be found in the subject: the name of a service, a database, a disk ..."""
    starts_at: Moment | None = None
    """Start, with offset; by default at once."""
    ends_at: Moment
    """End, with offset. Required: a silence without an end is forgotten."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if not (self.services or self.groups or self.alert_types or self.severity or self.match):
            raise Refused("must say what it silences: `services`, `groups`, `alert_types`, `severity` or `match`")
        if self.starts_at is not None and self.ends_at <= self.starts_at:
            raise Refused("`ends_at` must be after `starts_at`")
        return self


class MaintenanceSettings(ConfigSection):
    """Planned work: the services count as in maintenance, neither up nor down.

    Once (`starts_at`, `ends_at`) or recurring (`start`, `duration`).
    """

    name: Name
    """Unique name."""
    enabled: Flag = True
    """Whether it applies."""
    services: tuple[Name, ...] = ()
    """Names of services or databases."""
    groups: tuple[Name, ...] = ()
    """Names of groups."""
    starts_at: Moment | None = None
    """Begin of work done once, with offset."""
    ends_at: Moment | None = None
    """End of work done once, with offset."""
    start: TimeOfDay | None = None
    """Time of day at which recurring work begins, such as `"02:30"`, in `time_zone`."""
    duration: Window | None = None
    """Length of recurring work; exact, also when clocks change."""
    weekdays: Weekdays = ()
    """Days of recurring work: `mon` to `sun`; by default every day."""
    time_zone: TimeZone = "UTC"
    """Time zone of `start`."""
    note: Text | None = None
    """What is done."""

    @model_validator(mode="after")
    def _once_or_recurring(self) -> Self:
        if not (self.services or self.groups):
            raise Refused("must name `services` or `groups`")
        once = self.starts_at is not None and self.ends_at is not None
        recurring = self.start is not None and self.duration is not None
        stray_once = self.starts_at is not None or self.ends_at is not None
        stray_recurring = self.start is not None or self.duration is not None or bool(self.weekdays)
        if not (once and not stray_recurring) and not (recurring and not stray_once):
            raise Refused(
                "needs either `starts_at` and `ends_at`, or `start` and `duration` (with `weekdays` if not daily)"
            )
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise Refused("`ends_at` must be after `starts_at`")
        return self
