"""``status``: one screenful, one document, one line, or the output of a monitoring plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.failures import exit_code_of
from amt_console.cli.printing.output import ascii_only, print_json, print_line, print_wrapped
from amt_console.cli.printing.plugin_output import CPU, DISK, MEMORY, NO_LIMITS, Limits, performance_data, plugin_line
from amt_console.cli.printing.states import EXIT_CODES, ago, counts_words, monitor_words, who_has
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.seen_from import print_seen_from
from amt_console.cli.startup.context import get_context
from amt_console.model import (
    AlertState,
    Database,
    MonitorState,
    Overall,
    Service,
    ServiceState,
    ServiceView,
    Severity,
    Snapshot,
)
from amt_console.moments import parse_moment
from amt_console.text import (
    ALERT_STATE_WORDS,
    MISSING,
    SEVERITY_WORDS,
    STATE_WORDS,
    age,
    jobs_words,
    milliseconds,
    near_moment,
    percent,
    percent_cell,
    reason_of,
    safe_text,
    severity_glyph,
    soon_moment,
    state_glyph,
    unread_words,
)

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.cli.startup.context import Context
    from amt_console.model import Target
    from amt_console.model.oncall import OnCall

_STATE_STYLES = {ServiceState.DOWN: "bold red", ServiceState.DEGRADED: "yellow", ServiceState.UNKNOWN: "dim"}
_SEVERITY_STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: ""}
MIN_SHOWN_COVERAGE = 90.0
_SERVICE_COLUMNS = (
    PrintedColumn("SERVICE"),
    PrintedColumn("STATE"),
    PrintedColumn("FOR", right=True),
    PrintedColumn("RESPONSE", right=True, spare=1),
    PrintedColumn("P95 24H", right=True, spare=5),
    PrintedColumn("UPTIME 24H", right=True, spare=2),
    PrintedColumn("MEASURED", right=True, spare=3),
    PrintedColumn("CHECKED", right=True, spare=4),
    PrintedColumn("ERROR", text=True, clip=True),
)
_ALERT_COLUMNS = (
    PrintedColumn("ALERT", right=True),
    PrintedColumn("SEVERITY"),
    PrintedColumn("STATE", spare=1),
    PrintedColumn("FOR", right=True),
    PrintedColumn("WHO"),
    PrintedColumn("MESSAGE", text=True, clip=True),
)


def status(
    ctx: typer.Context,
    json_output: Annotated[bool, typer.Option("--json", help="The whole snapshot as one JSON document.")] = False,
    line: Annotated[bool, typer.Option("--line", help="One line, for a prompt, tmux or the login message.")] = False,
    nagios: Annotated[
        bool, typer.Option("--nagios", help="One line with performance data, as a monitoring plugin prints it.")
    ] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="A past moment: '14:30', '-2h', 'yesterday 09:00'.")
    ] = None,
) -> None:
    """What is broken, since when, and who has it. Exit code 0 ok, 1 warning, 2 critical, 3 unknown."""
    if json_output + line + nagios > 1:
        raise CommandError("--json, --line and --nagios exclude each other", ExitCode.USAGE)
    context = get_context(ctx)
    if nagios:
        _print_plugin_output(context, at)
    moment = parse_moment(at, context.clock.now()) if at else None
    snapshot = context.snapshot(moment)
    if json_output:
        from amt_console.operations.json_views import snapshot_json

        print_json(snapshot_json(snapshot))
    elif line:
        print_line(status_line(snapshot))
    else:
        print_status(snapshot)
    raise typer.Exit(int(EXIT_CODES[snapshot.overall]))


def _print_plugin_output(context: Context, at: str | None) -> NoReturn:
    """Print the line of a plugin. Errors go to stdout, too: a scheduler reads nothing else."""
    try:
        snapshot = context.snapshot(parse_moment(at, context.clock.now()) if at else None)
        limits = _limits(context)
    except Exception as error:
        if exit_code_of(error) is None and not isinstance(error, CommandError):
            raise
        print_line(plugin_line(Overall.UNKNOWN.value, safe_text(str(error), 500), iter(())))
        raise typer.Exit(int(ExitCode.UNKNOWN)) from error
    print_line(plugin_line(snapshot.overall.value, "; ".join(_news(snapshot)), performance_data(snapshot, limits)))
    raise typer.Exit(int(EXIT_CODES[snapshot.overall]))


def _limits(context: Context) -> dict[str, Limits]:
    """The limits of this configuration; none of another host's monitor."""
    if context.connection is not None:
        return {}
    thresholds = context.settings.alert_thresholds
    return {
        CPU: (thresholds.cpu_usage_percent, None),
        MEMORY: (thresholds.memory_usage_percent, None),
        DISK: (None, thresholds.disk_usage_percent),
        **{target.name: _response_limits(target, thresholds.response_time_ms) for target in context.targets},
    }


def _response_limits(target: Target, critical: float) -> Limits:
    if isinstance(target, Service):
        return target.degraded_above_ms, target.down_above_ms
    return (target.degraded_above_ms, critical) if isinstance(target, Database) else NO_LIMITS


def status_line(snapshot: Snapshot) -> str:
    """The worst news in one line: state word, counts, the worst alert, and who has it."""
    return " | ".join((snapshot.overall.value.upper(), *_news(snapshot)))


def _news(snapshot: Snapshot) -> list[str]:
    now = snapshot.at or snapshot.generated_at
    parts = [*((counts_words(snapshot),) if snapshot.services else ()), *snapshot.faults[:1]]
    firing = [alert for alert in snapshot.alerts if alert.state is not AlertState.PENDING]
    if snapshot.monitor.state is not MonitorState.RUNNING:
        parts.append(monitor_words(snapshot, now))
    if firing:
        worst = firing[0]
        owner = f"acknowledged by {worst.acknowledged_by}" if worst.acknowledged_by else "unacknowledged"
        parts.append(f"{worst.message} (for {age(worst.opened_at, now)}, {owner})")
        if len(firing) > 1:
            parts.append(f"{len(firing) - 1} more")
    return parts


