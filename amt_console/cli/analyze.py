"""``analyze``: the performance analysis as tables or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.export.options import Hours, Since, Until, Zone, window
from amt_console.cli.garbage import without_collections
from amt_console.cli.printing.output import print_encoded, print_line, print_wrapped
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.text import MISSING, duration, limit_percent, milliseconds, percent, percent_cell

if TYPE_CHECKING:
    from amt_console.reports.view import ReportView

MOST_OF_A_KIND = 5
MOST_ADVICE = 20
"""The terminal shows so many; --json has all."""
_SERVICE_COLUMNS = (
    PrintedColumn("SERVICE"),
    PrintedColumn("AVAILABLE", right=True),
    PrintedColumn("COVERAGE", right=True),
    PrintedColumn("DOWN", right=True),
    PrintedColumn("ERRORS", right=True),
    PrintedColumn("MEDIAN", right=True, spare=1),
    PrintedColumn("P95", right=True),
    PrintedColumn("P99", right=True, spare=2),
    PrintedColumn("TREND"),
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
    """Analyse a window: findings, response times, availability, resources, alerts, and recommendations."""
    if series is not None:
        if any(option is not None for option in (hours, since, until, zone)):
            raise CommandError("--series reads a whole file: no --hours, --since, --until and --zone", ExitCode.USAGE)
        from amt_console.cli.analyze_series import analyze_series

        analyze_series(series, steps=forecast, json_output=json_output)
        return
    if forecast is not None:
        raise CommandError("--forecast needs --series FILE", ExitCode.USAGE)
    with without_collections():
        _analyze(ctx, hours, since, until, zone, json_output)


def _analyze(
    ctx: typer.Context,
    hours: float | None,
    since: str | None,
    until: str | None,
    zone: str | None,
    json_output: bool,
) -> None:
    from amt_console.reports.documents import encoded, performance_report
    from amt_console.reports.export import report_data
    from amt_console.reports.files import ExportError
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
        print_encoded(encoded(performance_report(view)))
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
    _findings(view)
    print_line()
    _services(view)
    _accounting(view)
    _budgets(view)
    _incidents(view)
    _resources(view)
    _handling(view)
    _advice(view)


def _findings(view: ReportView) -> None:
    """What to know first: of each kind the first few, the others are counted."""
    findings = view.analysis.findings
    if not findings:
        print_line("No findings.")
        return
    print_line(f"FINDINGS ({len(findings)})")
    shown: dict[str, int] = {}
    for finding in findings:
        kind = finding.kind.value
        shown[kind] = shown.get(kind, 0) + 1
        if shown[kind] <= MOST_OF_A_KIND:
            when = f" {view.times.short(finding.begin)}" if finding.begin is not None else ""
            print_wrapped(f"{kind.replace('_', ' ')}: {finding.subject}{when}: {finding.evidence[0]}", indent=2)
    more = [f"{count - MOST_OF_A_KIND} x {kind.replace('_', ' ')}" for kind, count in shown.items()]
    more = [text for text, count in zip(more, shown.values(), strict=True) if count > MOST_OF_A_KIND]
    if more:
        print_wrapped(f"and {', '.join(more)} (--json has all)", indent=2)


def _accounting(view: ReportView) -> None:
    """How availability was counted, and what it is by the other policies."""
    analysis = view.analysis
    if analysis.availability.measured_s <= 0:
        return
    policies, reliability = analysis.policies, analysis.reliability
    checks = sum(service.latency.samples for service in analysis.services)
    print_wrapped(
        f"Availability: up / (up + down) over {checks:,} checks. All services by policy: "
        f"raw {percent(policies.raw, 2)}, rechecked {percent(policies.rechecked, 2)}, without maintenance "
        f"{percent(policies.without_maintenance, 2)}, without unknown {percent(policies.without_unknown, 2)}."
    )
    if reliability.mtbf_s is not None:
        causes = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in reliability.causes.items())
        mttr = f", MTTR {duration(reliability.mttr_s)}" if reliability.mttr_s is not None else ""
        print_wrapped(f"MTBF of a service {duration(reliability.mtbf_s)}{mttr}. Incidents by cause: {causes}.")


def _budgets(view: ReportView) -> None:
    if not view.analysis.budgets:
        return
    print_line()
    rows = [
        (
            budget.slo.name,
            budget.service,
            limit_percent(budget.slo.objective),
            percent_cell(budget.used_percent),
            *(MISSING if burn.rate is None else f"{burn.rate:.1f}" for burn in budget.burn),
        )
        for budget in view.analysis.budgets
    ]
    figures = (PrintedColumn(heading, right=True) for heading in ("OBJECTIVE", "USED", "BURN 1 h", "6 h", "3 d"))
    print_table(("BUDGET", "SERVICE", *figures), rows)


def _services(view: ReportView) -> None:
    rows = []
    for service in view.analysis.services:
        parts, latency = service.availability, service.latency
        shown = percent_cell(parts.availability_percent, 2) if parts.sufficient else "too little data"
        trend = latency.trend.direction if latency.trend else MISSING
        if latency.trend is not None and trend != "steady" and not latency.trend.seasonal:
            trend = f"{trend} (daily rhythm?)"
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
        ("INCIDENT", "BEGAN", PrintedColumn("LASTED", right=True), PrintedColumn("FIRST ERROR", text=True)),
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
    figures = (PrintedColumn(heading, right=True) for heading in ("MEAN", "P95", "HIGHEST", "BUSIEST HOUR"))
    print_table(("HOST", *figures), rows)


def _handling(view: ReportView) -> None:
    handled = view.analysis.handling
    if not handled.fired:
        return
    print_line()
    taken = f"after {duration(handled.mtta_s)} on average" if handled.mtta_s is not None else ""
    ended = f", resolved after {duration(handled.mttr_s)} on average" if handled.mttr_s is not None else ""
    print_wrapped(
        f"{handled.fired} alert{'s' * (handled.fired != 1)} fired, {handled.acknowledged} acknowledged {taken}".rstrip()
        + ended
    )
    for each in view.analysis.responders:
        usual = "" if each.median_s is None else f", half of them within {duration(each.median_s)}"
        print_wrapped(f"  {each.person} took {each.acknowledged}{usual}", indent=4)
    again = [record for record in view.analysis.rules if record.refired or record.noise]
    for record in again[:MOST_OF_A_KIND]:
        print_wrapped(
            f"  {record.rule} of {record.subject}: fired {record.fired} time{'s' * (record.fired != 1)}, "
            f"{record.refired} again within 15 minutes, {record.noise} noise",
            indent=4,
        )


def _advice(view: ReportView) -> None:
    print_line()
    if not view.analysis.recommendations:
        print_line("No recommendations.")
        return
    print_line(f"RECOMMENDATIONS ({len(view.analysis.recommendations)})")
    for advice in view.analysis.recommendations[:MOST_ADVICE]:
        print_wrapped(f"{advice.severity.value}: {advice.subject}: {advice.advice}", indent=2)
        also = (f"also: {', '.join(advice.followers)}",) if advice.followers else ()
        print_wrapped(f"    {'; '.join((*advice.evidence, *also))}", indent=4)
        print_wrapped(f"    expected: {advice.effect}", indent=4)
        print_wrapped(f"    check: {advice.verify}", indent=4)
        for line in (advice.change or "").splitlines():
            if line:
                print_line(f"    | {line}")
    if len(view.analysis.recommendations) > MOST_ADVICE:
        print_line(f"and {len(view.analysis.recommendations) - MOST_ADVICE} more (--json has all)")
