"""``rules backtest``: what a configuration would have fired on recorded history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.progress_bar import shown_progress
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.rules.candidate import ConfigOption, PatchOption, candidate, ruleset_of
from amt_console.cli.startup.context import get_context
from amt_console.text import MISSING, duration, safe_text

if TYPE_CHECKING:
    from amt_console.alerts.backtest.outcome import RuleOutcome
    from amt_console.monitor.backtest.run import BacktestReport

LIMITS = (
    "Not replayed: alerts on the monitor, its network and the delivery of messages; the votes of single locations "
    "(their combined result is used); what people did."
)
_SHOWN = 10


def backtest(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(metavar="TIME", help="Start of the history: '30d', '2026-01-31'.")] = "30d",
    until: Annotated[str, typer.Option(metavar="TIME", help="Its end, written like its start.")] = "now",
    config: ConfigOption = None,
    patch: PatchOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What the rules of a configuration would have fired on recorded history, beside what was recorded.

    The same code judges as in the running monitor. Nothing is written, and nobody is told anything. docs/alerts.md says
    what cannot be replayed.
    """
    from amt_console.moments import parse_moment
    from amt_console.monitor.backtest.run import Backtest
    from amt_console.reports.times import shown_zone

    context = get_context(ctx)
    now = context.clock.now()
    begin, end = parse_moment(since, now), parse_moment(until, now)
    if begin >= end:
        raise CommandError("the history must begin before it ends: --since is not before --until", ExitCode.USAGE)
    settings = candidate(context, config, patch)
    with context.open_store(read_only=True) as store, shown_progress(context.clock) as progress:
        report = Backtest(
            store, ruleset_of(context, settings), begin, end, shown_zone(None, settings), settings.recheck
        ).run(progress)
    if json_output:
        print_json(document_of(report))
    else:
        _print(report)
    if report.raw_from is not None:
        talk(
            f"Before {report.raw_from:%Y-%m-%d %H:%M} UTC single results are deleted: there, changes of state and "
            "rollups stand for them, and slow answers are as slow as the limit of their service."
        )
    talk(LIMITS)


def document_of(report: BacktestReport) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "since": _iso(report.since),
        "until": _iso(report.until),
        "rules": [
            {
                "name": safe_text(rule.name, 200),
                "fired": len(rule.fired),
                "at_night": rule.at_night,
                "median_seconds": None if rule.median_seconds is None else round(rule.median_seconds, 3),
                "acknowledged_share": None if rule.acknowledged_share is None else round(rule.acknowledged_share, 4),
                "missed": list(rule.missed),
                "new": [
                    {"subject": safe_text(each.subject, 200), "from": _iso(each.start), "to": _iso(each.end)}
                    for each in rule.new
                ],
            }
            for rule in report.rules
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _print(report: BacktestReport) -> None:
    print_line(f"{report.since:%Y-%m-%d %H:%M} - {report.until:%Y-%m-%d %H:%M} UTC")
    print_table(
        (
            "RULE",
            PrintedColumn("FIRED", right=True),
            PrintedColumn("NIGHT", right=True),
            PrintedColumn("FOLLOW", right=True, spare=2),
            PrintedColumn("FLAP", right=True, spare=3),
            PrintedColumn("MEDIAN", right=True),
            PrintedColumn("TAKEN", right=True, spare=1),
            PrintedColumn("MISSED", right=True),
            PrintedColumn("NEW", right=True),
        ),
        [_row(rule) for rule in report.rules],
    )
    for rule in report.rules:
        if rule.missed:
            print_line(f"{safe_text(rule.name, 200)} would have missed {_list([f'#{each}' for each in rule.missed])}")
        if rule.new:
            seen = [f"{safe_text(each.subject, 80)} {each.start:%m-%d %H:%M}" for each in rule.new]
            print_line(f"{safe_text(rule.name, 200)} would also have fired for {_list(seen)}")


def _row(rule: RuleOutcome) -> tuple[str, ...]:
    follow, flap = sum(each.follows for each in rule.fired), sum(each.flaps for each in rule.fired)
    return (
        safe_text(rule.name, 200),
        str(len(rule.fired)),
        str(rule.at_night),
        str(follow),
        str(flap),
        MISSING if rule.median_seconds is None else duration(rule.median_seconds),
        MISSING if rule.acknowledged_share is None else f"{100 * rule.acknowledged_share:.0f} %",
        str(len(rule.missed)),
        str(len(rule.new)),
    )


def _list(words: list[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
