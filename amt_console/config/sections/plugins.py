"""``plugins``: monitoring plugins to run."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from amt_console.config.secrets.kinds import ArgumentSecret
from amt_console.config.sections.scalars import ConfigSection, Flag, HttpUrl, Interval, Name, Timeout, VariableName
from amt_console.config.sections.services import check_timeout
from amt_console.model import DEFAULT_GROUP, Criticality


class PluginSettings(ConfigSection):
    """One monitoring plugin: a program that exits with 0 (up), 1 (degraded), 2 (down) or 3 (unknown)."""

    name: Name
    """Unique name, also among services and databases."""
    command: Annotated[tuple[ArgumentSecret, ...], Field(min_length=1, max_length=100)]
    """The program and its arguments, as a list; no shell is involved. `${NAME}` within an argument is replaced by an
    environment variable; other programs on the machine may see it."""
    environment: Annotated[tuple[VariableName, ...], Field(max_length=100)] = ("PATH",)
    """Names of the environment variables that it gets; besides them it gets `LC_ALL=C.UTF-8`."""
    enabled: Flag = True
    """Whether it is run at all."""
    group: Name = DEFAULT_GROUP
    """Group that silences, maintenance and escalation can name."""
    criticality: Criticality = Criticality.NORMAL
    """How often it is run if it names no interval; see `services`."""
    interval: Interval | None = None
    """Time between runs; by default by `criticality`."""
    timeout: Timeout | None = None
    """Longest run time, below `interval`; after it the program and its children are ended. By default 10 s, or four
    fifths of a shorter interval."""
    depends_on: tuple[Name, ...] = ()
    """Services or databases that this one needs; see `services`."""
    runbook: HttpUrl | None = None
    """Page with instructions; shown with its alerts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_timeout(self.timeout, self.interval)
        return self
