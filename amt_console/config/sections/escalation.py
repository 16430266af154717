"""``escalation`` and ``oncall``: who is notified, and when the next level is."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import Delay, Flag, Moment, Name, Section, TimeZone, Window
from amt_console.model import Severity

ONCALL = "oncall"
"""The receiver for the person on call."""

Receivers = Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]


class EscalationLevel(Section):
    """One step of an escalation."""

    after: Delay = 0.0
    """Time since the alert fired, unacknowledged."""
    notify: Receivers
    """Channels to notify; `oncall` is the person on call."""


class EscalationPolicy(Section):
    """Who is notified of an alert, level by level until somebody acknowledges. The first policy that fits applies."""

    name: Name | None = None
    """Its name in messages."""
    enabled: Flag = True
    """Whether it is used."""
    severity: Severity | None = None
    """Only alerts of this severity; by default critical and warning."""
    group: Name | None = None
    """Only alerts of this group's services."""
    levels: Annotated[tuple[EscalationLevel, ...], Field(min_length=1, max_length=10)]
    """Steps, in order."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        delays = [level.after for level in self.levels]
        if any(later <= earlier for earlier, later in pairwise(delays)):
            raise Refused("the `after` of each level must be longer than that of the level before")
        return self


class Person(Section):
    """A person who can be on call."""

    name: Name
    """Unique name."""
    channels: Receivers
    """Channels that reach this person."""


class OncallOverride(Section):
    """A period that another person takes."""

    person: Name
    """The person on call during it."""
    starts_at: Moment
    """Start, with offset."""
    ends_at: Moment
    """End, with offset."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise Refused("`ends_at` must be after `starts_at`")
        return self


class OncallSettings(Section):
    """The on-call rota: people take turns in the order in which they are listed."""

    people: tuple[Person, ...] = ()
    """The people who take turns."""
    shift: Window = 7 * 86400.0
    """Length of a turn."""
    starts_at: Moment | None = None
    """A moment at which the first person's turn begins, with offset."""
    time_zone: TimeZone = "UTC"
    """Time zone in which turns change at the same hour through the year."""
    overrides: tuple[OncallOverride, ...] = ()
    """Exceptions."""

    @model_validator(mode="after")
    def _start_known(self) -> Self:
        if len(self.people) > 1 and self.starts_at is None:
            raise Refused("needs `starts_at` when several people take turns")
        return self
