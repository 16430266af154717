"""Build the live snapshot, and the snapshot of any past moment, from the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from amt_console.alerts import heartbeat_view
from amt_console.alerts.policy.timetable import on_call_at
from amt_console.clock import Clock
from amt_console.model import (
    AlertState,
    AlertView,
    Commits,
    HostSample,
    MonitorState,
    MonitorStatus,
    Overall,
    PresentPerson,
    ResourcesView,
    Series,
    ServiceStatus,
    ServiceView,
    Snapshot,
    Target,
)
from amt_console.model.inbound import Heartbeat, HeartbeatView
from amt_console.model.policy import Policies
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.ending_soon import ending_soon
from amt_console.operations.views import SILENT_AFTER_SECONDS, figure_faults, location_views, overall, service_view
from amt_console.operations.windows import (
    MINUTE,
    SPARK_MINUTES,
    RollingWindows,
    ServiceWindows,
    by_minute,
    read_windows,
    spark_start,
)
from amt_console.store import Reads, Store

WINDOWS_REFRESH_SECONDS = 10.0
"""Maximum age of windowed values; they change slowly and cost most."""
IDLE_REFRESH_SECONDS = 5.0
"""How long a snapshot is reused without new data: long enough to be cheap, short enough to notice a silent monitor."""
CLOCK_TOLERANCE = timedelta(seconds=1)
"""Tolerated difference between two hosts' clocks before a result counts as ahead."""
HEARTBEAT_GAPS = timedelta(days=35)
"""How far back gaps can matter for a job that must report: a monthly job's last report."""
_HOST_SERIES = ("cpu_usage", "memory_usage", "disk_usage")


