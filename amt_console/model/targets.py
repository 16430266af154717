"""Targets of probes and their expectations. Built by the configuration, read by the collectors."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

from amt_console.model.results import MAIN_VALUE
from amt_console.model.states import Criticality, FigureKind, TargetKind

_T = TypeVar("_T")
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
    """One service, reached by HTTP, TCP, DNS or ICMP as the scheme of its URL says."""

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


@dataclass(frozen=True, slots=True)
class Plugin:
    """One monitoring plugin: a command that tells a state by its exit code."""

    name: str
    command: tuple[str, ...] = field(repr=False)
    """Program and arguments; no shell. Arguments may hold secrets, already resolved."""
    environment: tuple[str, ...] = ("PATH",)
    """Names of the variables that it is given."""
    group: str = DEFAULT_GROUP
    criticality: Criticality = Criticality.NORMAL
    interval: float = 60.0
    timeout: float = 10.0
    depends_on: tuple[str, ...] = ()
    runbook: str | None = None

    @property
    def url(self) -> str:
        """Stands where others show their URL: the program without its arguments."""
        return f"{PLUGIN_SCHEME}{self.command[0].rpartition('/')[2]}"

    @property
    def degraded_above_ms(self) -> None:
        """How long it runs says nothing about its subject."""


@dataclass(frozen=True, slots=True)
class PrometheusQuery:
    """One instant query of a Prometheus server; its values are those of a service."""

    name: str
    url: str
    """Base URL of the server."""
    query: str
    unit: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each query; secrets already resolved."""
    verify_tls: bool = True
    ca_file: str | None = None
    group: str = DEFAULT_GROUP
    criticality: Criticality = Criticality.NORMAL
    interval: float = 60.0
    timeout: float = 10.0
    depends_on: tuple[str, ...] = ()
    runbook: str | None = None

    @property
    def degraded_above_ms(self) -> None:
        """How long the answer takes says nothing about what is asked."""


Target = Service | Database | Plugin | PrometheusQuery
PLUGIN_SCHEME = "plugin:"
_SCHEMES = {"tcp": TargetKind.TCP, "dns": TargetKind.DNS, "icmp": TargetKind.ICMP}
_TYPES: Mapping[TargetKind, type[Target]] = {
    TargetKind.DATABASE: Database,
    TargetKind.PLUGIN: Plugin,
    TargetKind.PROMETHEUS: PrometheusQuery,
}
VALUE_SEPARATOR = "/"
"""Between the name of a target and that of one of its values."""


def kind_of(target: Target) -> TargetKind:
    """What a target is."""
    if isinstance(target, Service):
        return _SCHEMES.get(target.url.partition(":")[0].lower(), TargetKind.HTTP)
    return next(kind for kind, found in _TYPES.items() if isinstance(target, found))


def bare_target(kind: TargetKind, values: Mapping[str, Any]) -> Target:
    """A target from what was written down about it, enough to show and to judge it, not to probe it.

    Args:
        kind: What it is.
        values: By the names of the attributes; those that this kind does not have are left out.

    Raises:
        TypeError: A name is missing.
    """
    found = _TYPES.get(kind, Service)
    known = {each.name for each in fields(found)}
    given = {name: value for name, value in values.items() if name in known}
    if found is Plugin:
        given["command"] = (str(values["url"]).removeprefix(PLUGIN_SCHEME),)
    elif found is PrometheusQuery:
        given.setdefault("query", "")
    return found(**given)


def value_subject(target: str, name: str) -> str:
    """The subject of alerts on a value: ``db/connections``; of the main value the target's own name."""
    return target if name == MAIN_VALUE else f"{target}{VALUE_SEPARATOR}{name}"


def value_name(target: str, subject: str) -> str:
    """The value that a subject of ``value_subject`` names."""
    return MAIN_VALUE if subject == target else subject.removeprefix(target + VALUE_SEPARATOR)


def target_of_subject(subject: str, known: Container[str]) -> str:
    """The target that an alert's subject belongs to: itself, or the one whose value it is.

    Args:
        subject: Of an alert; those of the host and of figures are returned as they are.
        known: The names of the targets; they may hold the separator, so the longest one counts.
    """
    owner = subject
    while owner and owner not in known:
        owner = owner.rpartition(VALUE_SEPARATOR)[0]
    return owner or subject


def belongs_to(subject: str, target: str) -> bool:
    """Whether the subject of an alert is a target or one of its values."""
    return subject == target or subject.startswith(target + VALUE_SEPARATOR)


class ByTarget(dict[str, _T]):
    """What is known of each target; ``get`` also takes the subject of a value, and finds its target."""

    __slots__ = ()

    def get(self, key: str, default: Any = None) -> Any:
        """By the name of a target, or the subject of one of its values."""
        return dict.get(self, key if key in self else target_of_subject(key, self), default)
