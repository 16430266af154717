"""From the settings to who is told of alerts and when nobody is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import time
from zoneinfo import ZoneInfo

from amt_console.config.files.receivers import EMAIL_CHANNEL
from amt_console.config.heartbeats import heartbeats_of
from amt_console.config.sections.escalation import EscalationSettings
from amt_console.config.sections.oncall import PersonSettings, RotaSettings, SeverityChannels, TurnSettings
from amt_console.config.sections.silences import MaintenanceSettings, SilenceSettings
from amt_console.config.settings import Settings
from amt_console.model import ByTarget, ChannelType, Severity, Target
from amt_console.model.policy import (
    ONCALL,
    ChannelFacts,
    EscalationPolicy,
    Level,
    MaintenanceWindow,
    NotifyTimes,
    Person,
    Policies,
    Recurrence,
    Rota,
    RotaOverride,
    Silence,
)

CONFIG_SILENCE = "config-"
"""How the id of a silence of the configuration begins; its number follows, from 1."""


def policies_of(settings: Settings, targets: Sequence[Target]) -> Policies:
    """What the configuration says about who is told of alerts.

    Only what is enabled. Silences, maintenance and overrides that people add are not in it.
    """
    quiet = settings.quiet_hours
    notify = settings.notify
    return Policies(
        channels={channel.name: channel for channel in _channels(settings)},
        people={person.name: _person(person) for person in settings.oncall.people},
        rotas={rota.name: rota for rota in _rotas(settings)},
        escalations=tuple(
            _escalation(policy, f"escalation {number}")
            for number, policy in enumerate(settings.escalation, start=1)
            if policy.enabled
        ),
        silences=tuple(_silence(silence, number) for number, silence in enumerate(settings.silences, start=1)),
        maintenance=tuple(_window(window) for window in settings.maintenance if window.enabled),
        quiet_hours=_recurrence(quiet.start, quiet.duration, quiet.time_zone),
        times=NotifyTimes(
            reminder=notify.reminder,
            acknowledgement=notify.acknowledgement,
            warning_after=notify.warning_after,
        ),
        groups=ByTarget({each.name: each.group for each in (*targets, *heartbeats_of(settings))}),
        depends_on=ByTarget({target.name: target.depends_on for target in targets}),
        intervals=ByTarget({target.name: target.interval for target in targets}),
    )


def _channels(settings: Settings) -> Iterable[ChannelFacts]:
    if settings.email_alerts.enabled:
        yield ChannelFacts(EMAIL_CHANNEL, ChannelType.EMAIL)
    for channel in settings.channels:
        if channel.enabled:
            yield ChannelFacts(channel.name, ChannelType(channel.type), channel.send_resolved)


def _person(person: PersonSettings) -> Person:
    if not isinstance(person.channels, SeverityChannels):
        return Person(person.name, person.channels, accounts=person.accounts)
    critical, warning = person.channels.critical, person.channels.warning
    return Person(
        person.name,
        warning or critical or (),
        {} if critical is None else {Severity.CRITICAL: critical},
        person.accounts,
    )


def _rotas(settings: Settings) -> Iterable[Rota]:
    oncall = settings.oncall
    if oncall.all_take_turns:
        yield _rota(oncall, ONCALL, tuple(person.name for person in oncall.people))
    for rota in oncall.rotas:
        yield _rota(rota, rota.name, rota.people)


def _rota(turns: TurnSettings | RotaSettings, name: str, people: tuple[str, ...]) -> Rota:
    return Rota(
        name,
        people,
        turns.shift,
        turns.starts_at,
        ZoneInfo(turns.time_zone),
        tuple(RotaOverride(item.person, item.starts_at, item.ends_at, name) for item in turns.overrides),
        turns.summary,
    )


def _escalation(policy: EscalationSettings, usual_name: str) -> EscalationPolicy:
    return EscalationPolicy(
        policy.name or usual_name,
        tuple(Level(level.after, level.notify) for level in policy.levels),
        policy.severity,
        policy.group,
        _recurrence(policy.start, policy.duration, policy.time_zone, policy.weekdays),
        policy.repeat,
    )


def _silence(silence: SilenceSettings, number: int) -> Silence:
    return Silence(
        reason=silence.reason,
        ends_at=silence.ends_at,
        id=f"{CONFIG_SILENCE}{number}",
        created_by=silence.created_by,
        starts_at=silence.starts_at,
        services=silence.services,
        groups=silence.groups,
        alert_types=silence.alert_types,
        severity=silence.severity,
        match=silence.match,
    )


def _window(window: MaintenanceSettings) -> MaintenanceWindow:
    return MaintenanceWindow(
        window.name,
        window.services,
        window.groups,
        window.starts_at,
        window.ends_at,
        _recurrence(window.start, window.duration, window.time_zone, window.weekdays),
        window.note,
    )


def _recurrence(
    start: time | None, duration: float | None, time_zone: str, weekdays: tuple[str, ...] = ()
) -> Recurrence | None:
    if start is None or duration is None:
        return None
    return Recurrence(start, duration, weekdays, ZoneInfo(time_zone))
