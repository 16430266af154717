"""``analyze``: the performance analysis as tables or JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.export.options import Hours, Since, Until, Zone, window
from amt_console.cli.printing.output import print_json, print_line, print_wrapped
from amt_console.cli.printing.table import Column, print_table
from amt_console.cli.startup.context import get_context
from amt_console.text import MISSING, duration, milliseconds, percent_cell

if TYPE_CHECKING:
    from amt_console.reports.view import ReportView

_SERVICE_COLUMNS = (
    Column("SERVICE"),
    Column("AVAILABLE", right=True),
    Column("COVERAGE", right=True),
    Column("DOWN", right=True),
    Column("ERRORS", right=True),
    Column("MEDIAN", right=True, spare=1),
    Column("P95", right=True),
    Column("P99", right=True, spare=2),
    Column("TREND"),
)


def analyze(
    ctx: typer.Context,
    hours: Hours = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="The whole analysis, as in performance_analysis_report.json.")
    ] = False,
    series: Annotated[
        Path | None,
        typer.Option(
            "--series",
            metavar="FILE",
            help="Find the anomalies of a series instead: CSV with the header timestamp,value ('-' for stdin).",
        ),
    ] = None,
    forecast: Annotated[
        int | None, typer.Option("--forecast", metavar="N", help="With --series: forecast so many steps.")
    ] = None,
) -> None:
    """Analyse response times, availability, incidents, resources and alert handling, with recommendations."""
    if series is not None:
        if any(option is not None for option in (hours, since, until, zone)):
            raise CommandError("--series reads a whole file: no --hours, --since, --until and --zone", ExitCode.USAGE)
        from amt_console.cli.analyze_series import analyze_series

        analyze_series(series, steps=forecast, json_output=json_output)
        return
    if forecast is not None:
        raise CommandError("--forecast needs --series FILE", ExitCode.USAGE)
    from amt_console.reports.documents import encoded, performance_report
    from amt_console.reports.export import ExportError, report_data
    from amt_console.reports.times import UnknownZoneError
    from amt_console.reports.view import build_view

    length, end = window(ctx, hours, since, until, zone)
    context = get_context(ctx)
    try:
        with context.open_store(read_only=True) as store:
            data = report_data(
                store, context.targets, context.settings, context.clock, hours=length, end=end, zone=zone
            )
        view = build_view(data)
    except (ExportError, UnknownZoneError) as error:
        raise CommandError(str(error), ExitCode.USAGE) from None
    if json_output:
        print_json(json.loads(encoded(performance_report(view))))
    else:
        print_analysis(view)


def print_analysis(view: ReportView) -> None:
    """The analysis as a few tables."""
    window, times = view.data.window, view.times
    print_wrapped(f"{view.verdict.word}: {view.verdict.sentence}")
    print_line(f"{times.minute(window.start)} - {times.minute(window.end)} {times.name}, {view.span}")
    if view.simulated:
        print_line(f"Simulated history up to {times.full(view.data.simulated_until)}.")
    print_line()
    _services(view)
    _incidents(view)
    _resources(view)
    _handling(view)
    _advice(view)


def _services(view: ReportView) -> None:
    rows = []
    for service in view.analysis.services:
        parts, latency = service.availability, service.latency
        shown = percent_cell(parts.availability_percent, 2) if parts.sufficient else "too little data"
        trend = latency.trend.direction if latency.trend else MISSING
        rows.append(
            (
                service.name,
                shown,
                percent_cell(parts.coverage_percent),
                duration(parts.down_s) if parts.down_s >= 1 else MISSING,
                percent_cell(latency.error_rate_percent, 2),
                milliseconds(latency.p50_ms),
                milliseconds(latency.p95_ms),
                milliseconds(latency.p99_ms),
                trend,
            )
        )
    print_table(_SERVICE_COLUMNS, rows, styles=[_style(view, row[0]) for row in rows])


def _style(view: ReportView, name: str) -> str | None:
    service = next(s for s in view.analysis.services if s.name == name)
    value = service.availability.availability_percent
    if value is None or not service.availability.sufficient:
        return "dim"
    return "red" if value < view.data.limits.uptime_percent else None


def _incidents(view: ReportView) -> None:
    if not view.analysis.incidents:
        return
    print_line()
    print_table(
        ("INCIDENT", "BEGAN", Column("LASTED", right=True), Column("FIRST ERROR", text=True)),
        [
            (
                incident.service,
                view.times.short(incident.start),
                duration(incident.seconds) + (" (ongoing)" if incident.ongoing else ""),
                incident.cause or MISSING,
            )
            for incident in view.analysis.incidents
        ],
    )


def _resources(view: ReportView) -> None:
    patterns = [p for p in view.analysis.resources if p.samples and p.name != "connections"]
    if not patterns:
        return
    print_line()
    rows = []
    for pattern in patterns:
        busiest = f"{pattern.busiest_hour[0]:02d}:00" if pattern.busiest_hour and pattern.name != "disk" else MISSING
        rows.append(
            (pattern.name, percent_cell(pattern.mean), percent_cell(pattern.p95), percent_cell(pattern.max), busiest)
        )
    figures = (Column(heading, right=True) for heading in ("MEAN", "P95", "HIGHEST", "BUSIEST HOUR"))
    print_table(("HOST", *figures), rows)


def _handling(view: ReportView) -> None:
    handled = view.analysis.handling
    if not handled.fired:
        return
    print_line()
    taken = f"after {duration(handled.mtta_s)} on average" if handled.mtta_s is not None else ""
    ended = f", resolved after {duration(handled.mttr_s)} on average" if handled.mttr_s is not None else ""
    print_line(f"{handled.fired} alerts fired, {handled.acknowledged} acknowledged {taken}".rstrip() + ended)


def _advice(view: ReportView) -> None:
    print_line()
    if not view.analysis.recommendations:
        print_line("No recommendations.")
        return
    for advice in view.analysis.recommendations:
        print_wrapped(f"{advice.severity.value}: {advice.subject}: {advice.advice}", indent=2)
        also = (f"also: {', '.join(advice.followers)}",) if advice.followers else ()
        print_wrapped(f"    {'; '.join((*advice.evidence, *also))}", indent=4)
