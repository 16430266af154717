"""The performance dashboard: response times, availability, incidents, alerts, resources and recommendations."""

from __future__ import annotations

from collections.abc import Iterator

from amt_console.analysis import (
    PerformanceAnalysis,
    ServicePerformance,
    alert_noise,
    change_points,
    correlation,
    disks,
    resources,
    shifts,
    slowness,
    unusual,
)
from amt_console.analysis.forecasts.disk_full import METHOD as FORECAST_METHOD
from amt_console.analysis.uptime import budgets, policies, reliability
from amt_console.reports.charts.base import COUNT_LABELS, PERCENT_LABELS
from amt_console.reports.charts.lines import latency_chart, resource_chart
from amt_console.reports.page import (
    Cell,
    FigureCard,
    Heading,
    PageChart,
    PageSection,
    ReportPage,
    Table,
    in_csv,
    without_empty_columns,
)
from amt_console.reports.pages.accounting import budgets_table, policies_table, reliability_table
from amt_console.reports.pages.advice import advice_block
from amt_console.reports.pages.cards import availability_card
from amt_console.reports.pages.common import (
    attention,
    meta,
    method_monitoring,
    notices,
    siblings,
)
from amt_console.reports.pages.events import alerts_block, gaps_block, incidents_block, lanes_block
from amt_console.reports.pages.findings import findings_block
from amt_console.reports.pages.histories import TABLE_ROWS
from amt_console.reports.pages.marks import marks_of
from amt_console.reports.pages.responders import responders_table, rules_table
from amt_console.reports.pages.services import (
    host_table,
    in_table,
    resource_label,
    service_table,
    shown_services,
    strips_chart,
)
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief, outages_extent
from amt_console.text import MISSING, count, duration, limit_percent, milliseconds, percent, percent_cell

_TWO_WEEKS = 14 * 24


def performance_page(view: ReportView) -> ReportPage:
    """Lay out the performance dashboard."""
    name = "performance_dashboard.html"
    return ReportPage(
        part="performance",
        file_name=name,
        title="Performance and availability",
        subject=_subject(view),
        meta=meta(view),
        notices=notices(view),
        verdict=view.verdict,
        cards=_cards(view),
        lead=strips_chart(view, id="states"),
        sections=(
            attention(view),
            PageSection("findings", "Findings", (findings_block(view),)),
            PageSection("advice", "Recommendations", (advice_block(view),)),
            PageSection("availability", "Availability", (policies_table(view), budgets_table(view))),
            _response_times(view),
            PageSection("services", "Services", (service_table(view, id="service-table"), _trends(view))),
            PageSection("incidents", "Incidents", (incidents_block(view), reliability_table(view))),
            PageSection("alerts", "Alerts", (lanes_block(view), *_alert_tables(view))),
            _resources(view),
            PageSection("gaps", "Gaps in the measurement", (gaps_block(view),)),
        ),
        method=(
            *method_monitoring(),
            ("Policies", policies.METHOD),
            ("Error budgets", budgets.METHOD),
            ("Moved together", correlation.METHOD),
            ("Change points", change_points.METHOD),
            ("Shifts", shifts.METHOD),
            ("Anomalies", unusual.METHOD),
            ("Slow when busy", slowness.METHOD),
            ("Resources", resources.METHOD),
            ("Disk", f"{disks.METHOD}; the forecast: {FORECAST_METHOD}"),
            ("Mean times", reliability.METHOD),
            ("Noise", alert_noise.METHOD),
        ),
        siblings=siblings(name),
    )


def _alert_tables(view: ReportView) -> tuple[Table, ...]:
    """Nothing where no alert fired: the chart says so already."""
    return (alerts_block(view), rules_table(view), responders_table(view)) if view.window_alerts else ()


