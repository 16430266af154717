"""Keys that are accepted but have no effect in this version."""

from __future__ import annotations

from amt_console.config.settings import Settings


def not_in_effect(settings: Settings) -> tuple[str, ...]:
    """The used keys without effect, in the order of the model."""
    said = {
        "watchdog": settings.watchdog.url is not None,
    }
    return tuple(name for name, says in said.items() if says)
