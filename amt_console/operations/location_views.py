"""Each target as seen from the single locations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from amt_console.model import FORGOTTEN_AFTER, LocationView, ServiceState, ServiceStatus, Target, series_of
from amt_console.operations.views import UNHEARD, has_fallen_silent
from amt_console.text import safe_text


def location_views(
    statuses: Mapping[str, ServiceStatus], targets: Iterable[Target], now: datetime
) -> dict[str, tuple[LocationView, ...]]:
    """The locations of each target with more than one, by name; those of the last day.

    Args:
        statuses: All stored states.
        targets: The watched targets.
        now: The displayed moment.
    """
    watched = {target.name: target for target in targets}
    found: dict[str, list[LocationView]] = {}
    for name in sorted(statuses):
        series = series_of(name, watched)
        if series is not None and name not in watched and now - statuses[name].last.timestamp <= FORGOTTEN_AFTER:
            service, location = series
            found.setdefault(service, []).append(_view(watched[service], location, statuses[name], now))
    return {service: tuple(views) for service, views in found.items() if len(views) > 1}


def _view(target: Target, location: str, status: ServiceStatus, now: datetime) -> LocationView:
    last = status.last
    silent = has_fallen_silent(target, last, now)
    return LocationView(
        name=location,
        state=ServiceState.UNKNOWN if silent else status.state,
        since=last.timestamp if silent else status.since,
        last_checked=last.timestamp,
        response_time_ms=None if silent else last.response_time_ms,
        error=UNHEARD if silent else safe_text(last.error) if last.error else None,
    )
