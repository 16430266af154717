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
        self._waiting: dict[int, AlertView] = {}
        """New alerts that came too soon after the last ring."""
        self._rang_at: float | None = None

    def rings(self, snapshot: Snapshot, monotonic: float) -> bool:
        """Whether to ring for this snapshot."""
        return bool(self.news(snapshot, monotonic)) and self.bell

    def news(self, snapshot: Snapshot, monotonic: float) -> tuple[AlertView, ...]:
        """The alerts to tell of now, each once. What comes within the pause is told at its end, if it still fires."""
        firing = {alert.id: alert for alert in snapshot.alerts if _calls(alert)}
        fresh = [] if self._known is None else [alert for key, alert in firing.items() if key not in self._known]
        self._known = set(firing) | (self._known or set())
        self._waiting |= {alert.id: alert for alert in fresh}
        self._waiting = {key: firing[key] for key in self._waiting if key in firing and _is_free(firing[key])}
        if not self._waiting:
            return ()
        if self._rang_at is not None and monotonic - self._rang_at < BELL_PAUSE_SECONDS:
            return ()
        self._rang_at = monotonic
        told, self._waiting = tuple(self._waiting.values()), {}
        return told


def terminal_title(snapshot: Snapshot | None) -> str:
    """The window title: ASCII, with counts, never with upstream text."""
    if snapshot is None:
        return "amt-console"
    firing = sum(alert.is_confirmed for alert in snapshot.alerts)
    if firing:
        return f"({firing}) {snapshot.overall.value.upper()} - amt-console"
    return "amt-console" if snapshot.overall is Overall.OK else f"{snapshot.overall.value} - amt-console"


def _is_free(alert: AlertView) -> bool:
    return alert.acknowledged_by is None and alert.follows_from is None


def _calls(alert: AlertView) -> bool:
    return alert.severity is Severity.CRITICAL and alert.state is AlertState.FIRING
