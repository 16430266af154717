"""``rules``: alert rules beside the built-in ones."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import (
    ConfigSection,
    Count,
    Delay,
    Flag,
    HttpUrl,
    Name,
    Number,
    Subject,
    Window,
)
from amt_console.model import Criticality, FigureKind, Severity

RuleSignal = Literal[
    "service_down",
    "database",
    "response_time",
    "error_rate",
    "uptime",
    "tls_expiry",
    "cpu_usage",
    "memory_usage",
    "disk_usage",
    "swap_usage",
    "load",
    "active_connections",
    "network_sent",
    "network_received",
    "figure",
    "value",
    "plugin_warning",
    "trend",
    "resource_pattern",
    "behaviour",
]
INFORMATION_SIGNALS = frozenset({"trend", "resource_pattern", "behaviour"})
"""Read from hours and weeks of history; they have no limit, and nobody is told."""
STATE_SIGNALS = frozenset({"service_down", "database", "plugin_warning"})
"""States: they have no limit."""
_EACH_RESULT = STATE_SIGNALS | INFORMATION_SIGNALS | {"tls_expiry"}
"""Judged by each result, never over a window."""
_RATES = frozenset({"error_rate", "uptime"})
"""Already rates over a window."""
WHOLE_TARGET_SIGNALS = STATE_SIGNALS | {"response_time", "error_rate", "uptime", "tls_expiry", "trend"}
"""Signals of a target as a whole."""
TARGET_SIGNALS = WHOLE_TARGET_SIGNALS | {"value"}
"""Signals of a target or of one of its values."""
MOST_LOCATIONS = 99
_QUORUM = re.compile(r"^([1-9]\d?) of ([1-9]\d?)$")


def parse_quorum(value: object) -> tuple[int, int]:
    """The numbers of ``"2 of 3"``. Raises Refused."""
    found = _QUORUM.match(value) if isinstance(value, str) else None
    if found is None or int(found[1]) > int(found[2]):
        raise Refused(
            f'must be text such as "2 of 3": how many of how many locations, from "1 of 1" to "{MOST_LOCATIONS} of '
            f'{MOST_LOCATIONS}"'
        )
    return int(found[1]), int(found[2])


def _quorum(value: object) -> str:
    need, of = parse_quorum(value)
    return f"{need} of {of}"


QuorumText = Annotated[str, BeforeValidator(_quorum), WithJsonSchema({"type": "string", "pattern": _QUORUM.pattern})]


class RuleSettings(ConfigSection):
    """One alert rule: a signal of a subject, above or below a limit, for long enough."""

    name: Name
    """Unique name. The name of a built-in rule (such as `cpu_usage`) replaces that one, or switches it off."""
    signal: RuleSignal
    """What is watched. Of services and databases: `service_down`, `database`, `response_time` (ms), `error_rate` (%),
    `uptime` (%), `tls_expiry` (days left). Of the host: `cpu_usage`, `memory_usage`, `disk_usage`, `swap_usage` (%),
    `load`, `active_connections`, `network_sent`, `network_received` (bytes per second). `figure`: the platform's.
    `value`: what a database, plugin or Prometheus query measures. `plugin_warning`: a plugin exits with 1.
    From history, information only: `trend`, `resource_pattern`, `behaviour`."""
    subject: Subject = "*"
    """Name of a service or database, or a pattern with `*` and `?`; for `figure` its kind and name, such as
    `revenue.mrr`; for `value` the target, a slash and the value, such as `db/connections_percent` or
    `*/connections_percent`, or the target alone for its first value; not needed for the host."""
    groups: tuple[Name, ...] = ()
    """Only services and databases of these groups."""
    criticality: Criticality | None = None
    """Only services and databases of this criticality."""
    enabled: Flag = True
    """Whether it is evaluated."""
    mode: Literal["on", "shadow"] = "on"
    """`shadow` judges the rule and sends nothing: `rules list` counts what it would have sent."""
    window: Window | None = None
    """Time over which `aggregate` is taken; by default that of the built-in rule for `error_rate` and
    `uptime`, else the newest value alone. Not for `service_down`, `database` and `tls_expiry`."""
    aggregate: Literal["mean", "max", "min", "p95", "last", "rate"] = "mean"
    """How the values of the window become one; needs `window`. `rate` is the change a minute. Not for `error_rate` and
    `uptime`: they are rates."""
    above: Number | None = None
    """Bad above this. Exactly one of `above` and `below` is given, and none for `service_down` and `database`."""
    below: Number | None = None
    """Bad below this."""
    leave: Number | None = None
    """Good again only when back beyond this limit; by default a tenth of it on the good side."""
    severity: Severity = Severity.WARNING
    """`info` (shown and logged only), `warning` or `critical`."""
    fail: Count = 3
    """Bad observations in a row before it fires."""
    for_: Delay = Field(default=0.0, alias="for")
    """Time that it must be bad before it fires."""
    recover: Count = 2
    """Good observations in a row before it is resolved."""
    keep_firing_for: Delay = 0.0
    """Time that it must be good before it is resolved."""
    no_data: Literal["hold", "alert"] = "hold"
    """What missing data means: keep the condition, or also alert. It never means good."""
    quorum: QuorumText | None = None
    """How many locations must see it, such as `"2 of 3"`; of more or fewer live ones the same fraction, rounded up. By
    default more than half. For signals of services and databases; with it a window is taken of each location."""
    runbook: HttpUrl | None = None
    """Page with instructions."""

    @model_validator(mode="after")
    def _limits(self) -> Self:
        if self.signal == "figure" and self.subject.partition(".")[0] not in list(FigureKind):
            kinds = ", ".join(FigureKind)
            raise Refused(f"needs as `subject` a kind of figures ({kinds}), a dot and a figure's name or `*`")
        if self.signal == "value" and self.subject == "*":
            hint = "such as `db/connections_percent`, or `*/connections_percent` for all databases"
            raise Refused(
                "needs as `subject` a target, a slash and the name of a value: values have no limit in common", hint
            )
        if (self.groups or self.criticality) and self.signal not in TARGET_SIGNALS:
            raise Refused(f"takes no `groups` and no `criticality`: `{self.signal}` is not of a service or database")
        if self.quorum is not None and self.signal not in TARGET_SIGNALS - INFORMATION_SIGNALS:
            raise Refused(f"takes no `quorum`: `{self.signal}` is not measured from several locations")
        self._check_window()
        if self.signal in INFORMATION_SIGNALS:
            self._check_information()
            return self
        if self.signal in STATE_SIGNALS:
            if any(limit is not None for limit in (self.above, self.below, self.leave)):
                raise Refused(f"takes no limit (`above`, `below`, `leave`): `{self.signal}` is bad or good")
            return self
        if (self.above is None) == (self.below is None):
            raise Refused("needs exactly one of `above` and `below`")
        if self.leave is not None and self.above is not None and self.leave > self.above:
            raise Refused("`leave` must not be beyond `above`")
        if self.leave is not None and self.below is not None and self.leave < self.below:
            raise Refused("`leave` must not be beyond `below`")
        return self

    def _check_information(self) -> None:
        if any(limit is not None for limit in (self.above, self.below, self.leave)):
            raise Refused(f"takes no limit (`above`, `below`, `leave`): `{self.signal}` is found in the history")
        if "severity" in self.model_fields_set and self.severity is not Severity.INFO:
            raise Refused(f"takes no other `severity` than `info`: `{self.signal}` only informs")

    def _check_window(self) -> None:
        aggregated = self.aggregate != "mean"
        if self.signal in _EACH_RESULT and (self.window is not None or aggregated):
            hint = "`fail` and `for` state how often and how long it must be bad"
            raise Refused(f"takes no `window` and no `aggregate`: `{self.signal}` is judged by each result", hint)
        if self.signal in _RATES and aggregated:
            raise Refused(f"takes no `aggregate`: `{self.signal}` is a rate over the whole window")
        if aggregated and self.window is None:
            raise Refused("`aggregate` needs a `window`")
