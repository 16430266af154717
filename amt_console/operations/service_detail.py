"""One service with its history, in as few buckets as a screen can show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from amt_console.model import MAX_LABEL_CHARS, MAX_VALUES, RESOLUTIONS, ProbeResult, Rollup, ServiceView, series_name
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.history.alerts import alerts_within
from amt_console.operations.protocol import RecentProbe, ServiceDetail, StateChange, ValueHistory
from amt_console.operations.windows import floor_time
from amt_console.store import Reads
from amt_console.text import byte_size, milliseconds, safe_text

MAX_BUCKETS = 300
_LIST_LIMIT = 50
_INTERNAL = ("own_ms",)
"""Details for developers of the prober, not for the screen."""


def resolution_for(hours: float) -> int:
    """The finest resolution in seconds that shows ``hours`` in at most ``MAX_BUCKETS`` buckets; at most daily."""
    return next((step for step in RESOLUTIONS if hours * 3600 / step <= MAX_BUCKETS), RESOLUTIONS[-1])


def service_detail(
    reads: Reads, view: ServiceView, now: datetime, hours: float, alerts: AlertViews, *, at: datetime | None = None
) -> ServiceDetail:
    """The detail of one service over the last ``hours``.

    Args:
        reads: The database.
        view: The service at the end of the period.
        now: The present moment.
        hours: Length of the period.
        alerts: Creates the views of alerts.
        at: A past moment as the end of the period; alerts are shown as of then.
    """
    now = at or now
    resolution = resolution_for(hours)
    start = floor_time(now - timedelta(hours=hours), resolution)
    count = int((now - start).total_seconds() // resolution) + 1
    rollups = reads.services.rollups(resolution=resolution, start=start, end=now, services=[view.name]).get(
        view.name, []
    )
    buckets = {int((bucket.start - start).total_seconds() // resolution): bucket for bucket in rollups}
    rows = [buckets.get(index) for index in range(count)]
    total = reads.services.totals(start=now - timedelta(hours=hours), end=now, services=[view.name]).get(view.name)
    probes = _newest_probes(reads, view, start, now)
    changes = reads.services.state_changes(start=start, end=now, services=[view.name])
    episodes = alerts_within(reads, start, now, at=at, subject=view.name, limit=_LIST_LIMIT)
    return ServiceDetail(
        service=view,
        start=start,
        end=now,
        bucket_seconds=float(resolution),
        mean_ms=tuple(row.mean_ms if row else None for row in rows),
        p95_ms=tuple(row.histogram.quantile(0.95) if row else None for row in rows),
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
        values=_values(reads, view, start, now, resolution, count, past=at is not None),
    )


def _values(
    reads: Reads, view: ServiceView, start: datetime, end: datetime, resolution: int, count: int, *, past: bool
) -> tuple[ValueHistory, ...]:
    """The values of the period; a bucket that goes on behind its end is left out in the past."""
    # The sums of a bucket that goes on behind a past moment tell what came later.
    until = floor_time(end, resolution) if past else end
    found = reads.values.sums(service=view.name, resolution=resolution, start=start, end=until)
    order = [*(name for name in view.values if name in found), *(name for name in found if name not in view.values)]
    histories: list[ValueHistory] = []
    for name in order[:MAX_VALUES]:
        sums = found[name]
        by_index = {int((each.start - start).total_seconds() // resolution): each for each in sums}
        histories.append(
            ValueHistory(
                name=safe_text(name, MAX_LABEL_CHARS),
                means=tuple(by_index[index].mean if index in by_index else None for index in range(count)),
                least=min(each.least for each in sums),
                most=max(each.most for each in sums),
                unit=safe_text(sums[-1].unit, 20) if sums[-1].unit else None,
                now=view.values.get(name),
            )
        )
    return tuple(histories)


def _newest_probes(reads: Reads, view: ServiceView, start: datetime, end: datetime) -> list[ProbeResult]:
    """Newest first; with several locations, their own results instead of the combined ones."""
    names = [series_name(view.name, location.name) for location in view.locations] or [view.name]
    found = [
        probe
        for name in names
        for probe in reads.services.results(service=name, start=start, end=end, limit=_LIST_LIMIT)
    ]
    return sorted(found, key=lambda probe: probe.timestamp, reverse=True)[:_LIST_LIMIT]


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
