"""The metrics of a process in the formats of Prometheus.

The number of series is bounded by the number of services, heartbeats, channels and disks, and by ``MAX_VALUES`` a
service: no label holds a message, an address or an id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.exposition import generate_latest as plain_text
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST as OPENMETRICS
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_text

from amt_console import __version__
from amt_console.api.exposition import Exposition
from amt_console.model import HostSample, ServiceState, ServiceView, Severity, Snapshot
from amt_console.model.counts import DURATION_BOUNDS, MonitorCounts
from amt_console.model.inbound import HeartbeatState, HeartbeatView
from amt_console.model.states import AlertState

_SEVERITIES = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
_ALERT_STATES = (AlertState.PENDING, AlertState.FIRING, AlertState.RECOVERING)


def expose(snapshot: Snapshot, counts: MonitorCounts | None, accept: str) -> Exposition:
    """The metrics of a snapshot and of a monitor's counters.

    Args:
        snapshot: The newest one.
        counts: Of the monitor in this process; ``None`` without one.
        accept: The ``Accept`` header: OpenMetrics 1 for who asks for it, else the text format 0.0.4.
    """
    families = _Families(snapshot, counts)
    if "application/openmetrics-text" in accept.lower():
        return Exposition(openmetrics_text(families), OPENMETRICS)  # type: ignore[no-untyped-call]
    return Exposition(plain_text(families), CONTENT_TYPE_PLAIN_0_0_4)


class _Families:
    """What the encoder asks for: a registry of one collection."""

    def __init__(self, snapshot: Snapshot, counts: MonitorCounts | None) -> None:
        self._snapshot = snapshot
        self._counts = counts

    def collect(self) -> Iterator[Metric]:
        snapshot = self._snapshot
        yield InfoMetricFamily("amt_build", "The program.", {"version": __version__})
        yield from _monitor(snapshot)
        yield from _services(snapshot.services)
        yield _values(snapshot.services)
        yield from _heartbeats(snapshot.heartbeats)
        yield _alerts(snapshot)
        if snapshot.resources.sample is not None:
            yield from _host(snapshot.resources.sample)
        yield from _figures(snapshot)
        if self._counts is not None:
            yield from _counted(self._counts)


def _monitor(snapshot: Snapshot) -> Iterator[Metric]:
    monitor = snapshot.monitor
    yield _one("amt_monitor_up", "1 while a monitor probes and stores.", float(monitor.works))
    yield from _moment("amt_monitor_start_time_seconds", "When the monitor started.", monitor.started_at)
    yield from _moment("amt_monitor_last_commit_timestamp_seconds", "Last commit.", monitor.last_commit_at)
    yield _one("amt_monitor_services", "Services and databases that are watched.", float(len(snapshot.services)))


def _services(services: tuple[ServiceView, ...]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "amt_service_up", "1 up or degraded, 0 down; without a sample while it is unknown.", labels=["service"]
    )
    degraded = GaugeMetricFamily("amt_service_degraded", "1 while it is up, but degraded.", labels=["service"])
    answered = GaugeMetricFamily(
        "amt_service_response_seconds", "Response time of the newest probe.", labels=["service"], unit="seconds"
    )
    checked = GaugeMetricFamily(
        "amt_service_last_check_timestamp_seconds", "When it was last probed.", labels=["service"], unit="seconds"
    )
    expiry = GaugeMetricFamily(
        "amt_service_certificate_expiry_timestamp_seconds",
        "When the first certificate of its chain expires.",
        labels=["service"],
        unit="seconds",
    )
    for service in services:
        name = [service.name]
        if service.state is not ServiceState.UNKNOWN:
            up.add_metric(name, float(service.state is not ServiceState.DOWN))
            degraded.add_metric(name, float(service.state is ServiceState.DEGRADED))
        if service.response_time_ms is not None:
            answered.add_metric(name, service.response_time_ms / 1000)
        if service.last_checked is not None:
            checked.add_metric(name, service.last_checked.timestamp())
        if service.tls_expires_at is not None:
            expiry.add_metric(name, service.tls_expires_at.timestamp())
    yield from (up, degraded, answered, checked, expiry)


def _values(services: tuple[ServiceView, ...]) -> Metric:
    family = GaugeMetricFamily(
        "amt_service_value", "What the newest check measured besides its time.", labels=["service", "name"]
    )
    for service in services:
        for name, found in service.values.items():
            family.add_metric([service.name, name], found.value)
    return family


def _heartbeats(heartbeats: tuple[HeartbeatView, ...]) -> Iterator[Metric]:
    up = GaugeMetricFamily(
        "amt_heartbeat_up", "1 up or late, 0 down; without a sample before the first report.", labels=["name"]
    )
    reported = GaugeMetricFamily(
        "amt_heartbeat_last_report_timestamp_seconds",
        "When it last reported an end.",
        labels=["name"],
        unit="seconds",
    )
    for heartbeat in heartbeats:
        if heartbeat.state is not HeartbeatState.NEW:
            up.add_metric([heartbeat.name], float(heartbeat.state is not HeartbeatState.DOWN))
        if heartbeat.last_ping_at is not None:
            reported.add_metric([heartbeat.name], heartbeat.last_ping_at.timestamp())
    yield from (up, reported)


def _alerts(snapshot: Snapshot) -> Metric:
    family = GaugeMetricFamily("amt_alerts", "Open alerts.", labels=["severity", "state"])
    found = Counter((alert.severity, alert.state) for alert in snapshot.alerts)
    for severity in _SEVERITIES:
        for state in _ALERT_STATES:
            family.add_metric([severity.value, state.value], found[severity, state])
    return family


def _host(sample: HostSample) -> Iterator[Metric]:
    plain = {
        "amt_host_cpu_percent": ("Processor time of all cores.", sample.cpu_usage),
        "amt_host_memory_percent": ("Memory in use.", sample.memory_usage),
        "amt_host_disk_percent": ("The fullest disk.", sample.disk_usage),
        "amt_host_swap_percent": ("Swap in use.", sample.swap_usage),
        "amt_host_connections": ("Open network connections.", sample.active_connections),
        "amt_host_load1": ("Load of the last minute.", None if sample.load is None else sample.load[0]),
    }
    for name, (text, value) in plain.items():
        if value is not None:
            yield _one(name, text, float(value))
    if sample.disks:
        used = GaugeMetricFamily("amt_host_disk_used_percent", "By mount point.", labels=["mount"])
        for disk in sample.disks:
            used.add_metric([disk.mount], disk.percent)
        yield used
    if sample.network is not None:
        rates = sample.network
        family = GaugeMetricFamily(
            "amt_host_network_bytes_per_second", "Traffic without loopback.", labels=["direction"]
        )
        family.add_metric(["sent"], rates.sent_bytes)
        family.add_metric(["received"], rates.received_bytes)
        yield family


def _figures(snapshot: Snapshot) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "amt_figure", "The newest business figures that are plain numbers.", labels=["kind", "name", "unit"]
    )
    read = GaugeMetricFamily(
        "amt_figures_read_timestamp_seconds", "When they were read.", labels=["kind"], unit="seconds"
    )
    for kind, figures in snapshot.figures.items():
        read.add_metric([kind.value], figures.timestamp.timestamp())
        for name, figure in figures.figures.items():
            if isinstance(figure.value, int | float):
                family.add_metric([kind.value, name, figure.unit or ""], float(figure.value))
    yield from (family, read)


def _counted(counts: MonitorCounts) -> Iterator[Metric]:
    checks = CounterMetricFamily(
        "amt_service_checks", "Results since the monitor's start.", labels=["service", "state"]
    )
    for (service, state), count in counts.checks.items():
        checks.add_metric([service, state.value], count)
    durations = HistogramMetricFamily(
        "amt_probe_duration_seconds", "Duration of probes by phase.", labels=["phase"], unit="seconds"
    )
    for phase, found in counts.durations.items():
        bounds = [*map(str, DURATION_BOUNDS), "+Inf"]
        durations.add_metric(
            [phase], list(zip(bounds, accumulate(found.buckets), strict=True)), sum_value=found.total_seconds
        )
    yield from (checks, durations)
    yield _messages(counts.messages)
    yield _one("amt_monitor_buffered_results", "Results that wait to be stored.", counts.buffered)
    for name, text, value in (
        ("amt_monitor_dropped_results", "Results that could not be stored in time.", counts.dropped),
        ("amt_monitor_task_restarts", "Restarts of the monitor's own tasks after faults.", counts.restarts),
        ("amt_monitor_skipped_probes", "Slots without a probe.", counts.skipped),
    ):
        yield CounterMetricFamily(name, text, value)
    yield _one("amt_monitor_probe_lateness_seconds", "Worst delay of the newest probes.", counts.lateness_seconds)


def _messages(messages: Mapping[tuple[str, str], int]) -> Metric:
    family = CounterMetricFamily("amt_notifications", "Attempts to notify.", labels=["channel", "state"])
    for (channel, state), count in messages.items():
        family.add_metric([channel, state], count)
    return family


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)


def _moment(name: str, text: str, at: datetime | None) -> Iterator[Metric]:
    if at is not None:
        yield GaugeMetricFamily(name, text, at.timestamp())