def print_status(snapshot: Snapshot) -> None:
    """Print the snapshot as text."""
    now, plain = snapshot.at or snapshot.generated_at, ascii_only()
    monitor = snapshot.monitor
    then = "" if snapshot.at is None else f" at {snapshot.at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    print_wrapped(f"{snapshot.overall.value.upper()}{then}: {counts_words(snapshot)}", indent=4)
    if monitor.state is MonitorState.RUNNING and snapshot.at is None:
        where = f"running on {monitor.host}, pid {monitor.pid}"
        print_wrapped(f"monitor: {where}, last result {ago(monitor.last_cycle_at, now)}", indent=9)
    elif monitor.state is not MonitorState.RUNNING:
        print_wrapped(f"monitor: {monitor_words(snapshot, now).removeprefix('monitor ')}", indent=9)
    if not snapshot.services:
        for notice in snapshot.notices:
            print_wrapped(f"{'FAULT' if notice in snapshot.faults else 'note'}: {notice}", indent=6)
        return
    print_line()
    print_table(
        _SERVICE_COLUMNS,
        [_service_row(service, now, plain) for service in snapshot.services],
        styles=[_STATE_STYLES.get(service.state) for service in snapshot.services],
    )
    print_seen_from(snapshot.services, now, plain=plain)
    print_line()
    if snapshot.alerts:
        subjects = {alert.id: alert.subject for alert in snapshot.alerts}
        print_table(
            _ALERT_COLUMNS,
            [
                (
                    str(alert.id),
                    f"{severity_glyph(alert.severity, ascii_only=plain)} {SEVERITY_WORDS[alert.severity]}",
                    ALERT_STATE_WORDS[alert.state],
                    age(alert.opened_at, now),
                    who_has(alert, subjects),
                    f"{alert.subject}: {reason_of(alert.message, alert.subject)}",
                )
                for alert in snapshot.alerts
            ],
            styles=[_SEVERITY_STYLES[alert.severity] for alert in snapshot.alerts],
        )
    else:
        print_line("no active alerts")
    sample = snapshot.resources.sample
    if sample is not None:
        print_line()
        connections = _dash(plain) if sample.active_connections is None else str(sample.active_connections)
        figures = (sample.cpu_usage, sample.memory_usage, sample.disk_usage)
        cpu, memory, disk = (percent(figure).replace(MISSING, _dash(plain)) for figure in figures)
        print_line(f"host: CPU {cpu}  memory {memory}  disk {disk}  connections {connections}")
    _print_figures(snapshot)
    if snapshot.heartbeats:
        print_wrapped(f"jobs: {jobs_words(snapshot.heartbeats)}", indent=6)
    if snapshot.on_call:
        print_wrapped(f"on call: {', '.join(_on_call(item, now) for item in snapshot.on_call)}", indent=9)
    if snapshot.presence:
        present = (f"{person.name} for {age(person.since, now)} ({person.place})" for person in snapshot.presence)
        print_wrapped(f"present: {', '.join(present)}", indent=9)
    if snapshot.simulated_until is not None:
        print_line(f"note: the history up to {near_moment(snapshot.simulated_until, now)} is simulated")
    for notice in snapshot.notices:
        print_wrapped(f"{'FAULT' if notice in snapshot.faults else 'note'}: {notice}", indent=6)


def _on_call(item: OnCall, now: datetime) -> str:
    until = f" until {soon_moment(item.until, now)}" if item.until else ""
    return f"{safe_text(item.person or 'nobody', 64)}{until} ({safe_text(item.rota, 64)})"


def _print_figures(snapshot: Snapshot) -> None:
    """How old the platform's figures are, why some cannot be read, and which of them look wrong."""
    now = snapshot.at or snapshot.generated_at
    faults = {kind: fault for kind, fault in snapshot.figure_faults.items() if fault.since is not None}
    ages = {kind: ago(read.timestamp, now) for kind, read in snapshot.figures.items()}
    current = [f"{kind} {ages[kind]}" for kind in ages if kind not in faults]
    if current:
        print_wrapped(f"figures: read {', '.join(current)}", indent=9)
    for kind, fault in faults.items():
        print_wrapped(f"figures: {kind} {unread_words(fault, now)}, last read {ages.get(kind, 'never')}", indent=9)
    for kind, read in snapshot.figures.items():
        for name, figure in read.figures.items():
            if figure.suspect is not None:
                print_wrapped(f"suspect: {kind}.{name}: {figure.suspect}", indent=9)


def _service_row(service: ServiceView, now: datetime, plain: bool) -> tuple[str, ...]:
    uptime = "no data" if service.last_checked is None else "not enough data"
    measured = ""
    if service.uptime_percent_24h is not None:
        uptime = percent_cell(service.uptime_percent_24h, 2)
        if service.coverage_percent_24h < MIN_SHOWN_COVERAGE:
            measured = percent(service.coverage_percent_24h, 0)
    cells = (
        service.name,
        f"{state_glyph(service.state, ascii_only=plain)} {STATE_WORDS[service.state]}",
        age(service.since, now),
        milliseconds(service.response_time_ms),
        milliseconds(service.p95_ms),
        uptime,
        measured,
        ago(service.last_checked, now),
        service.error or "",
    )
    return tuple(cell.replace(MISSING, _dash(plain)) for cell in cells)


def _dash(plain: bool) -> str:
    return "-" if plain else MISSING
