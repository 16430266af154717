"""Judge probes and windows by the rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from amt_console.alerts.judging.observation import Observation, Verdict
from amt_console.alerts.rules.rule import Direction, Rule, Signal
from amt_console.alerts.wording import describe, is_down, warns
from amt_console.clock import Instant
from amt_console.model import OWN_ERRORS, AlertState, Episode, ProbeResult, ServiceState, Severity
from amt_console.text import number

VERDICTS = {Severity.INFO: Verdict.INFO, Severity.WARNING: Verdict.WARNING, Severity.CRITICAL: Verdict.CRITICAL}
_DAY = 86400.0


def judge(
    rule: Rule,
    subject: str,
    value: float | None,
    *,
    at: Instant,
    episode: Episode | None = None,
    reason: str | None = None,
    unit: str | None = None,
) -> Observation:
    """Judge a value by the limits of a rule.

    Args:
        rule: A rule with limits.
        subject: The measured subject.
        value: In the unit of the rule's signal; ``None`` or a number that is not finite is no data.
        at: When.
        episode: The key's newest episode; once it has fired, the ``leave`` limits hold.
        reason: Why the value is missing.
        unit: Of a value of a check.
    """
    if value is None or not math.isfinite(value):
        return missing(rule, subject, at, reason or "there is no value")
    limits = rule.limits_for(subject)
    lowest = limits.lowest
    if lowest is None:
        return Observation(subject, Verdict.OK, f"{subject} is at {number(value)}, without a limit", at, value)
    fired = _fired_severity(episode)
    tiers = ((Severity.CRITICAL, limits.critical), (Severity.WARNING, limits.warning), (Severity.INFO, limits.info))
    for severity, tier in tiers:
        if tier is None:
            continue
        held = fired is not None and fired.rank >= severity.rank
        if _beyond(rule.direction, value, tier.leave if held else tier.enter):
            between = not _beyond(rule.direction, value, tier.enter)
            message = describe(rule, subject, value, tier, between=between, unit=unit)
            return Observation(subject, VERDICTS[severity], message, at, value, _step(rule, value) or tier.enter)
    return Observation(subject, Verdict.OK, describe(rule, subject, value, lowest, unit=unit), at, value, lowest.enter)


def judge_probe(rule: Rule, result: ProbeResult, *, at: Instant, episode: Episode | None = None) -> Observation | None:
    """Judge one probe by a rule of ``PROBE_SIGNALS``; ``None`` if the rule does not count this result.

    Every quick re-check is an observation of its own, so that a fault is confirmed within seconds; a certificate does
    not change within seconds and is judged in scheduled probes only.

    Raises:
        ValueError: The rule's signal cannot be judged from one probe.
    """
    if rule.signal in (Signal.SERVICE_DOWN, Signal.DATABASE):
        return _judge_state(rule, result, at)
    if rule.signal is Signal.PLUGIN_WARNING:
        return _judge_warning(rule, result, at)
    subject, why = result.service, result.error
    if rule.signal is Signal.RESPONSE_TIME:
        value = result.response_time_ms if _measured(result) else None
        return judge(rule, subject, value, at=at, episode=episode, reason=why or "no answer")
    if rule.signal is Signal.TLS_EXPIRY:
        days = _days_left(result.tls_expires_at, at)
        reason = why or "no certificate seen"
        return judge(rule, subject, days, at=at, episode=episode, reason=reason) if result.attempt == 1 else None
    raise ValueError(f"Rule {rule.id}: {rule.signal} cannot be judged from one probe.")


def judge_value(
    rule: Rule, subject: str, name: str, result: ProbeResult, *, at: Instant, episode: Episode | None = None
) -> Observation | None:
    """Judge one value of a result; quick re-checks do not count, so that `fail` counts intervals.

    Args:
        rule: A rule on ``Signal.VALUE``.
        subject: The value as subject of alerts.
        name: The value's name within the result.
        result: What was measured.
        at: When.
        episode: The key's newest episode.
    """
    if result.attempt != 1:
        return None
    value = result.values.get(name)
    if value is None:
        return missing(rule, subject, at, result.error or "the check gave no such value")
    return judge(rule, subject, value.value, at=at, episode=episode, unit=value.unit)


def is_good(rule: Rule, result: ProbeResult, at: Instant) -> bool:
    """Whether ``judge_probe`` would find a result good for a rule without an open alert; cheap.

    Nearly all results are good and open nothing: their words need not be made.
    """
    if not _measured(result):
        return False
    if rule.signal in (Signal.SERVICE_DOWN, Signal.DATABASE):
        return result.state is not ServiceState.DOWN
    if rule.signal is Signal.PLUGIN_WARNING:
        return result.state is ServiceState.UP
    if rule.signal is Signal.RESPONSE_TIME:
        value = result.response_time_ms
    elif rule.signal is Signal.TLS_EXPIRY:
        value = _days_left(result.tls_expires_at, at)
    else:
        return False
    if value is None or not math.isfinite(value):
        return False
    limits = rule.limits_for(result.service)
    tiers = (limits.info, limits.warning, limits.critical)
    return not any(tier is not None and _beyond(rule.direction, value, tier.enter) for tier in tiers)


def judge_error_rate(
    rule: Rule, service: str, *, samples: int, failures: int, at: Instant, episode: Episode | None = None
) -> Observation:
    """Judge the failed part of the window's scheduled probes; re-checks and unknown results are not samples.

    Fewer than ``rule.min_samples`` are no data. Fewer than ``rule.min_failures`` failures are never bad, however few
    the samples: one lost probe pages nobody.
    """
    if samples < max(1, rule.min_samples):
        return missing(rule, service, at, f"{samples} of {rule.min_samples} samples that an error rate needs")
    rate = 100.0 * failures / samples
    if failures < rule.min_failures:
        message = f"{failures} of {samples} probes of {service} failed"
        lowest = rule.limits_for(service).lowest
        return Observation(service, Verdict.OK, message, at, rate, None if lowest is None else lowest.enter)
    return judge(rule, service, rate, at=at, episode=episode)


def judge_uptime(
    rule: Rule,
    service: str,
    *,
    uptime_percent: float | None,
    coverage_percent: float,
    at: Instant,
    episode: Episode | None = None,
) -> Observation:
    """Judge time up over time up and down; no data below ``rule.min_coverage`` percent measured."""
    if coverage_percent < rule.min_coverage:
        reason = f"{number(coverage_percent)} % of the window was measured, {number(rule.min_coverage)} % is needed"
        return missing(rule, service, at, reason)
    return judge(rule, service, uptime_percent, at=at, episode=episode)


def judge_window(
    rule: Rule,
    subject: str,
    points: Sequence[tuple[datetime, float]],
    *,
    at: Instant,
    episode: Episode | None = None,
    unit: str | None = None,
) -> Observation:
    """Judge the aggregate of a window's values with their times (oldest first); too few values are no data."""
    if len(points) < rule.min_samples:
        return missing(rule, subject, at, f"{len(points)} of {rule.min_samples} samples that the rule needs")
    return judge(rule, subject, rule.aggregate.over(points), at=at, episode=episode, unit=unit)


