"""Rules of the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from amt_console.alerts.rules.defaults import (
    MIN_COVERAGE,
    MIN_FAILURES,
    MIN_SAMPLES,
    NO_DATA_AFTER,
    WINDOWS,
    information_rule,
)
from amt_console.alerts.rules.rule import (
    HOST_SUBJECTS,
    INFORMATION_SIGNALS,
    STATE_SIGNALS,
    Aggregate,
    Direction,
    Limit,
    Limits,
    Quorum,
    Rule,
    Signal,
    limit,
)
from amt_console.model import AlertType, ByTarget, Criticality, Severity

HOST = "host"
HOST_SIGNALS = frozenset((*HOST_SUBJECTS, Signal.DISK_USAGE))
_ALERT_TYPES = {
    Signal.SERVICE_DOWN: AlertType.SERVICE_DOWN,
    Signal.DATABASE: AlertType.DATABASE,
    Signal.MONITOR: AlertType.MONITOR,
    Signal.NO_DATA: AlertType.NO_DATA,
    Signal.RESPONSE_TIME: AlertType.RESPONSE_TIME,
    Signal.ERROR_RATE: AlertType.ERROR_RATE,
    Signal.UPTIME: AlertType.UPTIME,
    Signal.CPU_USAGE: AlertType.CPU_USAGE,
    Signal.MEMORY_USAGE: AlertType.MEMORY_USAGE,
    Signal.DISK_USAGE: AlertType.DISK_USAGE,
    Signal.TLS_EXPIRY: AlertType.TLS_EXPIRY,
    Signal.VALUE: AlertType.VALUE,
    Signal.PLUGIN_WARNING: AlertType.PLUGIN,
}


def custom_rule(
    *,
    name: str,
    signal: Signal,
    severity: Severity = Severity.WARNING,
    subject: str = "*",
    above: float | None = None,
    below: float | None = None,
    leave: float | None = None,
    window: float | None = None,
    aggregate: Aggregate = Aggregate.MEAN,
    fail: int = 3,
    for_seconds: float = 0.0,
    recover: int = 2,
    keep_firing_for: float = 0.0,
    no_data: Literal["hold", "alert"] = "hold",
    runbook: str | None = None,
    quorum: Quorum | None = None,
    groups: tuple[str, ...] = (),
    criticality: Criticality | None = None,
    shadow: bool = False,
) -> Rule:
    """Build a rule of the configuration. The name of a default rule replaces that rule.

    Args:
        name: The rule's id.
        signal: The watched signal.
        severity: Of its alerts; those of information signals are always ``info``.
        subject: A name or a pattern; ``host`` is any part of the host.
        above: The limit, if more is worse.
        below: The limit, if less is worse.
        leave: The limit at which an alert ends; by default a tenth of the limit on the good side.
        window: Seconds of values that are judged together; by default, for error rate and uptime, those of the default
            rules.
        aggregate: How the window's values become one.
        fail: Consecutive bad observations that confirm it.
        for_seconds: How long it must also be bad.
        recover: Consecutive good observations that end it.
        keep_firing_for: How long it must also be good.
        no_data: Missing data holds the condition, or also raises its own alert.
        runbook: URL of the instructions.
        quorum: How many locations must see it.
        groups: Only targets of these groups.
        criticality: Only targets of this criticality.
        shadow: Judge it, and only count what it would send.

    Raises:
        ValueError: A limit is missing, there are two, or the numbers do not fit together.
    """
    if signal in INFORMATION_SIGNALS:
        return information_rule(
            name, signal, subject=subject, runbook=runbook, groups=groups, criticality=criticality, shadow=shadow
        )
    span = None if signal in STATE_SIGNALS else window or WINDOWS.get(signal)
    rule = Rule(
        id=name,
        alert_type=_ALERT_TYPES.get(signal, AlertType.ANOMALY),
        signal=signal,
        subject="*" if signal in HOST_SIGNALS and subject == HOST else subject,
        severity=severity,
        fail=fail,
        for_seconds=for_seconds,
        recover=recover,
        keep_firing_for=keep_firing_for,
        no_data_after=NO_DATA_AFTER if no_data == "alert" else None,
        window=span,
        aggregate=aggregate if span is not None else Aggregate.LAST,
        min_samples=MIN_SAMPLES if signal is Signal.ERROR_RATE else 1,
        min_failures=MIN_FAILURES if signal is Signal.ERROR_RATE else 1,
        min_coverage=MIN_COVERAGE if signal is Signal.UPTIME else 0.0,
        runbook=runbook,
        quorum=quorum,
        groups=groups,
        criticality=criticality,
        shadow=shadow,
    )
    if not rule.has_limits:
        if above is not None or below is not None:
            raise ValueError(f"Rule {name}: {signal} is a state and takes neither above nor below.")
        return rule
    if (above is None) == (below is None):
        raise ValueError(f"Rule {name}: give exactly one of above and below.")
    direction = Direction.ABOVE if above is not None else Direction.BELOW
    enter = above if above is not None else below
    assert enter is not None
    tier = limit(signal, direction, enter, leave)
    return replace(rule, direction=direction, limits=_one_tier(severity, tier))


def merge_rules(defaults: Iterable[Rule], customs: Iterable[Rule]) -> tuple[Rule, ...]:
    """The default rules with the configured ones, which replace those of the same id and share their runbooks."""
    merged = {rule.id: rule for rule in defaults}
    runbooks = ByTarget({subject: url for rule in merged.values() for subject, url in rule.runbook_by_subject.items()})
    merged.update({rule.id: replace(rule, runbook_by_subject=runbooks) for rule in customs})
    return tuple(merged.values())


def _one_tier(severity: Severity, tier: Limit) -> Limits:
    match severity:
        case Severity.INFO:
            return Limits(info=tier)
        case Severity.WARNING:
            return Limits(warning=tier)
        case Severity.CRITICAL:
            return Limits(critical=tier)
