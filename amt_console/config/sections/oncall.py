"""``oncall``: people, and the rotas in which they take turns."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import ConfigSection, Moment, Name, TimeZone, Window

Channels = Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
Accounts = Annotated[tuple[Name, ...], Field(max_length=20)]
Names = Annotated[tuple[Name, ...], Field(min_length=1, max_length=100)]


class SeverityChannels(ConfigSection):
    """A person's channels by the severity of the alert."""

    critical: Channels | None = None
    """For critical alerts; by default those of `warning`."""
    warning: Channels | None = None
    """For warnings; by default those of `critical`."""

    @model_validator(mode="after")
    def _any(self) -> Self:
        if self.critical is None and self.warning is None:
            raise Refused("needs `critical` or `warning`")
        return self


def _form(value: object) -> str:
    """Select the union member; brackets mark names that are not keys of the file."""
    return "[table]" if isinstance(value, dict | SeverityChannels) else "[list]"


class PersonSettings(ConfigSection):
    """A person who can be on call, or be named by an escalation."""

    name: Name
    """Unique name."""
    channels: Annotated[
        Annotated[Channels, Tag("[list]")] | Annotated[SeverityChannels, Tag("[table]")], Discriminator(_form)
    ]
    """Channels that reach this person: a list, or a table with a list for `critical` and one for `warning`."""
    accounts: Accounts = ()
    """Login names, and `token:NAME` for access tokens: what these do is done by this person. The person's name itself
    always counts."""


class OverrideSettings(ConfigSection):
    """A period that another person takes. Of overrides that overlap the last one counts."""

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


class TurnSettings(ConfigSection):
    """The keys of every rota."""

    shift: Window = 7 * 86400.0
    """Length of a turn. Turns of whole days change at the same local hour all year; others are exact."""
    starts_at: Moment | None = None
    """A moment at which the first person's turn begins, with offset; before it nobody is on call. Needed when several
    people take turns."""
    time_zone: TimeZone = "UTC"
    """Time zone in which turns change at the same hour through the year."""
    overrides: Annotated[tuple[OverrideSettings, ...], Field(max_length=500)] = ()
    """Exceptions."""
    summary: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    """Channels that get a summary at each hand-over: open alerts, who has them, silences that end soon."""


class RotaSettings(TurnSettings):
    """A further rota: named people take turns in their order. An escalation names it as `oncall:NAME`."""

    name: Name
    """Unique name. A rota named `oncall` replaces the one of all people."""
    people: Names
    """Names of people of `oncall.people`."""

    @model_validator(mode="after")
    def _start_known(self) -> Self:
        if len(self.people) > 1 and self.starts_at is None:
            raise Refused("needs `starts_at` when several people take turns")
        return self


class OncallSettings(TurnSettings):
    """People, and the rota named `oncall`: all people take turns in the order in which they are listed."""

    people: Annotated[tuple[PersonSettings, ...], Field(max_length=500)] = ()
    """The people."""
    rotas: Annotated[tuple[RotaSettings, ...], Field(max_length=50)] = ()
    """Further rotas. With them, several people may be listed without `starts_at`: then there is no rota of all."""

    @model_validator(mode="after")
    def _start_known(self) -> Self:
        if len(self.people) > 1 and self.starts_at is None and not self.rotas:
            raise Refused("needs `starts_at` when several people take turns")
        return self

    @property
    def all_take_turns(self) -> bool:
        """Whether there is a rota of all people."""
        return bool(self.people) and (self.starts_at is not None or len(self.people) == 1)
