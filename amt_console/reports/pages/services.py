"""Shared parts about services and the host: state strips, service table, resource table."""

from __future__ import annotations

from collections.abc import Sequence

from amt_console.analysis import ServicePerformance
from amt_console.analysis.uptime.availability import GOOD_COVERAGE_PERCENT
from amt_console.model import ServiceState
from amt_console.reports.charts.timeline import state_strips
from amt_console.reports.gathering.data import ServiceRecord
from amt_console.reports.page import Cell, Heading, PageChart, Table, in_csv, is_long, without_empty_columns
from amt_console.reports.pages.marks import marks_of
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief, listed
from amt_console.text import MISSING, count, duration, limit_percent, milliseconds, percent, percent_cell

STATE_LEGEND = (
    ("ok", "up"),
    ("warning", "slow"),
    ("critical", "down"),
    ("maintenance", "maintenance"),
    ("nodata", "no data"),
)
STATE_TONES = {
    ServiceState.UP: (Tone.OK, "Up"),
    ServiceState.DEGRADED: (Tone.WARNING, "Slow"),
    ServiceState.DOWN: (Tone.CRITICAL, "Down"),
    ServiceState.UNKNOWN: (Tone.UNKNOWN, "No data"),
    ServiceState.MAINTENANCE: (Tone.INFO, "Maintenance"),
}
MOST_SHOWN = 16
"""Most services with a chart of their own on a page; tables have all."""
_RESOURCE_LABELS = {"cpu": "CPU", "memory": "Memory", "disk": "Fullest disk", "connections": "Open connections"}


def strips_chart(view: ReportView, *, id: str) -> PageChart:  # noqa: A002
    """The states of every service over the window, one strip each, with a table of availabilities."""
    services = view.analysis.services
    subtitle = "State of each service over the period; hatched where nothing was measured"
    if not services:
        return PageChart(id, "Availability by service", subtitle, "", None, empty="No service is configured.")
    shown = shown_services(services)
    if len(shown) < len(services):
        shown = [service for service in shown if _troubled(service)] or shown
        subtitle += f". {_the_rest(services, shown)}"
    hurt = [service for service in services if service.incidents]
    measured = view.analysis.availability.measured_s > 0
    if not measured:
        title = f"No data between {view.between}"
    elif not hurt:
        title = "No service went down" if len(services) > 1 else f"{brief(services[0].name)} did not go down"
        blips = sum(len(service.blips) for service in services)
        title += f"; {blips} failure{'s were' if blips != 1 else ' was'} not confirmed" if blips else ""
        if (view.analysis.availability.coverage_percent or 0.0) < GOOD_COVERAGE_PERCENT:
            title += " in the time that was measured"
    else:
        worst = max(hurt, key=lambda s: s.availability.down_s)
        title = f"{listed([s.name for s in sorted(hurt, key=lambda s: -s.availability.down_s)])} went down"
        title += f", {brief(worst.name)} for longest" if len(hurt) > 1 else ""
        title += f" ({duration(worst.availability.down_s)})"
    return PageChart(
        id=id,
        title=title,
        subtitle=subtitle,
        description=f"{title}. " + " ".join(_strip_sentence(service) for service in services[:12]),
        spec=state_strips([(s.name, s.spans) for s in shown], view.data.window, view.times, marks=marks_of(view)),
        table=availability_table(view, id=f"{id}-table"),
        legend=STATE_LEGEND,
    )


def worst_services(services: Sequence[ServicePerformance], most: int) -> list[ServicePerformance]:
    """A limited number of services, chosen by their trouble, in their own order."""
    chosen = sorted(range(len(services)), key=lambda index: _trouble(services[index]))[:most]
    return [services[index] for index in sorted(chosen)]


def shown_services(services: Sequence[ServicePerformance]) -> list[ServicePerformance]:
    """The services with a chart of their own: all, or the worst of very many."""
    return worst_services(services, MOST_SHOWN if is_long(len(services)) else len(services))


def _trouble(service: ServicePerformance) -> tuple[float, ...]:
    """Sorts services: longest down, then longest slow, then slowest."""
    parts = service.availability
    return -parts.down_s, -parts.degraded_s, -(service.latency.p95_ms or 0.0)


def in_table(services: Sequence[ServicePerformance]) -> list[ServicePerformance]:
    """The services as a table lists them: in their own order, or the worst first where the rest is folded."""
    return sorted(services, key=_trouble) if is_long(len(services)) else list(services)


