"""Outages: overlapping incidents of several services count as one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis.uptime.incidents import Incident
from amt_console.model import ServiceState, StateSpan

METHOD = (
    "incidents that overlap in time are one outage; its length is the time in which at least one service was measured "
    "as down, and its service-minutes are the downtimes of its services added up"
)


@dataclass(frozen=True, slots=True)
class Outage:
    """A period in which services were down, in turn or at once."""

    start: datetime
    end: datetime
    """End of the last incident, or the window's end while one lasts."""
    services: tuple[str, ...]
    """Each service once, in the order in which they went down."""
    down_s: float
    """Seconds with at least one service measured as down."""
    service_s: float
    """Their measured downtimes added up."""
    ongoing: bool


def outages(incidents: Iterable[Incident], spans: Iterable[StateSpan]) -> tuple[Outage, ...]:
    """Combine incidents into outages, oldest first.

    Args:
        incidents: Of all services of one window.
        spans: The states of the same services within these incidents, for the time with any of them down.
    """
    groups: list[list[Incident]] = []
    until: datetime | None = None
    for incident in sorted(incidents, key=lambda each: (each.start, each.service)):
        if until is None or incident.start > until:
            groups.append([])
            until = incident.end
        groups[-1].append(incident)
        until = max(until, incident.end)
    down = sorted((span.start, span.end) for span in spans if span.state is ServiceState.DOWN)
    return tuple(_outage(group, down) for group in groups)


def _outage(group: Sequence[Incident], down: Sequence[tuple[datetime, datetime]]) -> Outage:
    start, end = group[0].start, max(incident.end for incident in group)
    return Outage(
        start=start,
        end=end,
        services=tuple(dict.fromkeys(incident.service for incident in group)),
        down_s=_covered([span for span in down if start <= span[0] < end]),
        service_s=sum(incident.down_s for incident in group),
        ongoing=any(incident.ongoing for incident in group),
    )


def _covered(spans: Sequence[tuple[datetime, datetime]]) -> float:
    """Seconds that sorted spans cover together."""
    seconds = 0.0
    until: datetime | None = None
    for start, end in spans:
        begin = start if until is None else max(start, until)
        if end > begin:
            seconds += (end - begin).total_seconds()
            until = end
    return seconds