def missing(rule: Rule, subject: str, at: Instant, reason: str) -> Observation:
    """Nothing could be measured: no statement about the condition. No data is never good."""
    lowest = rule.limits_for(subject).lowest
    threshold = None if lowest is None else lowest.enter
    return Observation(subject, Verdict.NO_DATA, f"{subject}: no data: {reason}", at, threshold=threshold)


def _judge_state(rule: Rule, result: ProbeResult, at: Instant) -> Observation:
    name = result.service
    if not _measured(result):
        return missing(rule, name, at, result.error or f"its state is {result.state}")
    if result.state is ServiceState.DOWN:
        why = result.error or (str(result.error_class) if result.error_class else "no reason is known")
        words, error, answer = is_down(name, why), result.error_class, result.answer
        return Observation(name, VERDICTS[rule.severity], words, at, error_class=error, answer=answer)
    word = "slow, but up" if result.state is ServiceState.DEGRADED else "up"
    return Observation(name, Verdict.OK, f"{name} is {word}", at)


def _judge_warning(rule: Rule, result: ProbeResult, at: Instant) -> Observation | None:
    """A plugin's own warning. While it is down it tells nothing about its warning."""
    name = result.service
    if not _measured(result):
        return missing(rule, name, at, result.error or f"its state is {result.state}")
    if result.state is ServiceState.DOWN:
        return None
    if result.state is ServiceState.DEGRADED:
        words = warns(name, result.error or "no reason is known")
        return Observation(name, VERDICTS[rule.severity], words, at, error_class=result.error_class)
    return Observation(name, Verdict.OK, f"{name} is up", at)


def _measured(result: ProbeResult) -> bool:
    known = result.state in (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN)
    return known and result.error_class not in OWN_ERRORS


def _days_left(expires_at: datetime | None, at: Instant) -> float | None:
    return None if expires_at is None else (expires_at - at.wall).total_seconds() / _DAY


def _fired_severity(episode: Episode | None) -> Severity | None:
    if episode is None or episode.state not in (AlertState.FIRING, AlertState.RECOVERING):
        return None
    return episode.severity


def _step(rule: Rule, value: float) -> float | None:
    """The last of the rule's steps that the value has passed."""
    passed = [step for step in rule.steps if _beyond(rule.direction, value, step)]
    return passed[-1] if passed else None


def _beyond(direction: Direction, value: float, limit: float) -> bool:
    return value > limit if direction is Direction.ABOVE else value < limit
