"""Doubtful parts of a valid configuration: hours that nobody covers, people and policies that reach nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from amt_console.alerts.policy.coverage import TOLD, gaps, reaches_anybody, unreachable, untold
from amt_console.config import Fault
from amt_console.config.policies import policies_of
from amt_console.model import Severity
from amt_console.model.oncall import UncoveredTime
from amt_console.model.policy import ONCALL
from amt_console.operations.protocol import ONCALL_DAYS

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.model import Target
    from amt_console.model.policy import Policies

_SHOWN = 3


def policy_warnings(settings: Settings, targets: Sequence[Target], now: datetime) -> tuple[Fault, ...]:
    """Warnings about who is told, from now on."""
    policies = policies_of(settings, targets)
    return (
        *_uncovered(settings, policies, now),
        *_unreachable(settings, policies, now),
        *_useless(settings, policies),
        *_untold(policies, now),
    )


def _uncovered(settings: Settings, policies: Policies, now: datetime) -> Iterator[Fault]:
    places = {rota.name: f"oncall.rotas[{index}]" for index, rota in enumerate(settings.oncall.rotas)}
    for rota in policies.rotas.values():
        own = gaps(rota, now, now + timedelta(days=ONCALL_DAYS))
        if not own:
            continue
        hours = sum((gap.ends_at - gap.starts_at).total_seconds() for gap in own) / 3600
        shown = "; ".join(gap_words(gap, rota.zone) for gap in own[:_SHOWN])
        more = f" and {len(own) - _SHOWN} more" if len(own) > _SHOWN else ""
        yield Fault(
            places.get(rota.name, "oncall"),
            f"nobody is on call for {hours:.4g} h of the next {ONCALL_DAYS:.0f} days: {shown}{more}",
            suggestion="amt-console oncall --check lists all of it",
        )


def gap_words(gap: UncoveredTime, zone: tzinfo | None) -> str:
    """A gap as people read it, in a time zone."""
    start, end = gap.starts_at.astimezone(zone), gap.ends_at.astimezone(zone)
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M %Z}"


def _unreachable(settings: Settings, policies: Policies, now: datetime) -> Iterator[Fault]:
    places = {person.name: f"oncall.people[{index}]" for index, person in enumerate(settings.oncall.people)}
    for item in unreachable(policies, now):
        yield Fault(places.get(item.person, ONCALL), f"{item.person} cannot be reached: {item.reason}")


def _useless(settings: Settings, policies: Policies) -> Iterator[Fault]:
    enabled = [index for index, policy in enumerate(settings.escalation) if policy.enabled]
    for index, policy in zip(enabled, policies.escalations, strict=True):
        if policy.severity is Severity.INFO:
            yield Fault(f"escalation[{index}]", "has no effect: informational alerts are never notified")
        elif not reaches_anybody(policies, policy):
            yield Fault(f"escalation[{index}]", "tells nobody: no channel that it leads to is enabled")


def _untold(policies: Policies, now: datetime) -> Iterator[Fault]:
    groups: dict[str | None, None] = dict.fromkeys([*policies.groups.values(), None])
    for severity in TOLD:
        found = {group: moment for group in groups if (moment := untold(policies, severity, group, now)) is not None}
        if not found:
            continue
        first = min(found.values())
        names = ", ".join(name for name in found if name is not None)
        of = "" if len(found) == len(groups) else f" of {names or 'the host'}"
        when = "" if first <= now else f" at some hours (from {first:%a %H:%M} UTC)"
        yield Fault(
            "escalation",
            f"{severity} alerts{of} fit no policy{when}: nobody is notified of them",
            suggestion="add a last policy without `severity`, `group` and `start`",
        )
