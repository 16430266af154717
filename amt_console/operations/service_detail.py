"""One service with its history, in as few buckets as a screen can show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta

from amt_console.model import MAX_LABEL_CHARS, MAX_VALUES, Phases, ProbeResult, Rollup, ServiceView, Target, series_name
from amt_console.model.queries.base import FEW_BUCKETS
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.history.alerts import alerts_within
from amt_console.operations.history.grid import BucketGrid, grids
from amt_console.operations.history.states import state_history
from amt_console.operations.protocol import SERVICE_BUCKETS, RecentProbe, ServiceDetail, StateChange, ValueHistory
from amt_console.operations.views import location_views, service_view
from amt_console.operations.windows import floor_time, read_windows
from amt_console.store import Reads
from amt_console.text import byte_size, milliseconds, safe_text

_LIST_LIMIT = 50
_INTERNAL = ("own_ms",)
"""Details for developers of the prober, not for the screen."""
_PHASES_UP_TO_HOURS = 1.0
_MOST_PHASES = 4000
"""Single results that the means of phases are made of."""
_PHASES = tuple(field.name for field in fields(Phases))


def past_service(
    reads: Reads, targets: Iterable[Target], name: str, at: datetime, alerts: AlertViews
) -> ServiceView | None:
    """One service as the snapshot of a past moment shows it; ``None`` if nobody watches it."""
    watched = tuple(targets)
    target = next((each for each in watched if safe_text(each.name, 100) == name), None)
    if target is None:
        return None
    statuses = reads.services.statuses(at, reads.services.series(target.name))
    return service_view(
        target,
        statuses.get(target.name),
        read_windows(reads, [target.name], at)[target.name],
        alerts.worst_first(),
        at,
        locations=location_views(statuses, watched, at).get(target.name, ()),
    )


def service_detail(
    reads: Reads,
    view: ServiceView,
    now: datetime,
    hours: float,
    alerts: AlertViews,
    *,
    at: datetime | None = None,
    most_buckets: int = SERVICE_BUCKETS,
) -> ServiceDetail:
    """The detail of one service over the last ``hours``.

    Args:
        reads: The database.
        view: The service at the end of the period.
        now: The present moment.
        hours: Length of the period.
        alerts: Creates the views of alerts.
        at: A past moment as the end of the period; alerts are shown as of then.
        most_buckets: Of each series, which are as fine as fits.
    """
    now = at or now
    grid, rollups = _buckets(reads, view, now, hours, most_buckets)
    rows = grid.series(rollups, lambda row: row.start)
    quantiles = [(None,) * 3 if row is None else row.histogram.quantiles(0.5, 0.95, 0.99) for row in rows]
    start = now - timedelta(hours=hours)
    total = reads.services.totals(start=start, end=now, services=[view.name], histograms=False).get(view.name)
    with_phases = hours <= _PHASES_UP_TO_HOURS
    newest = _newest_probes(reads, view, grid.start, now, _MOST_PHASES if with_phases else _LIST_LIMIT)
    probes = newest[:_LIST_LIMIT]
    changes = reads.services.state_changes(start=grid.start, end=now, services=[view.name])
    episodes = alerts_within(reads, grid.start, now, at=at, subject=view.name, limit=_LIST_LIMIT)
    states = state_history(reads, [view.name], grid.start, now, most_buckets=max(FEW_BUCKETS, most_buckets))
    return ServiceDetail(
        service=view,
        start=grid.start,
        end=now,
        bucket_seconds=float(grid.seconds),
        mean_ms=tuple(row.mean_ms if row else None for row in rows),
        p50_ms=tuple(median for median, _, _ in quantiles),
        p95_ms=tuple(p95 for _, p95, _ in quantiles),
        p99_ms=tuple(p99 for _, _, p99 in quantiles),
        uptime=tuple(_uptime(row) for row in rows),
        uptime_percent=_uptime(total),
        coverage_percent=0.0 if total is None else 100 * total.coverage,
        probes=tuple(_recent(probe, probe.location if view.locations else None) for probe in probes),
        changes=tuple(
            StateChange(at=change.at, state=change.state, error=safe_text(change.error) if change.error else None)
            for change in sorted(changes, key=lambda change: change.at, reverse=True)[:_LIST_LIMIT]
        ),
        alerts=tuple(map(alerts.of, episodes)),
        figures=_facts(probes[0], now) if probes else (),
        values=_values(reads, view, grid, past=at is not None),
        phases=_phases(newest, grid) if with_phases else (),
        states=states.get(view.name, ()),
    )


def _buckets(
    reads: Reads, view: ServiceView, end: datetime, hours: float, most: int
) -> tuple[BucketGrid, list[Rollup]]:
    """Those of the finest rollups that fit and are still kept."""
    tried: list[tuple[BucketGrid, list[Rollup]]] = []
    for grid in grids(end, hours, most):
        found = reads.services.rollups(resolution=grid.seconds, start=grid.start, end=end, services=[view.name])
        tried.append((grid, found.get(view.name, [])))
        if tried[-1][1]:
            return tried[-1]
    return tried[0]


def _phases(probes: Iterable[ProbeResult], grid: BucketGrid) -> tuple[Phases | None, ...]:
    """The mean of each phase in each bucket, over the results that reached it."""
    parts: dict[int, list[Phases]] = {}
    for probe in probes:
        index = int((probe.timestamp - grid.start).total_seconds() // grid.seconds)
        parts.setdefault(index, []).append(probe.phases)
    return tuple(_mean(parts[index]) if index in parts else None for index in range(grid.count))


def _mean(phases: Sequence[Phases]) -> Phases:
    known = {name: [value for each in phases if (value := getattr(each, name)) is not None] for name in _PHASES}
    return Phases(**{name: sum(values) / len(values) for name, values in known.items() if values})


def _values(reads: Reads, view: ServiceView, grid: BucketGrid, *, past: bool) -> tuple[ValueHistory, ...]:
    """The values of the period; a bucket that goes on behind its end is left out in the past."""
    # The sums of a bucket that goes on behind a past moment tell what came later.
    until = floor_time(grid.end, grid.seconds) if past else grid.end
    found = reads.values.sums(service=view.name, resolution=grid.seconds, start=grid.start, end=until)
    order = [*(name for name in view.values if name in found), *(name for name in found if name not in view.values)]
    histories: list[ValueHistory] = []
    for name in order[:MAX_VALUES]:
        sums = found[name]
        histories.append(
            ValueHistory(
                name=safe_text(name, MAX_LABEL_CHARS),
                means=tuple(each.mean if each else None for each in grid.series(sums, lambda each: each.start)),
                least=min(each.least for each in sums),
                most=max(each.most for each in sums),
                unit=safe_text(sums[-1].unit, 20) if sums[-1].unit else None,
                now=view.values.get(name),
            )
        )
    return tuple(histories)


def _newest_probes(reads: Reads, view: ServiceView, start: datetime, end: datetime, limit: int) -> list[ProbeResult]:
    """Newest first; with several locations, their own results instead of the combined ones."""
    names = [series_name(view.name, location.name) for location in view.locations] or [view.name]
    found = [
        probe for name in names for probe in reads.services.results(service=name, start=start, end=end, limit=limit)
    ]
    return sorted(found, key=lambda probe: probe.timestamp, reverse=True)[:limit]


def _uptime(row: Rollup | None) -> float | None:
    if row is None:
        return None
    return None if row.availability is None else 100 * row.availability


def _recent(probe: ProbeResult, location: str | None) -> RecentProbe:
    return RecentProbe(
        timestamp=probe.timestamp,
        state=probe.state,
        response_time_ms=probe.response_time_ms,
        phases=probe.phases,
        status_code=probe.status_code,
        error=safe_text(probe.error) if probe.error else None,
        attempt=probe.attempt,
        location=location,
    )


def _facts(probe: ProbeResult, now: datetime) -> tuple[tuple[str, str], ...]:
    """Facts of the newest probe besides its state, in display order."""
    facts: list[tuple[str, str]] = []
    if probe.ip:
        facts.append(("address", f"{probe.ip} ({probe.ip_family or 'unknown family'})"))
    if probe.status_code is not None:
        facts.append(
            (
                "status",
                f"{probe.status_code}" + (f", {safe_text(probe.http_version, 20)}" if probe.http_version else ""),
            )
        )
    if probe.redirects:
        facts.append(("redirects", f"{probe.redirects}, to {safe_text(probe.final_url or '', 200)}"))
    if probe.body_bytes is not None:
        facts.append(("body", byte_size(probe.body_bytes)))
    if probe.tls_expires_at is not None:
        days = (probe.tls_expires_at - now).total_seconds() / 86400
        facts.append(("certificate", f"ends {probe.tls_expires_at.astimezone(UTC):%Y-%m-%d}, in {days:.0f} days"))
    for key, value in probe.details.items():
        if key in _INTERNAL:
            continue
        facts.append(
            (safe_text(key.removesuffix("_ms").removesuffix("_bytes").removesuffix("_s"), 40), _fact(key, value))
        )
    return tuple(facts)


def _fact(key: str, value: float | int | str | None) -> str:
    if isinstance(value, int | float):
        if key.endswith("_ms"):
            return milliseconds(value)
        if key.endswith("_bytes"):
            return byte_size(value)
        return f"{value:g} s" if key.endswith("_s") else f"{value:g}"
    return safe_text(value if value is not None else "–", 200)