class SnapshotBuilder:
    """Keeps data that the next snapshot can reuse. Not thread-safe."""

    def __init__(
        self,
        *,
        targets: Sequence[Target],
        clock: Clock,
        monitor_alive: Callable[[], bool],
        zone: tzinfo | None = None,
        policies: Policies | None = None,
        heartbeats: Sequence[Heartbeat] = (),
    ) -> None:
        self._policies = policies or Policies()
        self._heartbeats = tuple(heartbeats)
        self._targets = tuple(targets)
        self._clock = clock
        self._monitor_alive = monitor_alive
        self._zone = zone
        self._windows = RollingWindows([target.name for target in self._targets], refresh=WINDOWS_REFRESH_SECONDS)
        self._host_series: tuple[Series, Series, Series] = ((), (), ())
        self._host_series_at: float | None = None
        self._ending: tuple[str, ...] = ()
        """Notices of what ends soon, as they were when the database was read last."""
        self._statuses: dict[str, ServiceStatus] = {}
        self._last: Snapshot | None = None
        self._built_at: float | None = None
        self._data_version: int | None = None
        # Versions of two builders never collide, so that a console can change its monitor.
        self._first_version = int(clock.now().timestamp() * 1000)

    def build_live(
        self,
        store: Store,
        notices: tuple[str, ...],
        people: tuple[PresentPerson, ...],
        host: HostSample | None = None,
        *,
        faults: tuple[str, ...] = (),
        commits: Commits | None = None,
    ) -> Snapshot:
        """The snapshot of now, with this process's newest host sample even if it is not stored yet.

        Without writes the database is read again only every ``IDLE_REFRESH_SECONDS``.
        """
        tick, version = self._clock.monotonic(), store.data_version()
        fresh = self._built_at is not None and tick - self._built_at < IDLE_REFRESH_SECONDS
        last = self._last
        if last is None or not fresh or version != self._data_version:
            with store.read() as reads:
                last = self.build(reads, None, notices, people)
            self._built_at, self._data_version = tick, version
        resources = last.resources if host is None else replace(last.resources, sample=host)
        monitor = last.monitor
        if commits is not None:
            last_at = commits.last_at or monitor.last_cycle_at
            monitor = replace(monitor, last_commit_at=last_at, fault=commits.fault)
        snapshot = replace(
            last,
            overall=self._overall(last.services, last.alerts, monitor),
            monitor=monitor,
            notices=(*notices, *self._ending),
            faults=faults,
            presence=people,
            resources=resources,
        )
        return self._versioned(snapshot)

    def build(
        self,
        reads: Reads,
        at: datetime | None,
        notices: tuple[str, ...] = (),
        people: tuple[PresentPerson, ...] = (),
    ) -> Snapshot:
        """The snapshot at ``at``, or now. ``version`` grows when anything but ``generated_at`` differs from the one
        before.
        """
        now = self._clock.now()
        end = at or now
        # After a clock was set back, values from its future must not stay on the screen.
        known_by = at or now + CLOCK_TOLERANCE
        windows = self._read_windows(reads, end, live=at is None)
        views = AlertViews.read(reads, self._targets, now, at=at, zone=self._zone, policies=self._policies)
        alerts = views.worst_first()
        self._ending = ending_soon(alerts, views.policies, end, self._zone)
        statuses = reads.services.statuses(at, known=self._statuses)
        if at is None:
            self._statuses = statuses
        locations = location_views(statuses, self._targets, end)
        services = tuple(
            service_view(
                target,
                statuses.get(target.name),
                windows.get(target.name, ServiceWindows()),
                alerts,
                end,
                locations=locations.get(target.name, ()),
            )
            for target in self._targets
        )
        monitor = self._monitor(reads, at, now)
        cpu, memory, disk = self._host_series
        snapshot = Snapshot(
            version=0,
            generated_at=now,
            overall=self._overall(services, alerts, monitor),
            monitor=monitor,
            at=at,
            services=services,
            alerts=alerts,
            recently_resolved=_recently_resolved(reads, end, views),
            resources=ResourcesView(sample=reads.host.sample(known_by), cpu=cpu, memory=memory, disk=disk),
            figures=reads.figures.newest(known_by),
            figure_faults=figure_faults(self._targets, statuses, end),
            notices=(*notices, *self._ending) if at is None else notices,
            presence=people,
            on_call=on_call_at(views.policies, end),
            heartbeats=self._read_heartbeats(reads, at, end),
            simulated_until=reads.monitor.simulated_until(),
        )
        return self._versioned(snapshot)

    def _read_heartbeats(self, reads: Reads, at: datetime | None, end: datetime) -> tuple[HeartbeatView, ...]:
        if not self._heartbeats:
            return ()
        records = reads.inbound.heartbeats([each.name for each in self._heartbeats], at)
        gaps = reads.monitor.gaps(end - HEARTBEAT_GAPS, end)
        return tuple(heartbeat_view(each, records.get(each.name), gaps, end) for each in self._heartbeats)

    def _overall(self, services: Sequence[ServiceView], alerts: Sequence[AlertView], monitor: MonitorStatus) -> Overall:
        if not services:
            return Overall.UNKNOWN
        # What is not stored is not in the snapshot either: it grows as old as that of a silent monitor.
        return overall(services, alerts, MonitorState.SILENT if monitor.fault else monitor.state)

    def _versioned(self, snapshot: Snapshot) -> Snapshot:
        last = self._last
        if last is not None:
            same = replace(snapshot, version=last.version, generated_at=last.generated_at) == last
            snapshot = replace(snapshot, version=last.version if same else last.version + 1)
        else:
            snapshot = replace(snapshot, version=self._first_version)
        self._last = snapshot
        return snapshot

    def _read_windows(self, reads: Reads, end: datetime, *, live: bool) -> dict[str, ServiceWindows]:
        if not live:
            self._host_series = _host_series(reads, end)
            return read_windows(reads, [target.name for target in self._targets], end)
        tick = self._clock.monotonic()
        if self._host_series_at is None or tick - self._host_series_at >= WINDOWS_REFRESH_SECONDS:
            self._host_series, self._host_series_at = _host_series(reads, end), tick
        return self._windows.read(reads, end, tick)

    def _monitor(self, reads: Reads, at: datetime | None, now: datetime) -> MonitorStatus:
        row = reads.monitor.sign_of_life()
        if row is None:
            return MonitorStatus(MonitorState.STOPPED)
        if at is not None:
            # Which process it was is not recorded: the row is of the newest.
            return MonitorStatus(MonitorState.STOPPED if _inside_gap(reads, at) else MonitorState.RUNNING)
        if not self._monitor_alive():
            state = MonitorState.STOPPED
        else:
            quiet = (now - row.last_cycle_at).total_seconds()
            state = MonitorState.SILENT if quiet > SILENT_AFTER_SECONDS else MonitorState.RUNNING
        return MonitorStatus(
            state=state,
            host=row.host,
            pid=row.pid,
            started_at=row.started_at,
            last_cycle_at=row.last_cycle_at,
            last_commit_at=row.last_cycle_at,
        )


def _inside_gap(reads: Reads, at: datetime) -> bool:
    return any(
        gap.started_at <= at < gap.ended_at
        for gap in reads.monitor.gaps(at - timedelta(days=1), at + timedelta(seconds=1))
    )


def _recently_resolved(reads: Reads, end: datetime, views: AlertViews) -> tuple[AlertView, ...]:
    closed = reads.alerts.episodes(start=end - timedelta(hours=1), end=end, states=[AlertState.RESOLVED], limit=20)
    ended = [
        views.of(episode)
        for episode in closed
        if episode.fired_at is not None and episode.resolved_at is not None and episode.resolved_at <= end
    ]
    return tuple(sorted(ended, key=lambda alert: alert.resolved_at or alert.opened_at, reverse=True))


def _host_series(reads: Reads, end: datetime) -> tuple[Series, Series, Series]:
    start = spark_start(end)
    found = reads.host.rollups(resolution=MINUTE, start=start, end=end, metrics=_HOST_SERIES, histograms=False)

    def series(metric: str) -> Series:
        minutes = by_minute(found.get(metric, []), start)
        return tuple(row.histogram.mean if (row := minutes.get(index)) else None for index in range(SPARK_MINUTES))

    cpu, memory, disk = map(series, _HOST_SERIES)
    return cpu, memory, disk
