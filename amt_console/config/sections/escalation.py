"""``escalation`` and ``quiet_hours``: who is notified, and when the next level is."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import (
    MAX_NAME_CHARS,
    ConfigSection,
    Delay,
    DurationRange,
    Flag,
    Name,
    TimeOfDay,
    TimeZone,
    duration_schema,
    printable_name,
)
from amt_console.model import Severity
from amt_console.model.policy import ONCALL, PERSON_PREFIX

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[tuple[Weekday, ...], Field(max_length=7)]
PartOfDay = Annotated[float, BeforeValidator(DurationRange(60, 7 * 86400)), WithJsonSchema(duration_schema())]
QuietTime = Annotated[float, BeforeValidator(DurationRange(60, 86400)), WithJsonSchema(duration_schema())]
MAX_RECEIVER_CHARS = MAX_NAME_CHARS + len(PERSON_PREFIX)


def _receiver(value: object) -> str:
    return printable_name(value, MAX_RECEIVER_CHARS)


def _somebody(value: Any) -> Any:
    if value in ([], ()):
        raise Refused(f"names nobody: give channels, `{PERSON_PREFIX}NAME`, `{ONCALL}` or `{ONCALL}:ROTA`")
    return value


ReceiverName = Annotated[
    str, BeforeValidator(_receiver), WithJsonSchema({"type": "string", "maxLength": MAX_RECEIVER_CHARS})
]
Receivers = Annotated[tuple[ReceiverName, ...], BeforeValidator(_somebody), Field(min_length=1, max_length=20)]


class EscalationLevel(ConfigSection):
    """One step of an escalation."""

    after: Delay = 0.0
    """Time since the alert fired, unacknowledged."""
    notify: Receivers
    """Whom to notify: channels, `person:NAME`, `oncall` (the person on call), or `oncall:ROTA` for another rota."""


Levels = Annotated[tuple[EscalationLevel, ...], BeforeValidator(_somebody), Field(min_length=1, max_length=10)]


class EscalationSettings(ConfigSection):
    """Who is notified of an alert, level by level until somebody acknowledges. The first policy that fits applies; an
    alert that none fits is shown and not notified. Without any policy every enabled channel is notified: of critical
    alerts at 0, 10 and 20 minutes, of warnings after `notify.warning_after`. Informational alerts are never
    notified."""

    name: Name | None = None
    """Its name in messages."""
    enabled: Flag = True
    """Whether it is used."""
    severity: Severity | None = None
    """Only alerts of this severity; by default critical and warning."""
    group: Name | None = None
    """Only alerts of this group's services."""
    start: TimeOfDay | None = None
    """Time of day from which it applies, in `time_zone`; by default always."""
    duration: PartOfDay | None = None
    """How long it then applies."""
    weekdays: Weekdays = ()
    """Days on which that time begins: `mon` to `sun`; by default every day."""
    time_zone: TimeZone = "UTC"
    """Time zone of `start`."""
    levels: Levels
    """Steps, in order."""
    repeat: Annotated[int, Field(ge=1, le=20)] = 1
    """How often the levels are gone through until somebody acknowledges."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        delays = [level.after for level in self.levels]
        if any(later <= earlier for earlier, later in pairwise(delays)):
            raise Refused("the `after` of each level must be longer than that of the level before")
        if (self.start is None) != (self.duration is None):
            raise Refused("needs both `start` and `duration`, or neither")
        if self.weekdays and self.start is None:
            raise Refused(
                "needs `start` and `duration` with `weekdays`", 'whole days: start = "00:00", duration = "1d"'
            )
        return self


class QuietHours(ConfigSection):
    """A time of day in which warnings wait; at its end they come as one digest. Critical alerts never wait."""

    start: TimeOfDay | None = None
    """Beginning, such as `"22:00"`, in `time_zone`; by default there are no quiet hours."""
    duration: QuietTime | None = None
    """Their length."""
    time_zone: TimeZone = "UTC"
    """Time zone of `start`."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.start is None) != (self.duration is None):
            raise Refused("needs both `start` and `duration`, or neither")
        return self
