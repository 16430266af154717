"""From the settings to the jobs that must report, with their keys resolved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from amt_console.config.faults import ConfigError, Fault, Refused
from amt_console.config.settings import Settings
from amt_console.model.inbound import Heartbeat


def heartbeats_of(settings: Settings) -> tuple[Heartbeat, ...]:
    """The enabled jobs, in the order of the configuration."""
    return tuple(
        Heartbeat(
            name=each.name,
            period=each.period,
            schedule=each.schedule,
            zone=ZoneInfo(each.time_zone),
            grace=each.grace,
            severity=each.severity,
            group=each.group,
            runbook=each.runbook,
        )
        for each in settings.heartbeats
        if each.enabled
    )


def heartbeat_keys(settings: Settings, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The names of the enabled jobs by their keys.

    Raises:
        ConfigError: a key cannot be resolved, or two jobs have the same.
    """
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for index, each in enumerate(settings.heartbeats):
        if not each.enabled:
            continue
        path = f"heartbeats[{index}].key"
        try:
            key = each.key.resolve(env)
        except Refused as error:
            faults.append(Fault(path, str(error), suggestion=error.suggestion))
            continue
        if key in found:
            faults.append(Fault(path, f"is also the key of {found[key]}", suggestion="give each job a key of its own"))
        found[key] = each.name
    if faults:
        raise ConfigError(tuple(faults))
    return found


def hook_secrets(settings: Settings, env: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """The secrets that signed hooks are checked with. Raises ConfigError if one cannot be resolved."""
    found: list[str] = []
    faults: list[Fault] = []
    for index, secret in enumerate(settings.api.hook_secrets):
        try:
            found.append(secret.resolve(env))
        except Refused as error:
            faults.append(Fault(f"api.hook_secrets[{index}]", str(error), suggestion=error.suggestion))
    if faults:
        raise ConfigError(tuple(faults))
    return tuple(found)
