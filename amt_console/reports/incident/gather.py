"""Gather the data of an incident's report, in one read transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amt_console import __version__
from amt_console.alerts import past_consequences
from amt_console.analysis import Window
from amt_console.analysis.correlation import HOURS_BEFORE, LEAD, Moved
from amt_console.analysis.series import regroup, regroup_host
from amt_console.analysis.uptime.incidents import state_spans
from amt_console.clock import moment
from amt_console.config.defaults import MONITORING_DB
from amt_console.model import (
    AlertType,
    AuditEntry,
    Database,
    Episode,
    FigureKind,
    ProbeResult,
    Rollup,
    ServiceState,
    Target,
)
from amt_console.operations.history.alerts import known_episodes
from amt_console.operations.history.messages import known_delivery
from amt_console.operations.history.moved_alike import MOST_MOVED, moved_alike
from amt_console.operations.moved_together import HOST, moved_with
from amt_console.operations.why import MOST_DELIVERIES
from amt_console.reports.gathering.data import ServiceRecord
from amt_console.reports.incident.data import ChartSource, IncidentData, ServiceImpact
from amt_console.store import Reads, StateChangeRow, alert_decisions, audit_entries, deliveries
from amt_console.text import public_url

if TYPE_CHECKING:
    from amt_console.config import Settings

MOST_FOLLOWERS = 50
MOST_ALERTS = 1000
MOST_CHARTS_OF_MOVED = 4
MOST_PROBES = 500
FIRST_FAILURES = 4
"""Single results that are shown from the beginning: the first failure and its quick re-checks."""
LEAST_AROUND, MOST_AROUND = timedelta(minutes=15), timedelta(hours=2)
MOST_POINTS = 240
_INSTANT = timedelta(microseconds=1)
_SUMS = (300, 3600, 86_400)
_STEPS = (60, 300, 900, 3600, 7200, 21_600, 86_400)
_HOST_METRICS = {
    AlertType.CPU_USAGE: "cpu_usage",
    AlertType.MEMORY_USAGE: "memory_usage",
    AlertType.DISK_USAGE: "disk_usage",
}
_BESIDE_ALERTS = frozenset(
    (
        "add_silence",
        "end_silence",
        "add_maintenance",
        "end_maintenance",
        "take_oncall",
        "override_oncall",
        "undo_oncall",
        "probe",
    )
)
"""Actions that are not about one alert, and may explain what happened."""


def gather_incident(
    reads: Reads,
    alert_id: int,
    *,
    targets: Sequence[Target],
    settings: Settings,
    zone: str,
    made_at: datetime,
    charts: bool = True,
) -> IncidentData | None:
    """All that was known at ``made_at`` about an alert, or about the one that it follows from.

    ``None`` if there is no such alert. Without ``charts`` their numbers are left out.
    """
    stored = reads.alerts.episode(alert_id)
    if stored is None or stored.opened_at > made_at:
        return None
    (asked,) = known_episodes(reads, [stored], made_at)
    episode, followers = _family(reads, asked, targets, made_at)
    assert episode.id is not None
    events = tuple(event for event in reads.alerts.events(episode.id) if event.at <= made_at)
    every = reversed(deliveries(reads, alert_id=episode.id, limit=MOST_DELIVERIES))
    sent = tuple(known_delivery(each, made_at) for each in every if each.created_at <= made_at)
    begin, end = episode.opened_at, min(episode.resolved_at or made_at, made_at)
    around = min(MOST_AROUND, max(LEAST_AROUND, (end - begin) / 4))
    last = min(made_at, end + around)
    hit = tuple(dict.fromkeys([episode.subject, *(each.subject for each in followers)]))
    watched = {target.name: target for target in targets}
    named = tuple(name for name in hit if name in watched) or ((episode.subject,) if _about_a_service(episode) else ())
    since = min(begin - around, begin - LEAD - HOURS_BEFORE)
    probes, kept = _probes(reads, episode.subject, begin - around, last, begin, end)
    changes = tuple(reads.services.state_changes(start=begin - around, end=last + _INSTANT, services=[episode.subject]))
    moved = moved_with(reads, episode, now=made_at, most=MOST_MOVED)
    oldest = made_at - timedelta(seconds=settings.retention.monitoring_logs)
    known = [*(event.at for event in events), *(each.delivered_at or each.created_at for each in sent), end]
    return IncidentData(
        episode=episode,
        asked=alert_id,
        made_at=made_at,
        as_of=made_at if episode.open else max(known),
        version=__version__,
        zone=zone,
        since=since,
        until=last,
        watched=tuple(map(_settings_of, targets)),
        results_kept_s=settings.retention.monitoring_logs,
        rows=reads.raw.counts(since, last),
        newest_rows=None if last < made_at else reads.raw.newest_ids(),
        events=events,
        followers=followers,
        changes=changes,
        probes=probes,
        raw_deleted=not kept and begin <= oldest,
        actions=_actions(reads, begin - around, last),
        deliveries=sent,
        decisions=tuple(each for each in alert_decisions(reads, episode.id) if each.at <= made_at),
        # A gap is recorded when it is over.
        gaps=tuple(each for each in reads.monitor.gaps(begin - around, last) if each.ended_at <= made_at),
        evidence=seen if (seen := reads.alerts.evidence(episode.id)) is not None and seen.at <= made_at else None,
        answer=reads.alerts.answers([episode.id], made_at).get(episode.id),
        impact=_impact(reads, named, begin, end, exact=begin > oldest),
        moved=moved,
        charts=tuple(_charts(reads, episode, named, moved, watched, begin - around, last, made_at)) if charts else (),
        limits=(
            ("cpu_usage", settings.alert_thresholds.cpu_usage_percent),
            ("memory_usage", settings.alert_thresholds.memory_usage_percent),
            ("disk_usage", settings.alert_thresholds.disk_usage_percent),
        ),
    )


def _family(
    reads: Reads, asked: Episode, targets: Sequence[Target], now: datetime
) -> tuple[Episode, tuple[Episode, ...]]:
    """The alert that the asked one follows from, or itself; and what follows from that one."""
    depends_on = {target.name: target.depends_on for target in targets}
    intervals = {target.name: target.interval for target in targets}

    def led(of: Episode) -> tuple[dict[int, int], dict[int, Episode]]:
        found = reads.alerts.episodes(start=of.opened_at, end=(of.resolved_at or now) + _INSTANT, limit=MOST_ALERTS)
        then = known_episodes(reads, [each for each in found if each.id != of.id and each.opened_at <= now], now)
        by_id = {each.id: each for each in (*then, of) if each.id is not None}
        return past_consequences(by_id.values(), depends_on, intervals, now=now), by_id

    assert asked.id is not None
    causes, by_id = led(asked)
    episode = asked
    if asked.id in causes:
        episode = by_id[causes[asked.id]]
        causes, by_id = led(episode)
    following = [by_id[key] for key, cause in causes.items() if cause == episode.id]
    return episode, tuple(sorted(following, key=lambda each: (each.opened_at, each.id or 0))[:MOST_FOLLOWERS])


def _settings_of(target: Target) -> ServiceRecord:
    return ServiceRecord(
        name=target.name,
        # The monitor's own database is not part of the reports.
        url="" if target.name == MONITORING_DB else public_url(target.url),
        group=target.group,
        criticality=target.criticality,
        kind="database" if isinstance(target, Database) else "http",
        interval=target.interval,
        timeout=target.timeout,
        warning_ms=target.degraded_above_ms,
        depends_on=target.depends_on,
    )


def _about_a_service(episode: Episode) -> bool:
    return episode.alert_type not in (*_HOST_METRICS, AlertType.NOTIFY, AlertType.MONITOR)


def _probes(
    reads: Reads, subject: str, start: datetime, end: datetime, begin: datetime, ended: datetime
) -> tuple[tuple[ProbeResult, ...], bool]:
    """The results that tell the story, and whether any of that time is stored."""
    before = reads.services.results(service=subject, start=start, end=begin, limit=1)
    during = reads.services.results(
        service=subject, start=begin, end=ended + _INSTANT, limit=MOST_PROBES, newest_first=False
    )
    failing = [each for each in during if each.state is not ServiceState.UP][:FIRST_FAILURES]
    changes = reads.services.state_changes(start=begin, end=end + _INSTANT, services=[subject])
    # A relapse is followed by another recovery: the last one counts.
    back = next((each.at for each in reversed(changes) if each.state is ServiceState.UP and each.at <= ended), None)
    good = [] if back is None else reads.services.results(service=subject, start=back, end=back + _INSTANT, limit=1)
    return (*before, *failing, *good), bool(before or during or good)


def _actions(reads: Reads, start: datetime, end: datetime) -> tuple[AuditEntry, ...]:
    found = audit_entries(reads, since=start, until=end, actions=_BESIDE_ALERTS, limit=MOST_ALERTS)
    return tuple(reversed(found))


def _impact(
    reads: Reads, services: Sequence[str], begin: datetime, end: datetime, *, exact: bool
) -> tuple[ServiceImpact, ...]:
    """From the first failure itself, or with its results deleted from the begin of its minute."""
    if not services or begin >= end:
        return ()
    known = exact or any(
        reads.services.rollups(
            resolution=60, start=begin, end=min(end, begin + timedelta(minutes=15)), services=services, histograms=False
        ).values()
    )
    if known:
        sums, whole = reads.services.totals(start=begin, end=end, services=services, exact=exact), True
    else:
        sums, whole = _coarse_sums(reads, services, begin, end), False
    return tuple(
        ServiceImpact(name, each.samples, each.errors, each.down_s, each.degraded_s, each.unknown_s, whole)
        for name in services
        if (each := sums.get(name)) is not None and not each.empty
    )


def _coarse_sums(reads: Reads, services: Sequence[str], begin: datetime, end: datetime) -> dict[str, Rollup]:
    for resolution in _SUMS:
        # Up to the end of a whole bucket: the finer ones, of which a part could be made, are deleted.
        whole = datetime.fromtimestamp(-(-end.timestamp() // resolution) * resolution, UTC)
        found = reads.services.rollups(
            resolution=resolution, start=begin, end=whole, services=services, histograms=False
        )
        sums = {
            name: Rollup.merged(parts, start_us=parts[0].start_us, length_us=sum(each.length_us for each in parts))
            for name, parts in found.items()
            if parts
        }
        if sums:
            return sums
    return {}


def _charts(
    reads: Reads,
    episode: Episode,
    services: Sequence[str],
    moved: Sequence[Moved],
    watched: dict[str, Target],
    start: datetime,
    end: datetime,
    now: datetime,
) -> Iterator[ChartSource]:
    # Of those that moved alike one tells enough.
    strongest = [group.members[0] for group in moved_alike(moved, watched)][:MOST_CHARTS_OF_MOVED]
    window = _window(start, min(now, max((end, *(each.onset + LEAST_AROUND for each in strongest)))))
    wanted = [(name, "response_time") for name in services[:1]]
    if (metric := _HOST_METRICS.get(episode.alert_type)) is not None:
        wanted.append((HOST, metric))
    # Down time of a service is shaded in the chart of its response times.
    wanted += [(each.subject, each.signal if each.subject not in watched else "response_time") for each in strongest]
    for subject, signal in list(dict.fromkeys(wanted))[: 1 + MOST_CHARTS_OF_MOVED]:
        if subject == HOST:
            yield _host_chart(reads, signal, window)
        elif subject in list(FigureKind) and subject not in watched:
            points = reads.figures.history(FigureKind(subject), signal, window.start, window.end)
            yield ChartSource(subject, signal, window, points=tuple(points))
        else:
            target = watched.get(subject)
            yield _service_chart(reads, subject, window, None if target is None else target.degraded_above_ms)


def _window(start: datetime, end: datetime) -> Window:
    seconds = (end - start).total_seconds()
    step = next((each for each in _STEPS if seconds / each <= MOST_POINTS), _STEPS[-1])
    return _with_step(Window(start, end, step), step)


def _with_step(window: Window, step: int) -> Window:
    """Beginning with a whole step, so that rollups fit into it."""
    start = window.start.timestamp()
    return Window(datetime.fromtimestamp(start - start % step, UTC), window.end, step)


def _service_chart(reads: Reads, name: str, window: Window, limit_ms: float | None) -> ChartSource:
    buckets: list[Rollup] = []
    for resolution in _resolutions(window):
        window = _with_step(window, max(window.step, resolution))
        found = reads.services.rollups(resolution=resolution, start=window.start, end=window.end, services=[name]).get(
            name, []
        )
        buckets = regroup(found, window)
        if any(not each.empty for each in buckets):
            break
    unmeasured = [(each.start, moment(each.start_us + each.length_us)) for each in buckets if each.empty]
    before = reads.services.last_change(name, window.start)
    changes = reads.services.state_changes(start=window.start, end=window.end, services=[name])
    spans = state_spans(
        _initial(before, changes),
        [(each.at, each.state, each.error) for each in changes],
        start=window.start,
        end=window.end,
        unmeasured=unmeasured,
    )
    return ChartSource(name, "response_time", window, tuple(buckets), tuple(spans), limit_ms)


def _initial(before: StateChangeRow | None, changes: Sequence[StateChangeRow]) -> ServiceState:
    if before is not None:
        return before.state
    return (changes[0].previous or ServiceState.UNKNOWN) if changes else ServiceState.UNKNOWN


def _host_chart(reads: Reads, metric: str, window: Window) -> ChartSource:
    for resolution in _resolutions(window):
        window = _with_step(window, max(window.step, resolution))
        found = reads.host.rollups(resolution=resolution, start=window.start, end=window.end, metrics=[metric])
        host = regroup_host(found.get(metric, ()), window)
        if any(each.samples for each in host):
            break
    return ChartSource(HOST, metric, window, host=tuple(host))


def _resolutions(window: Window) -> Iterable[int]:
    """Of the rollups to try, the finest that fits first: fine ones are deleted before coarse ones."""
    fitting = [each for each in (60, *_SUMS) if window.step % each == 0]
    return (fitting[-1], *(each for each in _SUMS if each > window.step))
