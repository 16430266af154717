"""``slos``: objectives for services, watched by their error budget."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema

from amt_console.config.sections.scalars import ConfigSection, DurationRange, Milliseconds, Name, duration_schema

Objective = Annotated[float, Strict(), Field(ge=50, le=99.999)]
SloWindow = Annotated[float, BeforeValidator(DurationRange(7 * 86400, 90 * 86400)), WithJsonSchema(duration_schema())]


class SloSettings(ConfigSection):
    """A service level objective: the share of good probes that each of its services must reach.

    An alert `slo_burn` fires when the error budget is used up much faster than the window allows; docs/alerts.md has
    the numbers.
    """

    name: Name
    """Unique name. The rule of its alerts is `slo/` and this name."""
    services: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Names of services or databases. Each has an error budget of its own."""
    objective: Objective = 99.9
    """Percent of the probes that must be good, from 50 to 99.999."""
    window: SloWindow = 30 * 86400.0
    """Time over which the objective holds, from 7d to 90d."""
    latency_ms: Milliseconds | None = None
    """A probe is good when it is answered within this many milliseconds. Left out: when it finds the service up."""
