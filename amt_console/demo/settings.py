"""The configuration of the demo: the default services on the simulated platform, at short intervals."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from amt_console.config import LoadedConfig, load_config
from amt_console.config.defaults import DEFAULT_SERVICES
from amt_console.demo.history import CURRENCY
from amt_console.demo.listener import LOOPBACK
from amt_console.demo.platform import HOOK_PATH
from amt_console.demo.process import PlatformProcess
from amt_console.model import Criticality
from amt_console.model.policy import ONCALL
from amt_console.operations.actor import current_actor

CHECK_INTERVAL = 15.0
CRITICAL_INTERVAL = 5.0
ESCALATION_SECONDS = 60
"""Until the mailbox is told of an alert that nobody has acknowledged."""
MAIL_PORT_CHECK = "mail-port"
"""The check of the mailbox's TCP port; it has no history."""
HOOK, MAIL = "demo-hook", "demo-mail"
_PARTS = {"api_base_url": "api", "web_app_url": "web", "mobile_app_url": "mobile"}


def demo_document(platform: PlatformProcess) -> dict[str, object]:
    """The configuration as a document."""
    bases = {base: platform.url(part) for base, part in _PARTS.items()}
    services: list[dict[str, object]] = []
    for default in DEFAULT_SERVICES:
        critical = default.criticality is Criticality.CRITICAL
        service: dict[str, object] = {
            "name": default.name,
            "url": bases[default.base] + default.route,
            "criticality": default.criticality.value,
            "interval": CRITICAL_INTERVAL if critical else CHECK_INTERVAL,
        }
        if default.figures is not None:
            service["figures"] = default.figures.value
        if default.depends_on:
            service["depends_on"] = list(default.depends_on)
        services.append(service)
    services.append(
        {"name": MAIL_PORT_CHECK, "url": f"tcp://{LOOPBACK}:{platform.ports['mail']}", "interval": CHECK_INTERVAL}
    )
    return {
        **bases,
        "check_interval": CHECK_INTERVAL,
        "services": services,
        "figures": {"currency": CURRENCY},
        **_notification(platform),
    }


def _notification(platform: PlatformProcess) -> dict[str, object]:
    """A mailbox and a webhook receiver on this machine; critical alerts escalate to whoever runs the demo."""
    person = current_actor().name
    return {
        "channels": [
            {"name": HOOK, "type": "webhook", "url": platform.url("web") + HOOK_PATH},
            {
                "name": MAIL,
                "type": "email",
                "smtp_server": LOOPBACK,
                "smtp_port": platform.ports["mail"],
                "tls": "none",
                "sender_email": "alerts@demo.invalid",
                "recipients": ["oncall@demo.invalid"],
            },
        ],
        "oncall": {"people": [{"name": person, "channels": [MAIL], "accounts": [person]}]},
        "escalation": [
            {
                "name": "demo",
                "levels": [
                    {"after": 0, "notify": [HOOK]},
                    {"after": ESCALATION_SECONDS, "notify": [ONCALL]},
                ],
            },
        ],
        "notify": {"allow_private": ["127.0.0.0/8"]},
    }


def write_config(
    platform: PlatformProcess, path: Path, console: Mapping[str, object] = MappingProxyType({})
) -> LoadedConfig:
    """Write the configuration for the user's other terminals, and load it like any file. Raises OSError.

    Args:
        platform: What is watched.
        path: Of the file.
        console: The table ``[console]``.
    """
    document = {**demo_document(platform), **({"console": dict(console)} if console else {})}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(json.dumps(document, indent=2) + "\n")
    return load_config(path)
