"""Fold advice under its cause: an outage is not advice about each of its dependants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from amt_console.alerts import Needs
from amt_console.analysis.facts import ServiceFacts
from amt_console.analysis.recommendations.advice import Recommendation
from amt_console.analysis.uptime.incidents import MOSTLY, Incident, shared_seconds

BELOW_TARGET = "availability-below-target"
_OUTAGE_RULES = frozenset((BELOW_TARGET, "many-incidents"))
_INHERITED = _OUTAGE_RULES | {"error-rate", "slow", "rising-response-time", "level-shift", "slower-than-before"}
"""Rules whose fault may come from a dependency. A certificate, for example, expires on its own."""
_OF_THE_MONITOR = frozenset(("low-coverage",))
"""Rules that are about the monitor when they apply to more than one service."""

Advice = Mapping[str, Sequence[Recommendation]]
"""By service, in the order of the services."""


def folded(
    advice: Advice, services: Sequence[ServiceFacts], below_target: Callable[[ServiceFacts], Recommendation]
) -> list[Recommendation]:
    """Merge the advice about followers into the advice about their cause.

    A service follows a direct or indirect dependency if the same rule applies to both; for outages, if its own lie
    mostly within the other's.

    Args:
        advice: Of each service.
        services: The same services.
        below_target: Creates the advice about a cause that met its target while its followers missed theirs.
    """
    facts = {service.name: service for service in services}
    needs = Needs({service.name: service.depends_on for service in services})
    kept: dict[tuple[str, str], Recommendation] = {}
    followers: dict[tuple[str, str], list[str]] = {}
    for name, found in advice.items():
        for one in found:
            cause = _cause(one, name, advice, facts, needs)
            if cause is None:
                kept[one.rule, name] = one
                continue
            followers.setdefault((one.rule, cause), []).append(name)
            kept.setdefault((one.rule, cause), _about(cause, one, advice, facts, below_target))
    return _of_the_monitor([replace(one, followers=tuple(followers.get(key, ()))) for key, one in kept.items()])


def _cause(
    one: Recommendation, name: str, advice: Advice, facts: Mapping[str, ServiceFacts], needs: Needs
) -> str | None:
    """The first dependency of a service that is not a follower."""
    if one.rule not in _INHERITED:
        return None

    def follows(follower: str, other: str) -> bool:
        if not needs.above(follower, other):
            return False
        if one.rule in _OUTAGE_RULES:
            return _lie_within(facts[follower].incidents, facts[other].incidents)
        return any(each.rule == one.rule for each in advice[other])

    above = [other for other in advice if follows(name, other)]
    return next((other for other in above if not any(follows(other, higher) for higher in above)), None)


def _about(
    cause: str,
    one: Recommendation,
    advice: Advice,
    facts: Mapping[str, ServiceFacts],
    below_target: Callable[[ServiceFacts], Recommendation],
) -> Recommendation:
    own = next((each for each in advice[cause] if each.rule == one.rule), None)
    return own or (below_target(facts[cause]) if one.rule == BELOW_TARGET else replace(one, subject=cause))


def _lie_within(own: Sequence[Incident], others: Sequence[Incident]) -> bool:
    """Whether most of the time of the first incidents lies within the others; one service's do not overlap."""
    total = sum(incident.seconds for incident in own)
    shared = sum(shared_seconds(one, other) for one in own for other in others)
    return total > 0 and shared >= MOSTLY * total


def _of_the_monitor(found: Sequence[Recommendation]) -> list[Recommendation]:
    """Combine advice about several services that is about the monitor."""
    once: list[Recommendation] = []
    for one in found:
        alike = [other for other in found if other.rule == one.rule]
        if one.rule not in _OF_THE_MONITOR or len(alike) == 1:
            once.append(one)
        elif one is alike[0]:
            names = tuple(other.subject for other in alike)
            evidence = tuple(f"{other.subject}: {other.evidence[0]}" for other in alike[:3])
            once.append(replace(one, subject="monitor", followers=names, evidence=evidence))
    return once
