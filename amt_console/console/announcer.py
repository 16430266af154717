"""The bell and the terminal's title: what people notice without looking at the screen."""

from __future__ import annotations

from amt_console.model import AlertState, AlertView, Overall, Severity, Snapshot

BELL_PAUSE_SECONDS = 10.0
"""Least seconds between two rings, however many alerts fire."""


class Announcer:
    """Decides when to ring: once for each critical alert that starts to fire, never for alerts from before the start.

    Alerts that follow from another one never ring.
    """

    def __init__(self, *, bell: bool = True) -> None:
        self.bell = bell
        """Whether to ring at all."""
        self._known: set[int] | None = None
        self._rang_at: float | None = None

    def rings(self, snapshot: Snapshot, monotonic: float) -> bool:
        """Whether to ring for this snapshot."""
        firing = {alert.id: alert for alert in snapshot.alerts if _calls(alert)}
        fresh = [] if self._known is None else [alert for key, alert in firing.items() if key not in self._known]
        self._known = set(firing) | (self._known or set())
        fresh = [alert for alert in fresh if alert.acknowledged_by is None and alert.follows_from is None]
        if not fresh or not self.bell:
            return False
        if self._rang_at is not None and monotonic - self._rang_at < BELL_PAUSE_SECONDS:
            return False
        self._rang_at = monotonic
        return True


def terminal_title(snapshot: Snapshot | None) -> str:
    """The window title: ASCII, with counts, never with upstream text."""
    if snapshot is None:
        return "amt-console"
    firing = sum(alert.state is not AlertState.PENDING for alert in snapshot.alerts)
    if firing:
        return f"({firing}) {snapshot.overall.value.upper()} - amt-console"
    return "amt-console" if snapshot.overall is Overall.OK else f"{snapshot.overall.value} - amt-console"


def _calls(alert: AlertView) -> bool:
    return alert.severity is Severity.CRITICAL and alert.state is AlertState.FIRING
