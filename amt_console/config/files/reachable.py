"""Warnings of what can never work here: channels that cannot deliver, plugins that are not installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from ipaddress import ip_address
from shutil import which
from urllib.parse import urlsplit

from amt_console.config.faults import Fault, Refused
from amt_console.config.secrets.secret import Secret
from amt_console.config.sections.channels import (
    AppriseSettings,
    ExecSettings,
    NtfySettings,
    SlackSettings,
    TeamsSettings,
    WebhookSettings,
)
from amt_console.config.settings import Settings
from amt_console.hosts import ReachableHosts, never_a_target

_RESTRICTED = (SlackSettings, TeamsSettings, WebhookSettings, NtfySettings)
_LOOPBACK = "127.0.0.1"


def unreachable_channels(settings: Settings, env: Mapping[str, str]) -> Iterator[Fault]:
    """A warning for each. Names are not looked up, but for ``localhost``."""
    reachable = ReachableHosts(settings.notify.allow_private)
    for index, channel in enumerate(settings.channels):
        path = f"channels[{index}].url"
        if not channel.enabled:
            continue
        if isinstance(channel, AppriseSettings) and find_spec("apprise") is None:
            yield Fault(path, "needs Apprise, which is not installed", None, "pip install 'amt-console[apprise]'")
        if isinstance(channel, ExecSettings) and which(channel.command[0]) is None:
            where = f"channels[{index}].command[0]"
            yield Fault(where, f"there is no program {channel.command[0]} here: nothing will be delivered")
        if isinstance(channel, _RESTRICTED) and (fault := _blocked(path, channel.url, reachable, env)) is not None:
            yield fault


def missing_plugins(settings: Settings) -> Iterator[Fault]:
    """A warning for each plugin whose program is not there, or may not be run."""
    for index, plugin in enumerate(settings.plugins):
        program = plugin.command[0]
        if plugin.enabled and program.inline and which(program.written) is None:
            where, hint = f"plugins[{index}].command[0]", "install it, or write its whole path; it must be executable"
            message = f"there is no program {program.written} here: {plugin.name} will be unknown"
            yield Fault(where, message, suggestion=hint)


def _blocked(path: str, url: Secret, reachable: ReachableHosts, env: Mapping[str, str]) -> Fault | None:
    try:
        host = urlsplit(url.resolve(env)).hostname or ""
        ip = ip_address(_LOOPBACK if host == "localhost" else host)
    except (Refused, ValueError):
        return None  # a name, or a fault of another check
    if reachable.allows(host, ip):
        return None
    if never_a_target(ip):
        return Fault(path, f"leads to {host}, which is never reached: nothing will be delivered")
    message = f"leads to the private address {host}: nothing will be delivered"
    return Fault(path, message, suggestion=f'add "{host}" to notify.allow_private')
