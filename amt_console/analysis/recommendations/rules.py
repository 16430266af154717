"""Recommendations about a window: simple rules, each with its evidence, effect and check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from amt_console.analysis.alert_noise import RuleRecord
from amt_console.analysis.disks import DiskCourse
from amt_console.analysis.facts import AnalysisLimits, ServiceFacts
from amt_console.analysis.handling import Handling
from amt_console.analysis.recommendations import service_rules, shared_rules
from amt_console.analysis.recommendations.advice import Recommendation
from amt_console.analysis.recommendations.effects import EFFECTS
from amt_console.analysis.recommendations.folding import folded
from amt_console.analysis.resources import ResourcePattern
from amt_console.analysis.slowness import Slowness
from amt_console.analysis.uptime.budgets import ErrorBudget
from amt_console.model import Severity


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules read beside the services."""

    resources: Sequence[ResourcePattern]
    disk: DiskCourse
    slow: Sequence[Slowness]
    budgets: Sequence[ErrorBudget]
    handled: Handling
    records: Sequence[RuleRecord]


def recommendations(
    services: Sequence[ServiceFacts],
    around: Surroundings,
    *,
    limits: AnalysisLimits,
    now: datetime,
    hours: float,
) -> tuple[Recommendation, ...]:
    """All rules over all facts, folded under their causes; worst first, then in the order of the services."""
    found: list[Recommendation] = []
    if services and all(service.availability.measured_s <= 0 for service in services):
        advice = "Start the monitor, best as a service of the system, so that it runs without a break."
        evidence = (f"nothing was measured in this window, of {len(services)} services",)
        found.append(Recommendation("not-measured", Severity.WARNING, "monitor", advice, evidence))
        services = ()
    by_service = {
        service.name: [
            *service_rules.reliability(service, limits),
            *service_rules.speed(service, limits, len(services)),
            *service_rules.upkeep(service, now),
        ]
        for service in services
    }
    found += folded(by_service, services, lambda service: service_rules.below_target(service, limits))
    found += shared_rules.budgets(around.budgets)
    found += shared_rules.host(around.resources, around.disk, around.slow, limits=limits, now=now)
    found += shared_rules.noise(around.records, limits)
    found += shared_rules.people(around.handled, limits=limits, hours=hours)
    return tuple(_explained(each) for each in sorted(found, key=lambda r: -r.severity.rank))


def _explained(advice: Recommendation) -> Recommendation:
    """With the effect and the check of its rule."""
    told = EFFECTS[advice.rule]
    return replace(
        advice,
        effect=advice.effect or told.effect.format(subject=advice.subject),
        verify=advice.verify or told.verify.format(subject=advice.subject),
    )