def _troubled(service: ServicePerformance) -> bool:
    return service.availability.down_s > 0 or service.availability.degraded_s > 0


def _the_rest(services: Sequence[ServicePerformance], shown: Sequence[ServicePerformance]) -> str:
    """The services without a strip, in two sentences."""
    rest = [service for service in services if not any(service is each for each in shown)]
    parts = [service.availability for service in rest]
    longest = max(each.down_s for each in parts)
    groups = (
        (sum(each.down_s > 0 for each in parts), f"went down for at most {duration(longest)}"),
        (sum(each.down_s <= 0 < each.degraded_s for each in parts), "were slow at times"),
        (sum(each.measured_s > 0 and not _troubled(s) for s, each in zip(rest, parts, strict=True)), "were always up"),
        (sum(each.measured_s <= 0 for each in parts), "were not measured"),
    )
    told = ", ".join(f"{number} {words}" for number, words in groups if number)
    return f"The {len(shown)} worst of {len(services)} services; of the others {told}. “Availability, figures” has all"


def availability_table(view: ReportView, *, id: str) -> Table:  # noqa: A002
    """Seconds of each service by state, with availability, coverage and worst case."""
    rows = []
    for service in in_table(view.analysis.services):
        parts = service.availability
        rows.append(
            (
                Cell(service.name),
                availability_cell(view, service),
                Cell(
                    percent_cell(parts.coverage_percent),
                    number=True,
                    muted=(parts.coverage_percent or 0) < GOOD_COVERAGE_PERCENT,
                    value=parts.coverage_percent,
                ),
                Cell(percent_cell(parts.worst_case_percent, 2), number=True, value=parts.worst_case_percent),
                *(
                    Cell(span_or_none(seconds), number=True, value=seconds)
                    for seconds in (parts.down_s, parts.degraded_s, parts.maintenance_s, parts.unknown_s)
                ),
            )
        )
    return Table(
        id,
        "Availability, figures",
        (
            Heading("Service"),
            Heading("Availability", number=True, unit="%"),
            Heading("Coverage", number=True, unit="%"),
            Heading("Worst case", number=True, unit="%"),
            Heading("Down", number=True, unit="s"),
            Heading("Slow", number=True, unit="s"),
            Heading("Maintenance", number=True, unit="s"),
            Heading("Unmeasured", number=True, unit="s"),
        ),
        tuple(rows),
        folded=True,
    )


def availability_cell(view: ReportView, service: ServicePerformance) -> Cell:
    """Availability with its verdict; "too little data" below half coverage, muted below 90 %."""
    parts = service.availability
    value = parts.availability_percent
    if value is None:
        return Cell("no data", Tone.UNKNOWN, number=True)
    if not parts.sufficient:
        return Cell("too little data", Tone.UNKNOWN, number=True)
    tone = Tone.CRITICAL if value < view.data.limits.uptime_percent else Tone.PLAIN
    covered = parts.coverage_percent or 0
    return Cell(percent_cell(value, 2), tone, number=True, muted=covered < GOOD_COVERAGE_PERCENT, value=value)


def service_table(view: ReportView, *, id: str) -> Table:  # noqa: A002
    """Every service: state, since, response time, percentiles, errors, availability."""
    rows = []
    records = {record.name: record for record in view.data.services}
    for found in in_table(view.analysis.services):
        record = records[found.name]
        tone, word = STATE_TONES[record.state] if record.configured else (Tone.UNKNOWN, "Not watched")
        latency = found.latency
        rate = latency.error_rate_percent
        slow = record.warning_ms is not None and latency.p95_ms is not None and latency.p95_ms > record.warning_ms
        rows.append(
            (
                Cell(record.name),
                Cell(word, tone),
                Cell(_since(view, record), muted=True, value=view.times.iso(record.since) or ""),
                Cell(milliseconds(latency.p50_ms), number=True, value=latency.p50_ms),
                Cell(
                    milliseconds(latency.p95_ms),
                    Tone.WARNING if slow else Tone.PLAIN,
                    number=True,
                    value=latency.p95_ms,
                ),
                Cell(percent_cell(rate, 2), _rate_tone(view, rate), number=True, value=rate),
                availability_cell(view, found),
                Cell(
                    percent_cell(found.availability.coverage_percent),
                    number=True,
                    muted=True,
                    value=found.availability.coverage_percent,
                ),
                Cell(record.error or "", muted=True),
            )
        )
    headings = (
        Heading("Service"),
        Heading("State"),
        Heading("Since"),
        Heading("Median", number=True, unit="ms"),
        Heading("p95", number=True, unit="ms"),
        Heading("Errors", number=True, unit="%"),
        Heading("Availability", number=True, unit="%"),
        Heading("Coverage", number=True, unit="%"),
        Heading("Last error"),
    )
    return Table(id, "Services", *without_empty_columns(headings, rows), empty="No service is configured.")


