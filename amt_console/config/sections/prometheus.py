"""``prometheus``: queries of Prometheus servers."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from amt_console.config.faults import Refused
from amt_console.config.secrets.kinds import HeaderSecret
from amt_console.config.sections.scalars import (
    BaseUrl,
    ConfigSection,
    Flag,
    HttpUrl,
    Interval,
    Name,
    Number,
    ReadableFile,
    Timeout,
)
from amt_console.config.sections.services import HeaderName, check_timeout
from amt_console.model import DEFAULT_GROUP, Criticality, Severity


class PrometheusSettings(ConfigSection):
    """One query of a Prometheus server: its result is stored, shown, and with a limit also an alert."""

    name: Name
    """Unique name, also among services and databases. With a limit it makes a rule named `prometheus/` and this name;
    one of `rules` with that name replaces it."""
    url: BaseUrl
    """Base URL of the server, such as `http://prometheus:9090`."""
    query: Annotated[str, Field(min_length=1, max_length=2000)]
    """PromQL that gives one number, or one a series. A query that gives nothing is unknown, so leave comparisons out
    and name the limit as `above` or `below`."""
    unit: Annotated[str, Field(min_length=1, max_length=10)] | None = None
    """Unit of the result: `%`, `s`, `ms`, `B` or any short word."""
    above: Number | None = None
    """Bad above this; at most one of `above` and `below`."""
    below: Number | None = None
    """Bad below this."""
    severity: Severity = Severity.WARNING
    """Severity of the alert: `info`, `warning` or `critical`."""
    headers: dict[HeaderName, HeaderSecret] = Field(default_factory=dict)
    """Headers sent with each query, such as `Authorization` (values are secrets)."""
    verify_tls: Flag = True
    """Whether the certificate is verified."""
    ca_file: ReadableFile | None = None
    """PEM file with the certificate authorities to trust instead of the system's."""
    enabled: Flag = True
    """Whether it is asked at all."""
    group: Name = DEFAULT_GROUP
    """Group that silences, maintenance and escalation can name."""
    criticality: Criticality = Criticality.NORMAL
    """How often it is asked if it names no interval; see `services`."""
    interval: Interval | None = None
    """Time between queries; by default by `criticality`."""
    timeout: Timeout | None = None
    """Total deadline of one query, below `interval`. By default 10 s, or four fifths of a shorter interval."""
    depends_on: tuple[Name, ...] = ()
    """Services or databases that this one needs; see `services`."""
    runbook: HttpUrl | None = None
    """Page with instructions; shown with its alerts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_timeout(self.timeout, self.interval)
        if self.url is None:
            raise Refused("needs the base URL of a server as `url`")
        if self.above is not None and self.below is not None:
            raise Refused("takes one of `above` and `below`")
        return self
