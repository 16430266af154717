"""Keys that are accepted but have no effect in this version."""

from __future__ import annotations

from amt_console.config.settings import Settings


def not_in_effect(settings: Settings) -> tuple[str, ...]:
    """The used keys without effect, in the order of the model."""
    said = {
        "email_alerts": settings.email_alerts.enabled,
        "channels": any(channel.enabled for channel in settings.channels),
        "escalation": any(policy.enabled for policy in settings.escalation),
        "silences": bool(settings.silences),
        "maintenance": any(window.enabled for window in settings.maintenance),
        "oncall": bool(settings.oncall.people),
        "watchdog": settings.watchdog.url is not None,
    }
    return tuple(name for name, says in said.items() if says)
