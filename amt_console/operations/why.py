"""Read why an alert was told to somebody, or not. Nothing is judged again: all of it was stored when it happened."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from amt_console.model import AlertEvent, Episode, ProbeResult
from amt_console.model.why import AlertWhy, Observed
from amt_console.text import milliseconds

if TYPE_CHECKING:
    from amt_console.store import Reads

MOST_PROBES = 12
"""Probes shown before the alert fired."""
MOST_DELIVERIES = 500
_BEFORE = timedelta(minutes=5)
_CONDITION = frozenset(
    [
        "opened",
        "fired",
        "severity",
        "step",
        "recovering",
        "relapsed",
        "resolved",
        "cleared",
        "error_changed",
        "stale",
        "fresh",
    ],
)


def why(reads: Reads, alert_id: int) -> AlertWhy | None:
    """What is stored of an alert's messages; ``None`` if there is no such alert."""
    from amt_console.store import alert_decisions, deliveries

    episode = reads.alerts.episode(alert_id)
    if episode is None:
        return None
    events = [_event(each) for each in reads.alerts.events(alert_id) if each.kind in _CONDITION]
    observations = sorted((*_probes(reads, episode), *events), key=lambda each: each.at)
    sent = deliveries(reads, alert_id=alert_id, limit=MOST_DELIVERIES)
    return AlertWhy(episode, tuple(observations), alert_decisions(reads, alert_id), sent[::-1])


def _event(event: AlertEvent) -> Observed:
    return Observed(event.at, event.kind, event.state.value, event.message, event.value, event.detail)


def _probes(reads: Reads, episode: Episode) -> list[Observed]:
    """The newest probes of the subject up to the moment that it fired, or ended unconfirmed."""
    end = episode.fired_at or episode.resolved_at or episode.opened_at
    found = reads.services.results(
        service=episode.subject,
        start=episode.opened_at - _BEFORE,
        end=end + timedelta(microseconds=1),
        limit=MOST_PROBES,
    )
    return [_probe(result) for result in reversed(found)]


def _probe(result: ProbeResult) -> Observed:
    attempt = {"attempt": str(result.attempt)} if result.attempt > 1 else {}
    taken = result.response_time_ms
    message = result.error or ("answered" if taken is None else f"answered in {milliseconds(taken)}")
    return Observed(result.timestamp, "probe", result.state.value, message, taken, attempt)