def host_table(view: ReportView, *, id: str) -> Table:  # noqa: A002
    """CPU, memory, disk and connections of the monitor's host: now, mean, 95th percentile, highest, busiest hour."""
    sample = view.data.host_now
    now = {
        "cpu": sample.cpu_usage if sample else None,
        "memory": sample.memory_usage if sample else None,
        "disk": sample.disk_usage if sample else None,
        "connections": float(sample.active_connections) if sample and sample.active_connections is not None else None,
    }
    rows = []
    for pattern in view.analysis.resources:
        limit = view.data.limits.of_resource(pattern.name)
        write = count if pattern.name == "connections" else percent_cell
        over = limit is not None and pattern.max is not None and pattern.max > limit
        busiest = MISSING
        if pattern.busiest_hour is not None and pattern.name != "disk":
            hour, value = pattern.busiest_hour
            busiest = f"{hour:02d}:00–{(hour + 1) % 24:02d}:00, mean {write(_whole(value, pattern.name))}"
        rows.append(
            (
                Cell(_RESOURCE_LABELS[pattern.name]),
                in_csv("" if pattern.name == "connections" else "%"),
                Cell(write(now[pattern.name]), number=True, value=now[pattern.name]),
                Cell(write(_whole(pattern.mean, pattern.name)), number=True, value=pattern.mean),
                Cell(write(_whole(pattern.p95, pattern.name)), number=True, value=pattern.p95),
                Cell(write(pattern.max), Tone.WARNING if over else Tone.PLAIN, number=True, value=pattern.max),
                Cell(limit_percent(limit) if limit is not None else MISSING, number=True, muted=True, value=limit),
                Cell(_points(pattern.headroom), number=True, value=pattern.headroom),
                Cell(busiest, muted=True),
                in_csv(pattern.busiest_hour[0] if pattern.busiest_hour else None),
                in_csv(pattern.busiest_hour[1] if pattern.busiest_hour else None),
            )
        )
    return Table(
        id,
        "Host of the monitor",
        (
            Heading("Resource"),
            Heading("Unit", page=False),
            Heading("Now", number=True),
            Heading("Mean", number=True),
            Heading("p95", number=True),
            Heading("Highest", number=True),
            Heading("Limit", number=True),
            Heading("Headroom", number=True),
            Heading("Busiest hour", csv=False),
            Heading("Busiest hour of the day", number=True, page=False),
            Heading("Mean in that hour", number=True, page=False),
        ),
        tuple(rows) if any(pattern.samples for pattern in view.analysis.resources) else (),
        empty="The host was not sampled in this period.",
    )


def resource_label(name: str) -> str:
    """The title of a resource: ``CPU`` for ``cpu``."""
    return _RESOURCE_LABELS[name]


def span_or_none(seconds: float) -> str:
    """A duration; a dash for zero."""
    return duration(seconds) if seconds >= 1 else MISSING


def _points(headroom: float | None) -> str:
    return MISSING if headroom is None else f"{headroom:.1f} points"


def _whole(value: float | None, name: str) -> float | None:
    return float(round(value)) if value is not None and name == "connections" else value


def _since(view: ReportView, record: ServiceRecord) -> str:
    if record.since is None:
        return MISSING
    return duration((view.data.window.end - record.since).total_seconds())


def _rate_tone(view: ReportView, rate: float | None) -> Tone:
    limits = view.data.limits
    if rate is None or rate <= limits.error_rate_warning_percent:
        return Tone.PLAIN
    return Tone.CRITICAL if rate > limits.error_rate_percent else Tone.WARNING


def _strip_sentence(service: ServicePerformance) -> str:
    parts = service.availability
    if parts.availability_percent is None:
        return f"{brief(service.name)}: no data."
    return f"{brief(service.name)}: {percent(parts.availability_percent, 2)} available, {duration(parts.down_s)} down."
