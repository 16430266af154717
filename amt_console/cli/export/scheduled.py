"""``export scheduled``: the reports that the monitor makes by itself."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.audit_row import exported, leave_row
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.startup.context import Context, get_context
from amt_console.operations.audit_rows import EXPORT
from amt_console.text import safe_text, there_are

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from amt_console.config.sections.reports import ReportSettings
    from amt_console.reports.scheduled.job import MadeReport
    from amt_console.reports.scheduled.orders import ReportOrder
    from amt_console.reports.scheduled.schedule import Period
    from amt_console.store import ReportRun

ALIVE = timedelta(seconds=30)
"""A monitor that has stored nothing for longer does not send either."""


def scheduled(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of [[reports]]; default: all.")] = None,
    now: Annotated[
        bool, typer.Option("--now", help="Make it now, for its newest whole period, and send it on its channel.")
    ] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List scheduled reports with their next time, what was made last and what failed, or make one now."""
    context = get_context(ctx)
    reports = _chosen(context, name)
    if now:
        _make_now(context, reports, as_json=json_output)
        return
    runs = _runs(context)
    rows = [_facts(context, report, runs.get(report.name)) for report in reports]
    if json_output:
        print_json(rows)
        return
    if not rows:
        print_line("no scheduled reports: add [[reports]] to the configuration")
        return
    _print(rows)


def _chosen(context: Context, name: str | None) -> tuple[ReportSettings, ...]:
    reports = context.settings.reports
    if name is None:
        return reports
    found = tuple(report for report in reports if report.name == name)
    if not found:
        hint = there_are([report.name for report in reports]) if reports else "the configuration has no [[reports]]"
        raise CommandError(f"there is no scheduled report '{safe_text(name, 60)}': {hint}", ExitCode.USAGE)
    return found


def _runs(context: Context) -> Mapping[str, ReportRun]:
    from amt_console.store import NoDatabase, report_runs

    try:
        with context.open_store() as store, store.read() as reads:
            return report_runs(reads)
    except NoDatabase:
        return {}


def _facts(context: Context, report: ReportSettings, run: ReportRun | None) -> dict[str, Any]:
    from amt_console.config.sections.scalars import format_duration
    from amt_console.reports.scheduled.orders import order_of

    order = order_of(report, context.settings)
    zone, clock = order.schedule.zone, context.clock.now()
    mine = run is not None and run.schedule == order.schedule.text
    due = order.schedule.next(run.done_until if run is not None and mine else clock).due_at

    def iso(moment: datetime | None) -> str | None:
        return None if moment is None else moment.astimezone(zone).isoformat()

    made = run is not None and run.made_at is not None
    return {
        "name": report.name,
        "enabled": report.enabled,
        "every": report.every if isinstance(report.every, str) else format_duration(report.every),
        "at": f"{report.at:%H:%M}",
        "time_zone": zone.key,
        "reports": list(report.reports),
        "format": report.format,
        "folder": str(order.folder),
        "channel": report.channel,
        "next_at": iso(due) if report.enabled else None,
        "last": {
            "start": iso(run.period_start),
            "end": iso(run.period_end),
            "made_at": iso(run.made_at),
            "place": run.place,
        }
        if run is not None and made
        else None,
        "error": run.error if run is not None else None,
        "failures": run.failures if run is not None else 0,
        "failed_at": iso(run.failed_at) if run is not None else None,
        "next_try_at": iso(run.next_try_at) if run is not None else None,
    }


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    from amt_console.cli.printing.table import PrintedColumn, print_table

    print_table(
        (
            "NAME",
            "EVERY",
            "NEXT",
            "LAST PERIOD",
            "MADE",
            PrintedColumn("WHERE", spare=1),
            PrintedColumn("ERROR", text=True),
        ),
        [
            (
                row["name"],
                f"{row['every']} {row['at']}",
                _short(row["next_at"]) if row["enabled"] else "switched off",
                _short(row["last"]["start"]) if row["last"] else "none",
                _short(row["last"]["made_at"]) if row["last"] else "",
                safe_text(row["last"]["place"] or "", 200) if row["last"] else row["channel"] or row["folder"],
                safe_text(row["error"] or ""),
            )
            for row in rows
        ],
    )


def _short(text: str | None) -> str:
    return "" if text is None else text[:16].replace("T", " ")


def _make_now(context: Context, reports: Sequence[ReportSettings], *, as_json: bool) -> None:
    from amt_console.reports.files import PlanError
    from amt_console.reports.jobs.job import ReportSource
    from amt_console.reports.scheduled.making import ReportError, ReportMaker
    from amt_console.reports.scheduled.orders import order_of

    if len(reports) != 1:
        names = ", ".join(report.name for report in reports)
        hint = f"name one of {names}" if names else "the configuration has no [[reports]]"
        raise CommandError(f"--now makes one report: {hint}", ExitCode.USAGE)
    order = order_of(reports[0], context.settings)
    moment = context.clock.now()
    period = order.schedule.newest_ended(moment)
    if period is None:
        raise CommandError("no whole period has ended yet", ExitCode.UNAVAILABLE)
    context.open_store().close()
    source = ReportSource(context.store_url, context.settings, context.targets)
    try:
        made = ReportMaker().make(order, period, source, moment)
    except PlanError as error:
        raise CommandError(str(error), ExitCode.BAD_CONFIG) from None
    except ReportError as error:
        code = ExitCode.IO if error.place_is_the_reason else ExitCode.INTERNAL
        raise CommandError(f"the report {order.name} could not be made: {error}", code) from None
    if not made.fresh:
        talk(f"{made.folder} is there already and is never overwritten")
    leave_row(context, EXPORT, f"report {order.name}", exported(made.files))
    if order.channel is not None:
        _queue(context, order, period, made)
    if as_json:
        print_json([str(path.resolve()) for path in made.files])
        return
    for path in made.files:
        print_line(str(path))


def _queue(context: Context, order: ReportOrder, period: Period, made: MadeReport) -> None:
    from amt_console.config.policies import policies_of
    from amt_console.operations.actor import current_actor
    from amt_console.reports.scheduled.message import report_message

    if order.channel not in policies_of(context.settings, context.targets).channels:
        talk(f"channel {order.channel} is switched off: nothing is sent")
        return
    moment = context.clock.now()
    entry = report_message(
        order,
        period,
        made,
        now=moment,
        host=socket.gethostname(),
        public_url=context.settings.api.public_url,
        by=current_actor(os.environ).name,
    )
    with context.open_store(read_only=False) as store, store.transaction(durable=True) as writes:
        writes.queue_once([entry])
        life = writes.monitor.sign_of_life()
    runs = life is not None and moment - life.last_cycle_at <= ALIVE
    sender = "the running monitor sends it" if runs else "the next monitor sends it, because none runs"
    talk(f"queued for {order.channel}: {sender}; see 'amt-console notify log'")
