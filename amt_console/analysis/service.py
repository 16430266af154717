"""The analysis of one service over a window."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from amt_console.analysis.change_points import ChangePoint
from amt_console.analysis.facts import ServiceFacts
from amt_console.analysis.latency import LatencySummary, hourly_quantiles, latency_summary
from amt_console.analysis.phases import NO_PHASES, PhaseSummary
from amt_console.analysis.seasonal import HourlyComparison, compare_hours
from amt_console.analysis.series import HOURS_OF_A_DAY, Window, local_time, regroup
from amt_console.analysis.shifts import level_shifts
from amt_console.analysis.unusual import Unusual, unusual
from amt_console.analysis.uptime.availability import Availability, availability
from amt_console.analysis.uptime.incidents import Incident, incidents, state_spans
from amt_console.analysis.uptime.policies import UptimeByPolicy, policies
from amt_console.analysis.uptime.reliability import NO_INCIDENTS, Reliability, reliability
from amt_console.clock import micros
from amt_console.model import AlertType, Episode, ErrorClass, LatencyHistogram, Rollup, ServiceState, StateSpan

_ABOUT_OUTAGES = (AlertType.SERVICE_DOWN, AlertType.DATABASE)


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """The data of one service in a window and the previous one."""

    name: str
    buckets: Sequence[Rollup] = ()
    """Of the window, of any length that divides the window's step."""
    previous: Sequence[Rollup] = ()
    """Of the previous window."""
    initial: ServiceState = ServiceState.UNKNOWN
    """State at the window's start."""
    initial_error: str | None = None
    changes: Sequence[tuple[datetime, ServiceState, str | None]] = ()
    depends_on: Sequence[str] = ()
    """Its dependencies; their outages may cause its own."""
    warning_ms: float | None = None
    """Slower answers count as slow."""
    tls_expires_at: datetime | None = None
    error_classes: Mapping[datetime, ErrorClass] = field(default_factory=dict)
    """Of the failures, by the moment of the change to ``down``; that of the initial state at the window's start."""
    interval: float = 60.0
    """Seconds between checks."""
    phases: PhaseSummary = NO_PHASES
    """Of its newest single checks."""


@dataclass(frozen=True, slots=True)
class HourOfDay:
    """The response times of one hour of the day, over all days of a window; milliseconds."""

    hour: int
    """0-23, in the zone of the report."""
    samples: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class ServicePerformance:
    """The results for one service."""

    name: str
    buckets: tuple[Rollup, ...]
    """One for every step of the window."""
    latency: LatencySummary
    previous_latency: LatencySummary
    availability: Availability
    previous_availability: Availability
    spans: tuple[StateSpan, ...]
    incidents: tuple[Incident, ...]
    blips: tuple[Incident, ...]
    """Failures that re-checks did not confirm: downtime, but no incidents."""
    hours: HourlyComparison | None
    """Comparison with the previous window by hour of the day; ``None`` without enough data."""
    policies: UptimeByPolicy = field(default_factory=UptimeByPolicy)
    """Its availability by each named policy."""
    reliability: Reliability = field(default_factory=lambda: NO_INCIDENTS)
    shifts: tuple[ChangePoint, ...] = ()
    """Lasting shifts of the median response time."""
    unusual: tuple[Unusual, ...] = ()
    """Stretches of unusually slow answers."""
    hours_of_day: tuple[HourOfDay, ...] = ()
    """The measured ones."""
    phases: PhaseSummary = NO_PHASES
    medians: tuple[tuple[datetime, float], ...] = ()
    """Median response time of each step without a failure, in milliseconds."""
    percentiles: tuple[tuple[float | None, ...], ...] = ()
    """The 50th, 95th and 99th percentile of each bucket, in milliseconds."""

    @property
    def calm(self) -> list[Rollup]:
        """The buckets beside its incidents."""
        return _beside(self.buckets, self.incidents)


