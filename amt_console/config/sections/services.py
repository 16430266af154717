"""``services`` and ``databases``: what is probed."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.secrets.kinds import DatabaseUrlSecret, HeaderSecret, LoginUrlSecret
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections.scalars import (
    ConfigSection,
    Flag,
    HttpUrl,
    Interval,
    JmesPath,
    LimitMs,
    Name,
    Pattern,
    ReadableFile,
    ServiceUrl,
    Text,
    Timeout,
    format_duration,
)
from amt_console.model import (
    DEFAULT_GROUP,
    DEFAULT_MAX_BODY_BYTES,
    AddressFamily,
    Criticality,
    FigureKind,
)

_STATUS = re.compile(r"^[1-5](\d\d|xx)$|^([1-5]\d\d)-([1-5]\d\d)$")
_HEADER_NAME = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")
DEFAULT_TIMEOUT = 10.0


_HTTP_KEYS = frozenset(
    ("method", "headers", "auth", "body", "expect", "verify_tls", "ca_file", "proxy", "max_body_bytes", "figures")
)
"""Keys of a service that not every scheme has a meaning for."""
_KEYS_BY_SCHEME = {
    "tcp": frozenset(("expect", "verify_tls", "ca_file")),
    "dns": frozenset(("expect",)),
    "icmp": frozenset[str](),
}


def _status(value: object) -> str:
    text = str(value).lower() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    found = _STATUS.match(text)
    if found is None or (found[2] and found[2] > found[3]):
        raise Refused('must be a status code such as 200, "2xx" or "200-299"')
    return text


def _header_name(value: object) -> str:
    if not isinstance(value, str) or not _HEADER_NAME.match(value):
        raise Refused("must be the name of an HTTP header")
    if value.lower() in ("host", "content-length", "transfer-encoding", "connection"):
        raise Refused("is a header that the program sets by itself")
    return value


Status = Annotated[
    str,
    BeforeValidator(_status),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 100, "maximum": 599}, {"type": "string", "pattern": _STATUS.pattern}]}
    ),
]
HeaderName = Annotated[str, BeforeValidator(_header_name)]
BodyBytes = Annotated[int, Strict(), Field(ge=1024, le=64 * 1024 * 1024)]


def check_timeout(timeout: float | None, interval: float | None) -> None:
    """Refuse a deadline at or above the interval. Raises Refused."""
    if timeout is not None and interval is not None and timeout >= interval:
        raise Refused(f"`timeout` ({format_duration(timeout)}) must be below `interval` ({format_duration(interval)})")


class BasicAuth(ConfigSection):
    """User name and password of HTTP basic authentication."""

    username: Text
    """User name."""
    password: Secret
    """Password (secret)."""


class Expect(ConfigSection):
    """What an answer must satisfy to count as up, checked in this order; the first that fails is the error."""

    status: Annotated[tuple[Status, ...], Field(min_length=1)] = ("2xx",)
    """Accepted status codes: `200`, `"2xx"` or `"200-299"`."""
    headers: dict[HeaderName, Pattern] = Field(default_factory=dict)
    """Header name to a regular expression that must be found in its value."""
    text: Text | None = None
    """Text that the body must contain."""
    regex: Pattern | None = None
    """Regular expression that must be found in the first 262,144 characters of the body. It may not call itself."""
    jmespath: JmesPath | None = None
    """JMESPath expression over the JSON body that must be true, such as `status == 'ok'`."""


class ServiceSettings(ConfigSection):
    """One service to probe, over HTTP, TCP, DNS or ICMP."""

    name: Name
    """Unique name. The name of a default service (such as `web-app`) replaces that one."""
    url: ServiceUrl
    """What is probed. `https://host/path` is requested (http as well; without user name or password). `tcp://host:port`
    is connected to, with `?tls=yes` also for a TLS handshake. `dns://name?server=192.0.2.53&type=A` asks a name server,
    by default this machine's first one. `icmp://host` is pinged."""
    enabled: Flag = True
    """Whether it is probed at all."""
    group: Name = DEFAULT_GROUP
    """Group that silences, maintenance and escalation can name."""
    criticality: Criticality = Criticality.NORMAL
    """How often it is probed if it names no interval: `critical` every 15 s, `high` every 30 s (both never less often
    than `check_interval`), `normal` at `check_interval`, `low` at five times that."""
    interval: Interval | None = None
    """Time between probes, from 1s to 1d; by default by `criticality`."""
    timeout: Timeout | None = None
    """Total deadline of one probe, redirects and body included; below `interval`. By default 10 s, or four fifths of a
    shorter interval."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = "GET"
    """HTTP method."""
    headers: dict[HeaderName, HeaderSecret] = Field(default_factory=dict)
    """Headers sent with each probe (values are secrets)."""
    auth: BasicAuth | None = None
    """HTTP basic authentication."""
    body: Text | None = None
    """Request body, for POST, PUT and PATCH."""
    expect: Expect = Expect()
    """What the answer must satisfy. Of TCP only `text`, what the server says first; of DNS only `text`, part of one of
    the records."""
    degraded_above_ms: LimitMs | None = None
    """Slower answers, in milliseconds, are shown as slow; 0 never. By default
    `alert_thresholds.response_time_warning_ms`."""
    down_above_ms: LimitMs | None = None
    """Critical limit of the response time in milliseconds; 0 none. By default `alert_thresholds.response_time_ms`."""
    verify_tls: Flag = True
    """Whether the certificate is verified."""
    ca_file: ReadableFile | None = None
    """PEM file with the certificate authorities to trust instead of the system's."""
    family: AddressFamily = "any"
    """`ipv4` or `ipv6` to probe only that; `any` takes the resolver's first address."""
    proxy: LoginUrlSecret | None = None
    """HTTP proxy for this service, such as `http://proxy:3128` (secret). The environment's proxies are never used."""
    max_body_bytes: BodyBytes = DEFAULT_MAX_BODY_BYTES
    """Longest decoded body that is read."""
    figures: FigureKind | None = None
    """Read the answer for these figures of the platform: `overview`, `chatbot`, `revenue` or `plans`."""
    depends_on: tuple[Name, ...] = ()
    """Services or databases that this one needs. While one of them is down, the alerts of this one are shown as its
    followers; they still open."""
    runbook: HttpUrl | None = None
    """Page with instructions; shown with its alerts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_timeout(self.timeout, self.interval)
        self._check_scheme()
        if self.degraded_above_ms and self.down_above_ms and self.degraded_above_ms > self.down_above_ms:
            raise Refused("`degraded_above_ms` must not be above `down_above_ms`")
        if self.body is not None and self.method not in ("POST", "PUT", "PATCH"):
            raise Refused("a `body` needs `method` POST, PUT or PATCH")
        if self.auth is not None and any(name.lower() == "authorization" for name in self.headers):
            raise Refused("give either `auth` or an Authorization header, not both")
        return self

    def _check_scheme(self) -> None:
        """Refuse keys that mean nothing for the scheme of the URL. Raises Refused."""
        scheme = self.url.partition(":")[0].lower()
        allowed = _KEYS_BY_SCHEME.get(scheme)
        if allowed is None:
            return
        idle = sorted(self.model_fields_set & (_HTTP_KEYS - allowed))
        if "expect" in allowed:
            idle += [f"expect.{key}" for key in sorted(self.expect.model_fields_set - {"text"})]
        if idle:
            raise Refused(f"takes no {', '.join(f'`{key}`' for key in idle)}: {scheme}:// has none")


class DatabaseSettings(ConfigSection):
    """One database to probe."""

    name: Name
    """Unique name, also among the services."""
    url: DatabaseUrlSecret
    """SQLAlchemy URL (secret), such as `postgresql+psycopg://amt:${DB_PASSWORD}@db/amt`."""
    query: Annotated[str, Field(min_length=1, max_length=10_000)] = "SELECT 1"
    """Query that must succeed; it should be cheap and read only."""
    enabled: Flag = True
    """Whether it is probed at all."""
    group: Name = "databases"
    """Group that silences, maintenance and escalation can name."""
    criticality: Criticality = Criticality.HIGH
    """How often it is probed if it names no interval."""
    interval: Interval | None = None
    """Time between probes; by default by `criticality`."""
    timeout: Timeout | None = None
    """Total deadline of one probe; below `interval`. By default 10 s, or four fifths of a shorter interval."""
    degraded_above_ms: LimitMs = 1000.0
    """Slower answers, in milliseconds, are shown as slow; 0 never."""
    depends_on: tuple[Name, ...] = ()
    """Services or databases that this one needs; see `services`."""
    runbook: HttpUrl | None = None
    """Page with instructions; shown with its alerts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check_timeout(self.timeout, self.interval)
        return self
