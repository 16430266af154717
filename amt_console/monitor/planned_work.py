"""Results that were measured during planned work are stored as maintenance: neither up nor down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from amt_console.alerts.policy.recurrence import occurrences
from amt_console.model import ProbeResult, ServiceState, series_of
from amt_console.model.policy import MaintenanceWindow

_MEASURED = (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN)
"""What was not measured stays unknown."""
_Spans = dict[str, list[tuple[datetime, datetime]]]


def in_maintenance(
    results: Sequence[ProbeResult], windows: Iterable[MaintenanceWindow], groups: Mapping[str, str]
) -> list[ProbeResult]:
    """The results as they are stored. Alerts are judged by what was measured: planned work stops no check.

    Args:
        results: What was measured, also by the series of single locations.
        windows: Planned work.
        groups: The group of each target.
    """
    if not results:
        return []
    first, last = min(result.timestamp for result in results), max(result.timestamp for result in results)
    services: _Spans = {}
    members: _Spans = {}
    for window in windows:
        for span in _spans(window, first, last):
            for name in window.services:
                services.setdefault(name, []).append(span)
            for group in window.groups:
                members.setdefault(group, []).append(span)
    if not services and not members:
        return list(results)
    return [_stored(result, services, members, groups) for result in results]


def _stored(result: ProbeResult, services: _Spans, members: _Spans, groups: Mapping[str, str]) -> ProbeResult:
    found = series_of(result.service, groups)
    name = result.service if found is None else found[0]
    spans = (*services.get(name, ()), *members.get(groups.get(name, ""), ()))
    if result.state not in _MEASURED or not any(begin <= result.timestamp < end for begin, end in spans):
        return result
    return replace(result, state=ServiceState.MAINTENANCE)


def _spans(window: MaintenanceWindow, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Beginning and end of the work that touches the time from ``first`` to ``last``."""
    if window.recurrence is not None:
        yield from occurrences(window.recurrence, first, last + timedelta.resolution)
    elif window.ends_at is not None:
        begin = window.starts_at or first
        if begin <= last and first < window.ends_at:
            yield begin, window.ends_at
