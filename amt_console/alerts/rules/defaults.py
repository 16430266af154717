"""The default rules: the original system's and their derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from amt_console.alerts.rules.rule import (
    NO_DATA_SUFFIX,
    Aggregate,
    Direction,
    Limits,
    Rule,
    Signal,
    limit,
)
from amt_console.model import (
    AlertType,
    ByTarget,
    Criticality,
    Database,
    Plugin,
    PrometheusQuery,
    Service,
    Severity,
    Target,
)
from amt_console.model.inbound import HEARTBEAT_RULE

WINDOWS: Mapping[Signal, float] = {Signal.ERROR_RATE: 3600.0, Signal.UPTIME: 86400.0}
"""Windows of these signals in seconds."""
MIN_SAMPLES = 20
"""Least probes for an error rate."""
MIN_FAILURES = 2
"""Least failed probes for an error rate: one lost probe of the sixty in an hour is already 1.7 %."""
MIN_COVERAGE = 50.0
"""Least measured percent of the window for an uptime."""
NO_DATA_AFTER = 3
"""Intervals without data before an alert."""
OUTAGE_RULE = "service_down"
"""The rule whose episodes are a service's outages."""
EXTERNAL_RULE = "external"
"""The rule that those of single alerts from outside are made from."""
PERSISTS_SECONDS = 30.0
"""How long CPU or memory must be over the limit, besides three samples, to be more than a blip."""

SETTLES_SECONDS = 30.0
"""How long most services must be reached again before this machine counts as online."""

