"""The commands of ``rules``; here those that list and test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.rules.backtest import backtest
from amt_console.cli.rules.suggest import suggest
from amt_console.cli.startup.context import get_context
from amt_console.text import safe_text

app = typer.Typer(
    help="List alert rules, test them, and try them on history.", no_args_is_help=True, rich_markup_mode=None
)
app.command("backtest", epilog="Example: amt-console rules backtest --since 30d --config candidate.toml")(backtest)
app.command("suggest", epilog="Example: amt-console rules suggest > patch.toml")(suggest)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
FAILED = ExitCode.WARNING


@app.command("list", epilog="Example: amt-console rules list --json")
def list_rules(ctx: typer.Context, json_output: JsonOption = False) -> None:
    """Every rule that is judged, with what those in shadow mode would have sent."""
    from amt_console.monitor.rule_list import rule_list

    context = get_context(ctx)
    rows = rule_list(context.settings, context.targets, lambda: _shadow_counts(ctx))
    if json_output:
        print_json(rows)
        return
    print_table(
        (
            "RULE",
            "SIGNAL",
            PrintedColumn("SUBJECT", spare=1),
            "SEVERITY",
            "MODE",
            PrintedColumn("WOULD HAVE SENT", right=True),
        ),
        [
            (
                row["name"],
                row["signal"],
                row["subject"],
                row["severity"],
                row["mode"],
                str(row["would_have_sent"]) if row["mode"] == "shadow" else "",
            )
            for row in rows
        ],
    )


@app.command("test", epilog="Example: amt-console rules test rules-test.toml")
def run_tests(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or TOML with rules and tests.")],
    json_output: JsonOption = False,
) -> None:
    """Run unit tests of rules: series go in, and the rules must fire when they are expected to.

    A line for each test; ends with 1 if one fails. docs/alerts.md shows a file.
    """
    from amt_console.alerts import ExpectedState, RuleTest, Signal, TestSeries, failures
    from amt_console.config.rule_tests import known_value, load_rule_tests
    from amt_console.monitor.ruleset import rule_of

    loaded = load_rule_tests(file)
    rules = [rule_of(settings) for settings in loaded.rules if settings.enabled]
    results: list[dict[str, Any]] = []
    for each in loaded.tests:
        series = tuple(
            TestSeries(one.subject, Signal(one.signal), tuple(map(known_value, one.values))) for one in each.series
        )
        expect = tuple(ExpectedState(one.at, one.rule, one.state == "firing") for one in each.expect)
        wrong = failures(rules, RuleTest(each.name, each.interval, series, expect))
        results.append({"name": each.name, "ok": not wrong, "failures": wrong})
    if json_output:
        print_json(results)
    else:
        for result in results:
            print_line(f"{'ok  ' if result['ok'] else 'FAIL'}  {safe_text(result['name'])}")
            for line in result["failures"]:
                print_line(f"      {safe_text(line)}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(int(FAILED))


def _shadow_counts(ctx: typer.Context) -> dict[str, int]:
    from amt_console.store import NoDatabase, shadow_counts

    try:
        with get_context(ctx).open_store(read_only=True) as store, store.read() as reads:
            return shadow_counts(reads)
    except NoDatabase:
        return {}
