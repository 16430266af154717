"""Results that were measured during planned work are stored as maintenance: neither up nor down."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from amt_console.alerts.policy.maintenance import maintenance_of
from amt_console.alerts.policy.recurrence import occurrences
from amt_console.model import ProbeResult, ServiceState, series_of
from amt_console.model.policy import MaintenanceWindow

_MEASURED = (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN)
"""What was not measured stays unknown."""


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
    running = [window for window in windows if _touches(window, first, last)]
    if not running:
        return list(results)
    return [_stored(result, running, groups) for result in results]


def _stored(result: ProbeResult, windows: Collection[MaintenanceWindow], groups: Mapping[str, str]) -> ProbeResult:
    found = series_of(result.service, groups)
    name = result.service if found is None else found[0]
    if result.state not in _MEASURED or maintenance_of(name, groups.get(name), windows, result.timestamp) is None:
        return result
    return replace(result, state=ServiceState.MAINTENANCE)


def _touches(window: MaintenanceWindow, first: datetime, last: datetime) -> bool:
    """Whether it runs at any moment from ``first`` to ``last``."""
    if window.recurrence is not None:
        return next(occurrences(window.recurrence, first, last + timedelta.resolution), None) is not None
    begun = window.starts_at is None or window.starts_at <= last
    return begun and window.ends_at is not None and first < window.ends_at