_SERVICE_SIGNALS = frozenset(
    (
        Signal.SERVICE_DOWN,
        Signal.RESPONSE_TIME,
        Signal.ERROR_RATE,
        Signal.UPTIME,
        Signal.TLS_EXPIRY,
        Signal.SLO_BURN,
        Signal.VALUE,
    )
)
_DATABASE_SIGNALS = frozenset((Signal.DATABASE, Signal.RESPONSE_TIME, Signal.SLO_BURN, Signal.VALUE))
_PLUGIN_SIGNALS = (_SERVICE_SIGNALS - {Signal.TLS_EXPIRY}) | {Signal.PLUGIN_WARNING}
_QUERY_SIGNALS = frozenset((Signal.SERVICE_DOWN, Signal.RESPONSE_TIME, Signal.VALUE))


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of the default rules; milliseconds, percent and days."""

    response_time_ms: float = 5000.0
    response_time_warning_ms: float = 2000.0
    error_rate_percent: float = 5.0
    error_rate_warning_percent: float = 1.0
    cpu_usage_percent: float = 80.0
    memory_usage_percent: float = 85.0
    disk_usage_percent: float = 90.0
    uptime_percent: float = 99.0
    tls_expiry_days: tuple[float, ...] = (21.0, 14.0, 7.0, 3.0)
    """A warning below each, critical below the last; the largest first."""


def default_rules(thresholds: Thresholds | None = None, targets: Iterable[Target] = ()) -> tuple[Rule, ...]:
    """The default rules.

    Args:
        thresholds: Limits; the original's if none.
        targets: The targets, with their own response time limits and runbooks.
    """
    limits = thresholds or Thresholds()
    known = tuple(targets)
    rules = (
        *_probe_rules(limits, known),
        *_window_rules(limits),
        *_host_rules(limits),
        _monitor_rule(),
        _network_rule(),
        _delivery_rule(),
        _report_rule(),
        *_inbound_rules(),
        *information_rules(),
    )
    runbooks = ByTarget({target.name: target.runbook for target in known if target.runbook})
    return tuple(replace(rule, runbook_by_subject=runbooks) for rule in rules)


def rules_for(rules: Iterable[Rule], target: Target) -> tuple[Rule, ...]:
    """The rules for a target."""
    if isinstance(target, Database):
        signals = _DATABASE_SIGNALS
    elif isinstance(target, Plugin):
        signals = _PLUGIN_SIGNALS
    else:
        signals = _QUERY_SIGNALS if isinstance(target, PrometheusQuery) else _SERVICE_SIGNALS
    return tuple(rule for rule in rules if rule.signal in signals and rule.watches(target))


def no_data_rule(rule: Rule) -> Rule | None:
    """The rule that reports missing data of ``rule``; ``None`` if that only holds its condition."""
    if rule.no_data_after is None:
        return None
    return Rule(
        id=rule.id + NO_DATA_SUFFIX,
        alert_type=AlertType.NO_DATA,
        signal=Signal.NO_DATA,
        subject=rule.subject,
        severity=Severity.WARNING,
        fail=1,
        recover=1,
        no_data_after=rule.no_data_after,
        runbook=rule.runbook,
        groups=rule.groups,
        criticality=rule.criticality,
        shadow=rule.shadow,
        reopen_window=rule.reopen_window,
        runbook_by_subject=rule.runbook_by_subject,
    )


def _probe_rules(thresholds: Thresholds, targets: tuple[Target, ...]) -> tuple[Rule, ...]:
    return (
        Rule(OUTAGE_RULE, AlertType.SERVICE_DOWN, Signal.SERVICE_DOWN, no_data_after=NO_DATA_AFTER),
        Rule("database", AlertType.DATABASE, Signal.DATABASE, no_data_after=NO_DATA_AFTER),
        Rule("plugin_warning", AlertType.PLUGIN, Signal.PLUGIN_WARNING, severity=Severity.WARNING),
        Rule(
            "response_time",
            AlertType.RESPONSE_TIME,
            Signal.RESPONSE_TIME,
            limits=_above(Signal.RESPONSE_TIME, thresholds.response_time_warning_ms, thresholds.response_time_ms),
            limits_by_subject={target.name: _response_limits(target, thresholds) for target in targets},
        ),
        Rule(
            "tls_expiry",
            AlertType.TLS_EXPIRY,
            Signal.TLS_EXPIRY,
            direction=Direction.BELOW,
            limits=_expiry_limits(thresholds.tls_expiry_days),
            steps=thresholds.tls_expiry_days,
            fail=2,
        ),
    )


def _window_rules(thresholds: Thresholds) -> tuple[Rule, ...]:
    return (
        Rule(
            "error_rate",
            AlertType.ERROR_RATE,
            Signal.ERROR_RATE,
            limits=_above(Signal.ERROR_RATE, thresholds.error_rate_warning_percent, thresholds.error_rate_percent),
            fail=1,
            window=WINDOWS[Signal.ERROR_RATE],
            aggregate=Aggregate.MEAN,
            min_samples=MIN_SAMPLES,
            min_failures=MIN_FAILURES,
        ),
        Rule(
            "uptime",
            AlertType.UPTIME,
            Signal.UPTIME,
            direction=Direction.BELOW,
            limits=Limits(critical=limit(Signal.UPTIME, Direction.BELOW, thresholds.uptime_percent)),
            fail=1,
            window=WINDOWS[Signal.UPTIME],
            aggregate=Aggregate.MEAN,
            min_coverage=MIN_COVERAGE,
        ),
    )


def _host_rules(thresholds: Thresholds) -> tuple[Rule, ...]:
    busy = (
        ("cpu_usage", AlertType.CPU_USAGE, Signal.CPU_USAGE, thresholds.cpu_usage_percent),
        ("memory_usage", AlertType.MEMORY_USAGE, Signal.MEMORY_USAGE, thresholds.memory_usage_percent),
    )
    return (
        *(
            Rule(
                name,
                alert_type,
                signal,
                limits=Limits(warning=limit(signal, Direction.ABOVE, enter)),
                severity=Severity.WARNING,
                for_seconds=PERSISTS_SECONDS,
                keep_firing_for=PERSISTS_SECONDS,
            )
            for name, alert_type, signal, enter in busy
        ),
        Rule(
            "disk_usage",
            AlertType.DISK_USAGE,
            Signal.DISK_USAGE,
            limits=Limits(critical=limit(Signal.DISK_USAGE, Direction.ABOVE, thresholds.disk_usage_percent)),
            fail=2,
        ),
    )


def _monitor_rule() -> Rule:
    return Rule(
        "monitor",
        AlertType.MONITOR,
        Signal.MONITOR,
        severity=Severity.INFO,
        fail=1,
        recover=1,
        keep_firing_for=900.0,
        reopen_window=0.0,
    )


def _network_rule() -> Rule:
    return Rule("network", AlertType.MONITOR, Signal.NETWORK, fail=1, recover=1, keep_firing_for=SETTLES_SECONDS)


def _delivery_rule() -> Rule:
    return Rule("notify", AlertType.NOTIFY, Signal.NOTIFY, fail=1, recover=1)


def _report_rule() -> Rule:
    return Rule("report", AlertType.MONITOR, Signal.REPORT, severity=Severity.WARNING, fail=1, recover=1)


def _inbound_rules() -> tuple[Rule, ...]:
    """The rules on what comes in from outside: whoever sends it has confirmed it."""
    return (
        Rule(HEARTBEAT_RULE, AlertType.HEARTBEAT, Signal.HEARTBEAT, fail=1, recover=1),
        Rule(EXTERNAL_RULE, AlertType.EXTERNAL, Signal.EXTERNAL, fail=1, recover=1),
    )


def information_rules() -> tuple[Rule, ...]:
    """The rules that only inform; one look confirms them, and the next one may end them."""
    return (
        information_rule("trend", Signal.TREND),
        information_rule("resource_pattern", Signal.RESOURCE_PATTERN),
        information_rule("behaviour", Signal.BEHAVIOUR),
    )


def information_rule(
    name: str,
    signal: Signal,
    *,
    subject: str = "*",
    runbook: str | None = None,
    groups: tuple[str, ...] = (),
    criticality: Criticality | None = None,
    shadow: bool = False,
) -> Rule:
    """A rule on an information signal: always ``info``, so it is shown and logged and nobody is told."""
    return Rule(
        name,
        AlertType.TREND if signal is Signal.TREND else AlertType.ANOMALY,
        signal,
        subject=subject,
        severity=Severity.INFO,
        fail=1,
        recover=1,
        reopen_window=0.0,
        runbook=runbook,
        groups=groups,
        criticality=criticality,
        shadow=shadow,
    )


def _expiry_limits(days: tuple[float, ...]) -> Limits:
    """One step is critical; of several the last."""
    warning = limit(Signal.TLS_EXPIRY, Direction.BELOW, days[0]) if len(days) > 1 else None
    return Limits(warning=warning, critical=limit(Signal.TLS_EXPIRY, Direction.BELOW, days[-1]))


def _response_limits(target: Target, thresholds: Thresholds) -> Limits:
    if isinstance(target, (Plugin, PrometheusQuery)) or (isinstance(target, Service) and target.down_above_ms is None):
        return Limits()
    critical = target.down_above_ms if isinstance(target, Service) else thresholds.response_time_ms
    return _above(Signal.RESPONSE_TIME, target.degraded_above_ms, critical)


def _above(signal: Signal, warning: float | None, critical: float | None) -> Limits:
    """Two tiers; a warning limit not below the critical one can never apply and is left out."""
    if warning is not None and critical is not None and warning >= critical:
        warning = None
    return Limits(
        warning=None if warning is None else limit(signal, Direction.ABOVE, warning),
        critical=None if critical is None else limit(signal, Direction.ABOVE, critical),
    )
