"""What is missing: hours that nobody covers, people nobody can reach, policies that tell nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from amt_console.alerts.policy.escalation import rota_named
from amt_console.alerts.policy.recurrence import occurrences
from amt_console.alerts.policy.rota import uncovered
from amt_console.model.oncall import UncoveredTime, Unreachable
from amt_console.model.policy import PERSON_PREFIX, EscalationPolicy, Person, Policies, Rota
from amt_console.model.states import Severity

TOLD = (Severity.CRITICAL, Severity.WARNING)
"""The severities of which anybody is told."""
_WEEK = timedelta(days=7)


def gaps(rota: Rota, start: datetime, end: datetime) -> tuple[UncoveredTime, ...]:
    """The times in ``[start, end)`` in which nobody is on call."""
    return tuple(UncoveredTime(rota.name, *times) for times in uncovered(rota, start, end))


def unreachable(policies: Policies, at: datetime) -> tuple[Unreachable, ...]:
    """The people whom an alert does not reach, and those of an override that the configuration does not know."""
    people = [Unreachable(name, reason) for name, reason in _without_channel(policies)]
    strangers = {
        override.person: rota.name
        for rota in policies.rotas.values()
        for override in rota.overrides
        if override.person not in policies.people and override.ends_at > at
    }
    people += [
        Unreachable(name, f"an override of {rota} names somebody who is not in oncall.people")
        for name, rota in strangers.items()
    ]
    return tuple(people)


def _without_channel(policies: Policies) -> Iterator[tuple[str, str]]:
    for person in policies.people.values():
        missed = [severity for severity in TOLD if not _reaches(policies, person, severity)]
        if missed:
            what = "no alert" if len(missed) == len(TOLD) else f"no {missed[0]} alert"
            names = dict.fromkeys(name for severity in missed for name in person.channels_for(severity))
            yield person.name, f"{what} arrives: not enabled: {', '.join(names)}"


def _reaches(policies: Policies, person: Person, severity: Severity) -> bool:
    return any(name in policies.channels for name in person.channels_for(severity))


def reaches_anybody(policies: Policies, policy: EscalationPolicy) -> bool:
    """Whether any name of any level can reach somebody."""
    severities = TOLD if policy.severity is None else (policy.severity,)
    names = {name for level in policy.levels for name in level.notify}
    return any(name in policies.channels for name in names) or any(
        _reaches(policies, policies.people[person], severity)
        for name in names
        for person in _people_named(policies, name)
        if person in policies.people
        for severity in severities
    )


def _people_named(policies: Policies, name: str) -> tuple[str, ...]:
    if name.startswith(PERSON_PREFIX):
        return (name.removeprefix(PERSON_PREFIX),)
    rota = rota_named(policies, name)
    return () if rota is None else (*rota.people, *(override.person for override in rota.overrides))


def untold(policies: Policies, severity: Severity, group: str | None, at: datetime) -> datetime | None:
    """The first moment of the coming week at which no policy fits alerts of a severity and group; ``None``: always."""
    fitting = [
        policy
        for policy in policies.escalations
        if policy.severity in (None, severity) and policy.group in (None, group)
    ]
    if not policies.escalations or any(policy.hours is None for policy in fitting):
        return None
    runs = [run for policy in fitting if policy.hours for run in occurrences(policy.hours, at, at + _WEEK)]
    covered = at
    for begin, end in sorted(runs):
        if begin > covered:
            break
        covered = max(covered, end)
    return covered if covered < at + _WEEK else None
