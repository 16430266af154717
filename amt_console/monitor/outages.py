"""The scheduled probes of a stretch without the service's own outages, which have an alert of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amt_console.alerts import OUTAGE_RULE
from amt_console.model import Rollup, ServiceState
from amt_console.store import Reads

EPISODE_LIMIT = 1000
"""Most episodes of one service that are looked at."""
_MEASURED = (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN)
_MINUTE = 60
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Scheduled probes that measured something, and those of them that failed."""

    samples: int
    failures: int


def outside_outages(reads: Reads, name: str, total: Rollup, subject: str) -> Scheduled | None:
    """What is left of the ``total`` stored under ``name`` without the outages of ``subject``; ``None`` during one.

    An outage that is going on counts before it is confirmed. One that is over is a ``service_down`` episode that fired,
    from the start of the probe that opened it to its end; one that was cleared was none. The database is asked no
    further where nothing failed.
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
    """When the probe started whose result opened the episode: a failure may take a while to come in."""
    start = opened_at - timedelta(minutes=10)
    newest = reads.services.results(service=service, start=start, end=opened_at + _INSTANT, limit=1)
    return newest[0].timestamp if newest and newest[0].state is ServiceState.DOWN else opened_at


def _scheduled(reads: Reads, service: str, low: datetime, high: datetime) -> Scheduled:
    """Of ``[low, high)``, exactly: single results up to the first whole minute, sums from there."""
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
    """The moment itself if it is a whole minute."""
    seconds = moment.timestamp()
    return datetime.fromtimestamp(-(-seconds // _MINUTE) * _MINUTE, UTC)