def _cards(view: ReportView) -> tuple[FigureCard, ...]:
    found = view.analysis
    now, before = found.handling, found.previous_handling
    slowest = max(
        (s for s in found.services if s.latency.p95_ms is not None), key=lambda s: s.latency.p95_ms or 0, default=None
    )
    slow_card = FigureCard("Slowest p95", MISSING, missing="nothing was timed", tone=Tone.UNKNOWN, word="missing")
    if slowest is not None:
        limit = slowest.latency.limit_ms
        over = limit is not None and (slowest.latency.p95_ms or 0) > limit
        slow_card = FigureCard(
            "Slowest p95",
            milliseconds(slowest.latency.p95_ms),
            f"limit {milliseconds(limit)}" if limit is not None else "",
            brief(slowest.name),
            tone=Tone.WARNING if over else Tone.OK,
            word="over" if over else "within",
        )
    measured = found.availability.measured_s > 0
    checks, failed = sum(s.latency.samples for s in found.services), sum(s.latency.errors for s in found.services)
    rate = 100 * failed / checks if checks else None
    limits = view.data.limits
    high = rate is not None and rate > limits.error_rate_warning_percent
    return (
        availability_card(view),
        FigureCard(
            "Outages",
            str(len(found.outages)) if measured else MISSING,
            _downtime(found) if measured else "",
            missing="" if measured else "nothing was measured",
            tone=Tone.PLAIN if measured else Tone.UNKNOWN,
        ),
        slow_card,
        FigureCard(
            "Failed checks",
            percent(rate, 2),
            f"limit {limit_percent(limits.error_rate_warning_percent)}",
            f"{failed:,} of {checks:,} checks" if checks else "",
            missing="" if checks else "no check was made",
            tone=Tone.UNKNOWN if rate is None else Tone.WARNING if high else Tone.OK,
            word="missing" if rate is None else "over" if high else "within",
        ),
        FigureCard(
            "Alerts fired",
            str(now.fired),
            f"{now.critical} critical, {now.warning} warning",
            f"{before.fired} in the {view.span} before"
            if view.data.compare and found.previous_availability.sufficient
            else "",
        ),
        FigureCard(
            "Time to acknowledge",
            duration(now.mtta_s) if now.mtta_s is not None else MISSING,
            f"mean time to resolve {duration(now.mttr_s)}" if now.mttr_s is not None else "",
            f"mean of {now.acknowledged}" if now.acknowledged else "",
            missing="" if now.acknowledged else "no alert of this period was acknowledged",
        ),
    )


def _downtime(found: PerformanceAnalysis) -> str:
    if found.outages:
        return outages_extent(found.outages)
    blips = sum(len(service.blips) for service in found.services)
    return f"{blips} failure{'s' * (blips != 1)} that re-checks did not confirm" if blips else "no downtime"


def _response_times(view: ReportView) -> PageSection:
    services = view.analysis.services
    shown = shown_services(services)
    lead = "Line: median. Band: up to the 95th percentile. Dashed: limit. Red: down. Hatched: no data."
    if view.data.compare and any(record.previous for record in view.data.services):
        lead += " Grey: the median of the period before."
    if len(services) > len(shown):
        lead += f" The {len(shown)} worst of {len(services)} services; the tables below have all."
    blocks = tuple(_latency_block(view, service, index) for index, service in enumerate(shown))
    if not blocks:
        blocks = (PageChart("latency", "Response time", "", "", None, empty="No service is configured."),)
    return PageSection("latency", "Response times", blocks, columns=2, lead=lead)


def _latency_block(view: ReportView, service: ServicePerformance, index: int) -> PageChart:
    latency = service.latency
    chart_id = f"latency-{index}"
    if latency.p95_ms is None:
        why = "no check got an answer" if latency.samples else "nothing was measured"
        return PageChart(
            chart_id, brief(service.name), "Response time", "", None, empty=f"No chart: {why} in this period."
        )
    title = f"{brief(service.name)}: median {milliseconds(latency.p50_ms)}, p95 {milliseconds(latency.p95_ms)}"
    words = []
    if latency.within_limit_percent is not None and latency.limit_ms is not None:
        words.append(f"{percent(latency.within_limit_percent)} within {milliseconds(latency.limit_ms)}")
    words.append(_trend_words(service, view.data.window.hours))
    return PageChart(
        chart_id,
        title,
        "; ".join(word for word in words if word),
        f"Response time of {title}, highest {milliseconds(latency.max_ms)}, over {view.span}.",
        latency_chart(
            service.buckets,
            service.spans,
            view.data.window,
            view.times,
            limit_ms=latency.limit_ms,
            previous=view.previous_buckets(service.name),
            marks=marks_of(view, service.name),
        ),
        table=_latency_table(service, view, id=f"{chart_id}-table"),
    )


