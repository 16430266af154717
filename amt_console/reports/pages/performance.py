"""The performance dashboard: response times, availability, incidents, alerts, resources and recommendations."""

from __future__ import annotations

from amt_console.analysis import PerformanceAnalysis, ServicePerformance
from amt_console.analysis.series import regroup
from amt_console.reports.charts.base import COUNT_LABELS, PERCENT_LABELS
from amt_console.reports.charts.lines import latency_chart, resource_chart
from amt_console.reports.page import (
    Card,
    Cell,
    Heading,
    Item,
    Items,
    PageChart,
    PageSection,
    ReportPage,
    Table,
    Tone,
    in_csv,
    without_empty_columns,
)
from amt_console.reports.pages.cards import availability_card
from amt_console.reports.pages.common import (
    attention,
    meta,
    method_monitoring,
    notices,
    severity_tone,
    siblings,
)
from amt_console.reports.pages.events import alerts_block, gaps_block, incidents_block, lanes_block
from amt_console.reports.pages.services import host_table, resource_label, service_table, strips_chart
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief, outages_extent
from amt_console.text import MISSING, count, duration, limit_percent, milliseconds, percent

_TWO_WEEKS = 14 * 24
_MOST_SMALL = 24
"""Most small multiples on a page; the table has all services."""


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
        sections=(
            attention(view),
            PageSection("advice", "Recommendations", (advice_block(view),)),
            PageSection("availability", "Availability", (strips_chart(view, id="states"),)),
            _response_times(view),
            PageSection("services", "Services", (service_table(view, id="service-table"), _trends(view))),
            PageSection("incidents", "Incidents", (incidents_block(view),)),
            PageSection(
                "alerts", "Alerts", (lanes_block(view), *((alerts_block(view),) if view.window_alerts else ()))
            ),
            _resources(view),
            PageSection("gaps", "Gaps in the measurement", (gaps_block(view),)),
        ),
        method=method_monitoring(),
        siblings=siblings(name),
    )


def _cards(view: ReportView) -> tuple[Card, ...]:
    found = view.analysis
    now, before = found.handling, found.previous_handling
    slowest = max(
        (s for s in found.services if s.latency.p95_ms is not None), key=lambda s: s.latency.p95_ms or 0, default=None
    )
    slow_card = Card("Slowest p95", MISSING, missing="nothing was timed", tone=Tone.UNKNOWN, word="missing")
    if slowest is not None:
        limit = slowest.latency.limit_ms
        over = limit is not None and (slowest.latency.p95_ms or 0) > limit
        slow_card = Card(
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
        Card(
            "Outages",
            str(len(found.outages)) if measured else MISSING,
            _downtime(found) if measured else "",
            missing="" if measured else "nothing was measured",
            tone=Tone.PLAIN if measured else Tone.UNKNOWN,
        ),
        slow_card,
        Card(
            "Failed checks",
            percent(rate, 2),
            f"limit {limit_percent(limits.error_rate_warning_percent)}",
            f"{failed:,} of {checks:,} checks" if checks else "",
            missing="" if checks else "no check was made",
            tone=Tone.UNKNOWN if rate is None else Tone.WARNING if high else Tone.OK,
            word="missing" if rate is None else "over" if high else "within",
        ),
        Card(
            "Alerts fired",
            str(now.fired),
            f"{now.critical} critical, {now.warning} warning",
            f"{before.fired} in the {view.span} before",
        ),
        Card(
            "Time to acknowledge",
            duration(now.mtta_s) if now.mtta_s is not None else MISSING,
            f"mean time to resolve {duration(now.mttr_s)}" if now.mttr_s is not None else "",
            f"mean of {now.acknowledged}" if now.acknowledged else "",
            missing="" if now.acknowledged else "no alert of this window was acknowledged",
        ),
    )


def _downtime(found: PerformanceAnalysis) -> str:
    if found.outages:
        return outages_extent(found.outages)
    blips = sum(len(service.blips) for service in found.services)
    return f"{blips} failure{'s' * (blips != 1)} that re-checks did not confirm" if blips else "no downtime"


def advice_block(view: ReportView) -> Items:
    """What the analysis recommends; evidence, effect, check and change unfold."""
    measured = view.analysis.availability.measured_s > 0
    return Items(
        "advice-list",
        advice_items(view),
        "None: every measured value is within its limits." if measured else "None: nothing was measured.",
        folded=True,
    )


def advice_items(view: ReportView) -> tuple[Item, ...]:
    """The recommendations, the most urgent first."""
    return tuple(
        Item(
            severity_tone(advice.severity),
            {Tone.CRITICAL: "Act now", Tone.WARNING: "Act soon"}.get(severity_tone(advice.severity), "Consider"),
            advice.subject,
            advice.advice,
            advice.evidence + ((f"also: {', '.join(advice.followers)}",) if advice.followers else ()),
            lines=tuple(
                (label, text) for label, text in (("Effect", advice.effect), ("How to check", advice.verify)) if text
            ),
            code=advice.change or "",
        )
        for advice in view.analysis.recommendations
    )


def _response_times(view: ReportView) -> PageSection:
    services = view.analysis.services
    shown = services[:_MOST_SMALL]
    lead = "Line: median. Band: up to the 95th percentile. Dashed: limit. Red: down. Hatched: no data."
    if any(record.previous for record in view.data.services):
        lead += " Grey: the median of the period before."
    if len(services) > len(shown):
        lead += f" The first {len(shown)} of {len(services)} services; the table below has all."
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
            chart_id, brief(service.name), "Response time", "", None, empty=f"No chart: {why} in this window."
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
            previous=regroup(view.data.services[index].previous, view.data.window.previous()),
        ),
    )


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
    for service in view.analysis.services:
        latency, before = service.latency, service.previous_latency
        earlier = before.p95_ms if service.previous_availability.sufficient else None
        shift = service.hours.typical_percent if service.hours else None
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
    return PageSection(
        "resources", "Resources of the monitor's host", (*charts, host_table(view, id="host")), columns=2
    )


def _resource_block(view: ReportView, name: str) -> PageChart:
    pattern = next(p for p in view.analysis.resources if p.name == name)
    label = resource_label(name)
    if not pattern.samples:
        return PageChart(f"host-{name}", label, "", "", None, empty="Not read in this window.")
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
        + (", grey: the mean of the period before" if view.data.previous_host.get(name) else ""),
        f"{title}, mean {write(mean)}, over {view.span}.",
        resource_chart(
            view.data.host[name],
            view.data.window,
            view.times,
            limit=limit,
            previous=view.data.previous_host.get(name, ()),
            percent=is_percent,
            labels=PERCENT_LABELS if is_percent else COUNT_LABELS,
        ),
    )


def _subject(view: ReportView) -> str:
    if view.data.only is None:
        return "Response times, availability, incidents, alerts and resources"
    return f"{view.data.only}: response times, availability, incidents and alerts; the host's resources"
