"""The handling of alerts: their number, time to acknowledge and time to resolve."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.percentiles import mean, median
from amt_console.model import AlertEvent, Episode, Severity

METHOD = (
    "time to acknowledge = acknowledged - fired, over fired alerts that somebody took; "
    "time to resolve = resolved - first bad observation, over fired alerts that ended; "
    "alerts that cleared before they fired are left out"
)


@dataclass(frozen=True, slots=True)
class Handling:
    """Alerts that fired in a window; times in seconds, ``None`` without values."""

    fired: int
    critical: int
    warning: int
    info: int
    acknowledged: int
    resolved: int
    still_open: int
    mtta_s: float | None
    """Mean time to acknowledge."""
    median_tta_s: float | None
    mttr_s: float | None
    """Mean time to resolve."""
    median_ttr_s: float | None


def handling(episodes: Iterable[Episode], *, start: datetime, end: datetime) -> Handling:
    """Summarise the episodes that fired from ``start`` up to ``end``."""
    fired = [episode for episode in episodes if episode.fired_at is not None and start <= episode.fired_at < end]
    taken = [
        max(0.0, (episode.acknowledged_at - episode.fired_at).total_seconds())
        for episode in fired
        if episode.acknowledged_at is not None and episode.fired_at is not None
    ]
    ended = [
        max(0.0, (episode.resolved_at - episode.opened_at).total_seconds())
        for episode in fired
        if episode.resolved_at is not None
    ]
    by_severity = {severity: sum(episode.severity is severity for episode in fired) for severity in Severity}
    return Handling(
        fired=len(fired),
        critical=by_severity[Severity.CRITICAL],
        warning=by_severity[Severity.WARNING],
        info=by_severity[Severity.INFO],
        acknowledged=len(taken),
        resolved=len(ended),
        still_open=len(fired) - len(ended),
        mtta_s=mean(taken),
        median_tta_s=median(taken),
        mttr_s=mean(ended),
        median_ttr_s=median(ended),
    )


def acknowledged_after(episode: Episode, events: Iterable[AlertEvent]) -> float | None:
    """Seconds from the page to the first acknowledgement; ``None`` where nobody took it, or nobody was told."""
    taken = next((event.at for event in events if event.kind == "acknowledged"), episode.acknowledged_at)
    if taken is None or episode.fired_at is None:
        return None
    return max(0.0, (taken - episode.fired_at).total_seconds())


def people_of(events: Iterable[AlertEvent]) -> tuple[str, ...]:
    """Who did something about an alert, in order, each once."""
    return tuple(dict.fromkeys(event.actor for event in events if event.actor is not None))