def _latency_table(service: ServicePerformance, view: ReportView, *, id: str) -> Table:  # noqa: A002
    """The response times of about two dozen steps."""
    known = [bucket for bucket in service.buckets if bucket.histogram.count]
    chosen = known[:: max(1, -(-len(known) // TABLE_ROWS))]
    rows = []
    for bucket in chosen:
        values = [bucket.histogram.quantile(q) for q in (0.5, 0.95)]
        cells = (Cell(milliseconds(value), number=True, value=value) for value in values)
        rows.append((Cell(view.times.short(bucket.start), value=view.times.iso(bucket.start)), *cells))
    headings = (Heading("Step from"), Heading("Median", number=True, unit="ms"), Heading("p95", number=True, unit="ms"))
    note = f"{len(chosen)} of {len(known)} steps" if len(chosen) < len(known) else ""
    return Table(id, f"{brief(service.name)}, figures", headings, tuple(rows), note=note, folded=True)


def _trend_words(service: ServicePerformance, hours: float) -> str:
    trend = service.latency.trend
    if trend is None:
        return "too few points for a trend"
    if trend.direction == "steady":
        return "steady"
    change = f"{abs(trend.relative_change or 0) * 100:.0f} %"
    words = f"{trend.direction} by {change}"
    if not trend.seasonal:
        return f"{words} (daily rhythm?)"
    return words if hours >= _TWO_WEEKS else f"{words} (weekly rhythm?)"


def _trends(view: ReportView) -> Table:
    rows = []
    for service in in_table(view.analysis.services):
        latency, before = service.latency, service.previous_latency
        earlier = before.p95_ms if service.previous_availability.sufficient and view.data.compare else None
        shift = service.hours.typical_percent if service.hours and view.data.compare else None
        trend = latency.trend
        slowest = latency.slowest_hour
        rows.append(
            (
                Cell(service.name),
                Cell(f"{latency.samples:,}", number=True, value=latency.samples),
                *(
                    Cell(milliseconds(value), number=True, value=value)
                    for value in (latency.mean_ms, latency.p99_ms, latency.max_ms)
                ),
                Cell(milliseconds(earlier), number=True, muted=True, value=earlier),
                Cell(f"{shift:+.1f} %" if shift is not None else MISSING, number=True, value=shift),
                Cell(f"{slowest[0]:02d}:00, p95 {milliseconds(slowest[1])}" if slowest else MISSING),
                in_csv(slowest[0] if slowest else None),
                in_csv(slowest[1] if slowest else None),
                Cell(_trend_words(service, view.data.window.hours), muted=True),
                in_csv(trend.direction if trend else None),
                in_csv(100 * trend.relative_change if trend and trend.relative_change is not None else None),
            )
        )
    headings = (
        Heading("Service"),
        Heading("Checks", number=True),
        Heading("Mean", number=True, unit="ms"),
        Heading("p99", number=True, unit="ms"),
        Heading("Highest", number=True, unit="ms"),
        Heading("p95 before", number=True, unit="ms"),
        Heading("Same hours", number=True, unit="%"),
        Heading("Slowest hour", csv=False),
        Heading("Slowest hour of the day", number=True, page=False),
        Heading("p95 in that hour", number=True, unit="ms", page=False),
        Heading("Trend", csv=False),
        Heading("Trend", page=False),
        Heading("Trend over the window", number=True, unit="%", page=False),
    )
    shown, kept = without_empty_columns(headings, rows)
    note = f"“p95 before” is of the {view.span} before; “same hours” the typical change at equal hours of the day."
    return Table(
        "trend-table",
        "Response times in detail",
        shown,
        kept,
        empty="No service is configured.",
        note=note if any(heading.text == "p95 before" for heading in shown) else "",
    )


def _resources(view: ReportView) -> PageSection:
    charts = tuple(_resource_block(view, name) for name in ("cpu", "memory", "disk", "connections"))
    lead = "; ".join(_capacity(view))
    return PageSection(
        "resources",
        "Resources of the monitor's host",
        (*charts, host_table(view, id="host")),
        columns=2,
        lead=f"{lead[0].upper()}{lead[1:]}." if lead else "",
    )


def _capacity(view: ReportView) -> Iterator[str]:
    """Headroom of each resource with a limit, time over it, and when the disk will be full."""
    for pattern in view.analysis.resources:
        if pattern.headroom is None:
            continue
        label = resource_label(pattern.name)
        room = f"{pattern.headroom:.1f} points below its limit at busy times"
        if pattern.headroom < 0:
            room = f"{-pattern.headroom:.1f} points over its limit at busy times"
        over = f", over it for {duration(pattern.saturated_s)}" if pattern.saturated_s >= 1 else ""
        yield f"{label} is {room}{over}"
    disk = view.analysis.disk
    if disk.full_at is not None:
        yield f"the disk is full at about {view.times.minute(disk.full_at)} at its present pace"
    elif disk.used_percent is not None:
        yield "no end of the disk is in sight"
    for slow in view.analysis.slow_with:
        yield (
            f"{brief(slow.service)} is {slow.slower_percent:.0f} % slower when {resource_label(slow.resource)} is busy"
            " (moved together; this does not tell the cause)"
        )


def _resource_block(view: ReportView, name: str) -> PageChart:
    pattern = next(p for p in view.analysis.resources if p.name == name)
    label = resource_label(name)
    if not pattern.samples:
        return PageChart(f"host-{name}", label, "", "", None, empty="Not read in this period.")
    write = count if name == "connections" else percent
    limit = view.data.limits.of_resource(name)
    over = limit is not None and pattern.max is not None and pattern.max > limit
    high = pattern.max if name != "connections" else pattern.max and float(round(pattern.max))
    title = f"{label} peaked at {write(high)}" + (
        f", over its limit of {limit_percent(limit)}" if over and limit is not None else ""
    )
    mean = float(round(pattern.mean or 0)) if name == "connections" else pattern.mean
    is_percent = name != "connections"
    return PageChart(
        f"host-{name}",
        title,
        f"Mean {write(mean)}; line: mean of each step, band: up to the highest sample"
        + (", dashed: limit" if limit else "")
        + (", grey: the mean of the period before" if view.data.compare and view.data.previous_host.get(name) else ""),
        f"{title}, mean {write(mean)}, over {view.span}.",
        resource_chart(
            view.data.host[name],
            view.data.window,
            view.times,
            limit=limit,
            previous=view.data.previous_host.get(name, ()) if view.data.compare else (),
            percent=is_percent,
            labels=PERCENT_LABELS if is_percent else COUNT_LABELS,
        ),
        table=_resource_table(view, name, id=f"host-{name}-table"),
    )


def _resource_table(view: ReportView, name: str, *, id: str) -> Table:  # noqa: A002
    """The mean and the highest sample of about two dozen steps."""
    known = [rollup for rollup in view.data.host[name] if rollup.histogram.count]
    chosen = known[:: max(1, -(-len(known) // TABLE_ROWS))]
    write = count if name == "connections" else percent_cell
    rows = []
    for rollup in chosen:
        mean, highest = rollup.histogram.mean, rollup.histogram.high
        shown = float(round(mean)) if name == "connections" and mean is not None else mean
        rows.append(
            (
                Cell(view.times.short(rollup.start), value=view.times.iso(rollup.start)),
                Cell(write(shown), number=True, value=mean),
                Cell(write(highest), number=True, value=highest),
            )
        )
    unit = "" if name == "connections" else "%"
    headings = (
        Heading("Step from"),
        Heading("Mean", number=True, unit=unit),
        Heading("Highest", number=True, unit=unit),
    )
    note = f"{len(chosen)} of {len(known)} steps" if len(chosen) < len(known) else ""
    return Table(id, f"{resource_label(name)}, figures", headings, tuple(rows), note=note, folded=True)


def _subject(view: ReportView) -> str:
    if view.data.only is None:
        return "Response times, availability, incidents, alerts and resources"
    return f"{view.data.only}: response times, availability, incidents and alerts; the host's resources"
