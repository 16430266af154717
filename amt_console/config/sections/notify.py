"""``notify``: when messages are sent, how many, and how often they are tried again."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import ConfigSection, Delay, DurationRange, duration_schema
from amt_console.text import safe_text

_HOST = re.compile(r"(?i)(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*\.?")


def _private(value: object) -> str:
    if isinstance(value, str):
        try:
            return str(ip_network(value, strict=False))
        except ValueError:
            if _HOST.fullmatch(value) and not re.fullmatch(r"[\d.]+", value):
                return value.lower().rstrip(".")
    raise Refused("must be an address, a network or a host name, such as 10.0.0.0/8 or hooks.intern")


PrivateHost = Annotated[str, BeforeValidator(_private), WithJsonSchema({"type": "string"})]
RetryFirst = Annotated[float, BeforeValidator(DurationRange(0.1, 3600)), WithJsonSchema(duration_schema())]
RetryMost = Annotated[float, BeforeValidator(DurationRange(1, 6 * 3600)), WithJsonSchema(duration_schema())]
HourlyCap = Annotated[int, Strict(), Field(ge=1, le=10_000)]


class NotifySettings(ConfigSection):
    """When messages are sent. The keys from `group_wait` to `group_interval`, `hourly_cap`, `retry_first` and
    `retry_most` may also be given in a channel, for that channel."""

    allow_private: Annotated[tuple[PrivateHost, ...], Field(max_length=100)] = ()
    """Private addresses, networks and host names that channels of the types slack, teams, webhook and ntfy may reach.
    Metadata addresses of clouds are never reached. email, alertmanager, pagerduty and exec are not restricted."""
    group_wait: Delay = 30.0
    """How long messages to one receiver are collected into one. The first critical page of a quiet group goes at
    once."""
    group_wait_critical: Delay = 5.0
    """The same for critical alerts that follow the first."""
    group_interval: Delay = 300.0
    """Least time between two messages of one group."""
    reminder: Delay = 4 * 3600.0
    """Time between reminders of an alert that nobody acknowledges; 0 for none."""
    acknowledgement: Annotated[
        float, BeforeValidator(DurationRange(60, 7 * 86400)), WithJsonSchema(duration_schema())
    ] = 4 * 3600.0
    """Time until an acknowledgement ends. Its owner is reminded 10 minutes before; at its end the alert is escalated
    again."""
    reopen_window: Delay = 300.0
    """An alert that comes back within this time keeps its owner, who gets one message; without an answer within 10
    minutes it is escalated again."""
    warning_after: Delay = 900.0
    """How long a warning must last to be notified, where no `escalation` is configured."""
    hourly_cap: HourlyCap = 60
    """Most messages an hour to one receiver; the rest comes as one digest. Critical pages are always sent."""
    retry_first: RetryFirst = 1.0
    """Longest pause before the second attempt; it doubles with each further one. Pauses are random up to that."""
    retry_most: RetryMost = 300.0
    """Longest pause between two attempts."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.retry_first > self.retry_most:
            raise Refused("`retry_first` must not be above `retry_most`")
        if 0 < self.reminder < 60:
            raise Refused(f"`reminder` must be 0 or at least 60 s (found {safe_text(f'{self.reminder:g} s')})")
        return self
