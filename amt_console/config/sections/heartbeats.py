"""``heartbeats``: jobs that must report."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections.scalars import (
    YEAR,
    ConfigSection,
    DurationRange,
    Flag,
    HttpUrl,
    Name,
    TimeZone,
    duration_schema,
)
from amt_console.crontab import CrontabError, check_schedule
from amt_console.model import Severity

DEFAULT_GROUP = "jobs"
_KEY = re.compile(r"^[A-Za-z0-9_-]{4,128}$")
_DURATION_SCHEMA = WithJsonSchema(duration_schema())


def _schedule(value: object) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise Refused('must be a schedule as in a crontab, such as "30 2 * * *"')
    try:
        check_schedule(value)
    except CrontabError as error:
        raise Refused(f'must be a schedule as in a crontab, such as "30 2 * * *": {error}') from None
    return value


Schedule = Annotated[str, BeforeValidator(_schedule), WithJsonSchema({"type": "string"})]
Period = Annotated[float, BeforeValidator(DurationRange(1, 2 * YEAR)), _DURATION_SCHEMA]
Grace = Annotated[float, BeforeValidator(DurationRange(1, 30 * 86400)), _DURATION_SCHEMA]


class PingKey(Secret):
    """The part of a ping's URL that says whose it is, and that nobody else knows."""

    __slots__ = ()

    @classmethod
    def check(cls, text: str) -> None:
        """Refuse what does not fit into a URL, or is found by trying."""
        if not _KEY.match(text):
            raise Refused(
                "must be 4 to 128 letters, digits, hyphens and underscores", "make one with `openssl rand -hex 16`"
            )


class HeartbeatSettings(ConfigSection):
    """A job, such as one of cron, that reports when it has run: it is alerted on when it fails and when nothing is
    heard of it. Needs `period` or `schedule`."""

    name: Name
    """Unique name, also among services and databases: the subject of its alerts."""
    enabled: Flag = True
    """Whether it is watched."""
    key: PingKey
    """The end of the URL that it requests, `/ping/KEY` (secret); make one with `openssl rand -hex 16`."""
    period: Period | None = None
    """Time between two reports, from 1s to 730d."""
    schedule: Schedule | None = None
    """When it starts, as in a crontab: `"30 2 * * *"`, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`."""
    time_zone: TimeZone = "UTC"
    """Time zone of `schedule`."""
    grace: Grace = 3600.0
    """How long a report may be late, and how long a run may take, before the job is down; from 1s to 30d."""
    severity: Severity = Severity.CRITICAL
    """Severity of its alerts."""
    group: Name = DEFAULT_GROUP
    """Group that silences, maintenance and escalation can name."""
    runbook: HttpUrl | None = None
    """URL of the instructions for the person on call."""

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if (self.period is None) == (self.schedule is None):
            raise Refused("needs either `period` or `schedule`")
        return self
