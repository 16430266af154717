"""Counts scheduled probes outside the service's outages: an outage has its own alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from amt_console.alerts import OUTAGE_RULE
from amt_console.alerts.backtest.track import Scheduled
from amt_console.model import Rollup, ServiceState
from amt_console.store import Reads

EPISODE_LIMIT = 1000
"""Largest number of episodes to read per service."""
_MEASURED = (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN)
_MINUTE = 60
_INSTANT = timedelta(milliseconds=1)


def outside_outages(reads: Reads, name: str, total: Rollup, subject: str) -> Scheduled | None:
    """The ``total`` stored under ``name`` minus the outages of ``subject``; ``None`` during an outage.

    A current outage counts before it is confirmed. A past one is a ``service_down`` episode that fired, from the start
    of the probe that opened it to its end; a cleared episode was no outage. Without failures the database is not read.
    """
    if not total.errors:
        return Scheduled(total.samples, 0)
    end = total.start + timedelta(seconds=total.seconds)
    found = reads.alerts.episodes(start=total.start, end=end, subject=subject, limit=EPISODE_LIMIT)
    outages = [episode for episode in reversed(found) if episode.rule_id == OUTAGE_RULE]
    if any(episode.open for episode in outages):
        return None
    samples, failures, counted_to = total.samples, total.errors, total.start
    for outage in outages:
        if outage.fired_at is None or outage.resolved_at is None:
            continue
        low = max(counted_to, _first_probe(reads, name, outage.opened_at))
        high = min(end, outage.resolved_at + _INSTANT)
        inside = _scheduled(reads, name, low, high)
        samples, failures = samples - inside.samples, failures - inside.failures
        counted_to = max(counted_to, high)
    samples = max(0, samples)
    return Scheduled(samples, min(max(0, failures), samples))


def _first_probe(reads: Reads, service: str, opened_at: datetime) -> datetime:
    """When the probe that opened the episode started: a failure may arrive late."""
    start = opened_at - timedelta(minutes=10)
    newest = reads.services.results(service=service, start=start, end=opened_at + _INSTANT, limit=1)
    return newest[0].timestamp if newest and newest[0].state is ServiceState.DOWN else opened_at


def _scheduled(reads: Reads, service: str, low: datetime, high: datetime) -> Scheduled:
    """Exact counts of ``[low, high)``: raw results up to the first whole minute, rollups from there."""
    if low >= high:
        return Scheduled(0, 0)
    whole = min(high, _next_minute(low))
    results = reads.services.results(service=service, start=low, end=whole, limit=EPISODE_LIMIT)
    states = [result.state for result in results if result.attempt == 1 and result.state in _MEASURED]
    sums = _sums(reads, service, whole, high)
    return Scheduled(
        len(states) + sum(each.samples for each in sums),
        states.count(ServiceState.DOWN) + sum(each.errors for each in sums),
    )


def _sums(reads: Reads, service: str, low: datetime, high: datetime) -> Sequence[Rollup]:
    return list(reads.services.totals(start=low, end=high, services=[service]).values()) if low < high else []


def _next_minute(moment: datetime) -> datetime:
    """The first whole minute at or after the moment."""
    seconds = moment.timestamp()
    return datetime.fromtimestamp(-(-seconds // _MINUTE) * _MINUTE, UTC)
