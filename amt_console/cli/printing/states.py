"""The words of a snapshot that several commands print, and its exit code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from amt_console.cli.exit_codes import ExitCode
from amt_console.model import AlertView, Overall, ServiceState, Snapshot
from amt_console.text import age, following, follows_words

EXIT_CODES = {
    Overall.OK: ExitCode.OK,
    Overall.WARNING: ExitCode.WARNING,
    Overall.CRITICAL: ExitCode.CRITICAL,
    Overall.UNKNOWN: ExitCode.UNKNOWN,
}


def counts_words(snapshot: Snapshot) -> str:
    """How many services are up, and how many alerts are open."""
    states = [service.state for service in snapshot.services]
    up = states.count(ServiceState.UP)
    words = [f"{up} of {len(states)} services up"]
    words += [
        f"{states.count(state)} {word}"
        for state, word in (
            (ServiceState.DOWN, "down"),
            (ServiceState.DEGRADED, "slow"),
            (ServiceState.UNKNOWN, "unknown"),
        )
        if state in states
    ]
    active = [alert for alert in snapshot.alerts if alert.is_confirmed]
    if active:
        unowned = sum(alert.needs_somebody for alert in active)
        words.append(f"{len(active)} alert{'s' if len(active) != 1 else ''}, {unowned} unacknowledged")
        followers = sum(alert.follows_from is not None for alert in active)
        if followers:
            words.append(following(followers))
    return ", ".join(words)


def monitor_words(snapshot: Snapshot, now: datetime) -> str:
    """The state of a monitor that does not run; of a past moment only that is known."""
    if snapshot.at is not None:
        return "nothing was measured then"
    monitor = snapshot.monitor
    return f"monitor {monitor.state.value}, last result {ago(monitor.last_cycle_at, now)}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, in words."""
    return "never" if moment is None else f"{age(moment, now)} ago"


def who_has(alert: AlertView, subjects: Mapping[int, str]) -> str:
    """The person, or what the alert follows from or what mutes it, or nobody.

    Args:
        alert: The alert.
        subjects: Those of the alerts by number.
    """
    if alert.acknowledged_by is None and alert.follows_from is not None:
        return follows_words(alert.follows_from, subjects)
    return alert.acknowledged_by or alert.mute or "nobody"
