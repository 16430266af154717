"""Escalation: which policy applies to an alert, and whom its names reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from amt_console.alerts.policy.recurrence import running_until
from amt_console.alerts.policy.rota import on_call
from amt_console.model.alerts import Receiver
from amt_console.model.policy import ONCALL, PERSON_PREFIX, EscalationPolicy, Level, Policies, Rota
from amt_console.model.states import Severity

ROUND_PAUSE = 300.0
"""Least seconds from the last level of a round of the escalation to the next round."""
DEFAULT_POLICY = "default"
"""The name of the policy that applies where none is configured."""
CRITICAL_DELAYS = (0.0, 600.0, 1200.0)
"""When the default policy tells of a critical alert, in seconds."""


def escalation_for(policies: Policies, severity: Severity, group: str | None, at: datetime) -> EscalationPolicy | None:
    """The first policy that fits an alert of a severity and group at a moment.

    ``None``: nobody is told, because the alert is informational, no policy fits, or there is no channel. Where no
    policy is configured, every channel is told: of a critical alert at 0, 10 and 20 minutes, of a warning when it
    persists.
    """
    if severity is Severity.INFO:
        return None
    if not policies.escalations:
        return _default(policies, severity)
    return next((policy for policy in policies.escalations if _fits(policy, severity, group, at)), None)


def _fits(policy: EscalationPolicy, severity: Severity, group: str | None, at: datetime) -> bool:
    return (
        policy.severity in (None, severity)
        and policy.group in (None, group)
        and (policy.hours is None or running_until(policy.hours, at) is not None)
    )


def _default(policies: Policies, severity: Severity) -> EscalationPolicy | None:
    if not policies.channels:
        return None
    delays = CRITICAL_DELAYS if severity is Severity.CRITICAL else (policies.times.warning_after,)
    everybody = tuple(policies.channels)
    return EscalationPolicy(DEFAULT_POLICY, tuple(Level(delay, everybody) for delay in delays), severity)


def receivers_of(policies: Policies, names: Sequence[str], severity: Severity, at: datetime) -> tuple[Receiver, ...]:
    """Whom the names of an escalation level reach at a moment, each channel and name once, in order.

    A name that reaches nobody yields nothing: a disabled channel, a person without a channel, a rota without anybody
    on call.

    Args:
        policies: With the enabled channels, the people and the rotas.
        names: Channels, ``person:NAME``, ``oncall`` or ``oncall:ROTA``; a channel takes precedence.
        severity: Of the alert: a person may have other channels for each.
        at: The moment.
    """
    return tuple(dict.fromkeys(found for name in names for found in _resolved(policies, name, severity, at)))


def _resolved(policies: Policies, name: str, severity: Severity, at: datetime) -> Iterator[Receiver]:
    if name in policies.channels:
        yield Receiver(name, name)
        return
    person = policies.people.get(_person_named(policies, name, at))
    if person is not None:
        for channel in person.channels_for(severity):
            if channel in policies.channels:
                yield Receiver(channel, person.name)


def _person_named(policies: Policies, name: str, at: datetime) -> str:
    """The name of the person that a receiver means now; empty for nobody."""
    if name.startswith(PERSON_PREFIX):
        return name.removeprefix(PERSON_PREFIX)
    rota = rota_named(policies, name)
    shift = on_call(rota, at) if rota is not None else None
    return shift.person if shift is not None else ""


def rota_named(policies: Policies, name: str) -> Rota | None:
    """The rota that ``oncall`` or ``oncall:ROTA`` means; ``None`` for another receiver."""
    head, _, rota = name.partition(":")
    return policies.rotas.get(rota or ONCALL) if head == ONCALL else None


def steps_of(policy: EscalationPolicy) -> list[tuple[float, Sequence[str]]]:
    """Delay and receivers of each level, over all rounds."""
    delays = [level.after for level in policy.levels]
    pause = max(ROUND_PAUSE, delays[-1] - delays[-2] if len(delays) > 1 else 0.0)
    return [
        (level.after + turn * (delays[-1] + pause), level.notify)
        for turn in range(max(1, policy.repeat))
        for level in policy.levels
    ]
