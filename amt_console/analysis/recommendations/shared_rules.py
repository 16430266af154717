"""Rules about what services share: the host, error budgets, alerts and people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from amt_console.analysis.alert_noise import RuleRecord
from amt_console.analysis.detection import HOST, noise_evidence
from amt_console.analysis.disks import DiskCourse
from amt_console.analysis.facts import AnalysisLimits
from amt_console.analysis.handling import Handling
from amt_console.analysis.recommendations import changes
from amt_console.analysis.recommendations.advice import Recommendation
from amt_console.analysis.resources import ResourcePattern
from amt_console.analysis.slowness import Slowness
from amt_console.analysis.uptime.budgets import ErrorBudget
from amt_console.model import Severity
from amt_console.text import duration, limit_percent, milliseconds, percent, window_length

SLOW_ACKNOWLEDGE_S = 900.0
HEADROOM_PERCENT = 10.0
"""Reported when closer to a resource's limit than this."""
_URGENT_S = 3 * 86_400.0
"""A disk that is full sooner is critical."""
_ADVICE = {
    "cpu": "Move work away from its busiest hour or give the host more cores.",
    "memory": "Find the process that grows, or give the host more memory, before the kernel chooses one to end.",
    "disk": "Free space or enlarge the disk now; a full disk stops the monitor's own records too.",
}


def host(
    resources: Sequence[ResourcePattern],
    disk: DiskCourse,
    slow: Sequence[Slowness],
    *,
    limits: AnalysisLimits,
    now: datetime,
) -> Iterator[Recommendation]:
    """Headroom, the disk's end, and slowness under load."""
    for resource in resources:
        limit = limits.of_resource(resource.name)
        figure = resource.max if resource.name == "disk" else resource.p95
        if limit is None or figure is None or figure < limit - HEADROOM_PERCENT:
            continue
        over = figure >= limit
        what = "highest" if resource.name == "disk" else "95th percentile"
        evidence = [f"{what} {percent(figure)}, limit {limit_percent(limit)}"]
        if resource.saturated_percent:
            evidence.append(f"over the limit for {percent(resource.saturated_percent)} of the measured time")
        if resource.busiest_hour is not None and resource.name != "disk":
            evidence.append(
                f"busiest hour of the day {resource.busiest_hour[0]:02d}:00, mean {percent(resource.busiest_hour[1])}"
            )
        if resource.name != "disk" and figure > 0:
            wanted = figure / (limit - HEADROOM_PERCENT)
            evidence.append(f"{wanted:.2g} times the capacity would leave {HEADROOM_PERCENT:g} points of headroom")
        yield Recommendation(
            f"host-{resource.name}",
            Severity.WARNING if over else Severity.INFO,
            HOST,
            _ADVICE[resource.name],
            tuple(evidence),
            change=changes.shorter_retention(limits) if resource.name == "disk" else None,
        )
    if disk.full_at is not None:
        left = (disk.full_at - now).total_seconds()
        evidence = [f"{percent(disk.used_percent)} used, full in {duration(max(0.0, left))} at its pace"]
        if disk.per_day is not None:
            evidence.append(f"{disk.per_day:.2g} points a day over the window")
        yield Recommendation(
            "disk-fills",
            Severity.CRITICAL if left < _URGENT_S else Severity.WARNING,
            HOST,
            "Find what grows on the fullest disk, and free space or enlarge it before it is full. "
            "Where this database is what grows, keep single results for a shorter time.",
            tuple(evidence),
            change=changes.shorter_retention(limits),
        )
    for resource_name in dict.fromkeys(one.resource for one in slow):
        one, *others = (each for each in slow if each.resource == resource_name)
        yield Recommendation(
            "slow-under-load",
            Severity.INFO,
            one.service,
            f"Find out whether it shares the host with what uses the {one.resource} at those times.",
            (
                f"{milliseconds(one.busy_ms)} when the host's {one.resource} is busiest, "
                f"else {milliseconds(one.calm_ms)}",
                f"rank correlation {one.rho:.2f} over {one.points} steps, p = {one.p_value:.2g}",
            ),
            followers=tuple(other.service for other in others),
        )


def budgets(found: Sequence[ErrorBudget]) -> Iterator[Recommendation]:
    """Overspent error budgets."""
    for budget in found:
        if budget.used_percent is None or budget.used_percent <= 100:
            continue
        burning = any((burn.rate or 0.0) > 1 for burn in budget.burn)
        rates = ", ".join(
            f"{burn.rate:.2g} over {duration(burn.seconds)}" for burn in budget.burn if burn.rate is not None
        )
        yield Recommendation(
            "budget-overspent",
            Severity.WARNING if burning else Severity.INFO,
            budget.service,
            "Stop risky releases until its budget recovers, and mend what used it."
            if burning
            else "Hold risky releases back until its budget recovers: nothing burns it at the moment.",
            (
                f"{budget.slo.name}: {percent(budget.used_percent)} of the budget for {duration(budget.slo.window)}",
                f"{budget.bad:,} of {budget.checks:,} checks bad, objective {limit_percent(budget.slo.objective)}",
                f"burn rate {rates}",
            ),
        )


def noise(records: Sequence[RuleRecord], limits: AnalysisLimits) -> Iterator[Recommendation]:
    """Noisy rules."""
    for record in records:
        if not record.noisy:
            continue
        quieter = changes.quieter_rule(record, limits)
        told = (quieter[1],) if quieter else ()
        yield Recommendation(
            "noisy-alert",
            Severity.WARNING,
            record.subject,
            f"Make the rule {record.rule} quieter, or mend what it reports: alerts that need nobody hide the others.",
            (f"{record.rule} fired {record.fired} times, {record.noise} of them noise", *noise_evidence(record), *told),
            change=quieter[0] if quieter else None,
        )


def people(handled: Handling, *, limits: AnalysisLimits, hours: float) -> Iterator[Recommendation]:
    """How alerts are taken."""
    if handled.median_tta_s is not None and handled.median_tta_s > SLOW_ACKNOWLEDGE_S:
        yield Recommendation(
            "slow-acknowledgement",
            Severity.WARNING,
            "on-call",
            "Check that alerts reach the person on call: they were taken late.",
            (f"half of them took longer than {duration(handled.median_tta_s)}", f"{handled.acknowledged} acknowledged"),
            change=changes.earlier_reminder(limits),
        )
    untaken = handled.fired - handled.acknowledged
    if handled.critical and untaken > handled.fired / 2:
        yield Recommendation(
            "unacknowledged-alerts",
            Severity.INFO,
            "on-call",
            "Acknowledge alerts when somebody works on them, so that nobody works on them twice or not at all.",
            (f"{untaken} of {handled.fired} fired alerts in {window_length(hours)} were never acknowledged",),
        )