def analyse_service(
    window: Window,
    history: ServiceHistory,
    holes: Sequence[tuple[datetime, datetime]],
    episodes: Sequence[Episode],
    zone: tzinfo,
) -> ServicePerformance:
    """Analyse one service.

    Args:
        window: The window.
        history: Its data.
        holes: The monitor's gaps, cut to the window.
        episodes: The alerts about it.
        zone: For hours of the day.
    """
    # NumPy loads with it: only where something is analysed.
    from amt_console.model.many_histograms import quantiles_of_each

    before = window.previous()
    buckets = regroup(history.buckets, window)
    previous = regroup(history.previous, before)
    empty = [
        (bucket.start, min(window.end, _end(bucket)))
        for bucket in buckets
        if not bucket.known_us and bucket.seconds >= window.step / 2
    ]
    spans = state_spans(
        history.initial,
        history.changes,
        start=window.start,
        end=window.end,
        unmeasured=[*holes, *empty],
        initial_error=history.initial_error,
    )
    earlier = availability(previous, before.seconds)
    failures = incidents(
        history.name, spans, began_earlier=history.initial is ServiceState.DOWN, error_classes=history.error_classes
    )
    confirmed, blips = _told_apart(failures, episodes)
    parts = availability(buckets, window.seconds)
    quiet = _beside(buckets, failures)
    quantiles = quantiles_of_each([bucket.histogram for bucket in buckets], 0.5, 0.95, 0.99)
    percentiles = {bucket.start_us: found for bucket, found in zip(buckets, quantiles, strict=True)}
    medians = tuple((b.start, ms) for b in quiet if (ms := percentiles[b.start_us][0]) is not None)
    by_hour = _by_hour(buckets, zone)
    latency = latency_summary(
        buckets,
        zone=zone,
        limit_ms=history.warning_ms,
        quiet=quiet,
        medians=medians,
        times=LatencyHistogram.merged(by_hour.values()),
        p95_ms={start: p95 for start, (_, p95, _) in percentiles.items()},
    )
    usual = hourly_quantiles(previous, zone, 0.5) if earlier.sufficient else {}
    shifts = level_shifts(medians, trend=latency.trend, usual=usual, zone=zone)
    stretches = unusual(medians, zone=zone, upwards_only=True)
    return ServicePerformance(
        name=history.name,
        buckets=tuple(buckets),
        latency=latency,
        previous_latency=latency_summary(previous, zone=zone, limit_ms=history.warning_ms, quiet=()),
        availability=parts,
        previous_availability=earlier,
        spans=tuple(spans),
        incidents=tuple(confirmed),
        blips=tuple(blips),
        hours=compare_hours(quiet, previous, zone) if earlier.sufficient else None,
        policies=policies(parts, sum(blip.down_s for blip in blips)),
        reliability=reliability(parts, confirmed),
        shifts=shifts,
        unusual=tuple(s for s in stretches if not any(s.since <= shift.at <= s.until for shift in shifts)),
        hours_of_day=tuple(
            HourOfDay(hour, whole.count, *found)
            for (hour, whole), found in zip(
                by_hour.items(), quantiles_of_each(list(by_hour.values()), 0.5, 0.95), strict=True
            )
        ),
        phases=history.phases,
        medians=medians,
        percentiles=tuple(percentiles.values()),
    )


def _by_hour(buckets: Sequence[Rollup], zone: tzinfo) -> dict[int, LatencyHistogram]:
    """The response times of each hour of the day that has some."""
    from amt_console.model.many_histograms import merged_groups

    timed = [bucket for bucket in buckets if bucket.histogram.count]
    hours = [local_time(bucket.start_us, zone).hour for bucket in timed]
    sums = merged_groups([bucket.histogram for bucket in timed], hours, HOURS_OF_A_DAY)
    return {hour: found for hour, found in enumerate(sums) if found.count}


def _end(bucket: Rollup) -> datetime:
    return datetime.fromtimestamp(bucket.start.timestamp() + bucket.seconds, bucket.start.tzinfo)


def _told_apart(failures: Sequence[Incident], episodes: Sequence[Episode]) -> tuple[list[Incident], list[Incident]]:
    """Incidents with their first fired alert, and failures whose alerts all ended without firing."""
    confirmed, blips = [], []
    for failure in failures:
        about = sorted((e for e in episodes if _is_about(e, failure)), key=lambda e: e.opened_at)
        fired = [episode for episode in about if episode.fired_at is not None]
        if about and not fired and not any(episode.open for episode in about):
            blips.append(failure)
        else:
            confirmed.append(replace(failure, alert_id=fired[0].id if fired else None))
    return confirmed, blips


def _is_about(episode: Episode, failure: Incident) -> bool:
    """Whether an alert belongs to a failure: same subject, and open during it."""
    if episode.subject != failure.service or episode.alert_type not in _ABOUT_OUTAGES:
        return False
    return episode.opened_at <= failure.end and (episode.resolved_at is None or episode.resolved_at > failure.start)


def _beside(buckets: Sequence[Rollup], failures: Sequence[Incident]) -> list[Rollup]:
    """The buckets that no failure touches."""
    starts = [bucket.start_us for bucket in buckets]
    ends = [bucket.start_us + bucket.length_us for bucket in buckets]
    touched: set[int] = set()
    for failure in failures:
        touched.update(range(bisect_right(ends, micros(failure.start)), bisect_left(starts, micros(failure.end))))
    return [bucket for index, bucket in enumerate(buckets) if index not in touched]


def facts_of(service: ServicePerformance, history: ServiceHistory) -> ServiceFacts:
    """What findings and advice read about a service."""
    calm = service.calm
    timed = [bucket for bucket in calm if bucket.histogram.count]
    return ServiceFacts(
        name=service.name,
        latency=service.latency,
        availability=service.availability,
        incidents=service.incidents,
        checks_beside_outages=sum(bucket.samples for bucket in calm),
        failures_beside_outages=sum(bucket.errors for bucket in calm),
        depends_on=tuple(history.depends_on),
        hours=service.hours,
        tls_expires_at=history.tls_expires_at,
        shifts=service.shifts,
        unusual=service.unusual,
        interval=history.interval,
        since=timed[0].start if timed else None,
        until=_end(timed[-1]) if timed else None,
    )
