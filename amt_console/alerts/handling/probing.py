"""Probing at once."""

from __future__ import annotations

from amt_console.alerts.handling.scene import Outcome, Scene
from amt_console.model import ProbeNow
from amt_console.text import safe_text


def probe_now(action: ProbeNow, scene: Scene) -> Outcome:
    """Probe one service, or all."""
    if action.service is None:
        return Outcome("all services", probes=tuple(scene.services))
    if action.service not in scene.services:
        raise LookupError(f"no service is called '{safe_text(action.service, 100)}'")
    return Outcome(action.service, probes=(action.service,))
