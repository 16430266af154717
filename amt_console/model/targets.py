"""Targets of probes and their expectations. Built by the configuration, read by the collectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from amt_console.model.states import Criticality, FigureKind

AddressFamily = Literal["any", "ipv4", "ipv6"]

DEFAULT_MAX_BODY_BYTES = 1024 * 1024
DEFAULT_GROUP = "platform"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an answer must satisfy to count as up, in the order of the fields; the first failure is the error."""

    status: tuple[str, ...] = ("2xx",)
    """Accepted status codes: ``"200"``, ``"2xx"``, ``"200-299"``."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header name to a regular expression that its value must match (searched, not anchored)."""
    text: str | None = None
    """Text that the decoded body must contain."""
    regex: str | None = None
    """Regular expression that must be found in the decoded body."""
    jmespath: str | None = None
    """JMESPath expression over the JSON body that must be true, e.g. ``status == 'ok'``."""


@dataclass(frozen=True, slots=True)
class Service:
    """One HTTP target."""

    name: str
    url: str
    group: str = DEFAULT_GROUP
    criticality: Criticality = Criticality.NORMAL
    interval: float = 60.0
    """Seconds between probes."""
    timeout: float = 10.0
    """Total deadline of one probe, redirects and body included, in seconds; always below ``interval``."""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each probe; secrets already resolved."""
    auth: tuple[str, str] | None = field(default=None, repr=False)
    """User name and password of HTTP basic authentication."""
    body: str | None = None
    """Request body, for methods that take one."""
    expect: Expectation = field(default_factory=Expectation)
    degraded_above_ms: float | None = 2000.0
    """Slower answers are ``degraded``."""
    down_above_ms: float | None = 5000.0
    """The critical limit of the response time rule for this service; ``None`` switches the rule off."""
    verify_tls: bool = True
    ca_file: str | None = None
    family: AddressFamily = "any"
    """``any`` takes the resolver's first address and no other: a half-dead service must not look alive."""
    proxy: str | None = field(default=None, repr=False)
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    """More decoded bytes than this end the probe as ``too_large``."""
    figures: FigureKind | None = None
    """Figures that are read from the answer's body."""
    depends_on: tuple[str, ...] = ()
    runbook: str | None = None


@dataclass(frozen=True, slots=True)
class FigureSource:
    """Path and unit of one figure in the platform's answer, if they differ from the default."""

    path: str | None = None
    """JMESPath expression."""
    unit: str | None = None
    """``percent``, ``fraction``, ``s``, ``ms``, another ``FigureUnit``, or the code of a currency."""


@dataclass(frozen=True, slots=True)
class FigureSources:
    """The configuration of the figures."""

    currency: str | None = None
    """Currency code of all amounts."""
    by_kind: Mapping[FigureKind, Mapping[str, FigureSource]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Database:
    """One database target, reached through SQLAlchemy."""

    name: str
    url: str = field(repr=False)
    query: str = "SELECT 1"
    group: str = "databases"
    criticality: Criticality = Criticality.HIGH
    interval: float = 30.0
    timeout: float = 10.0
    degraded_above_ms: float | None = 1000.0
    depends_on: tuple[str, ...] = ()
    runbook: str | None = None


Target = Service | Database
