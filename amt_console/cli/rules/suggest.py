"""``rules suggest``: better limits from recorded data, as a patch of the configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.progress_bar import shown_progress
from amt_console.cli.rules.candidate import ruleset_of
from amt_console.cli.startup.context import get_context
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.monitor.backtest.suggest import Advice
    from amt_console.monitor.ruleset import Ruleset


def suggest(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(metavar="TIME", help="Start of the history: '30d', '2026-01-31'.")] = "30d",
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Suggest limits from recorded data, with the evidence and the alerts a week that they would have fired.

    Prints a patch in TOML; what speaks for it, and what is fine as it is, stands in its comments. Try it with
    rules backtest --patch, and check it with config check --patch.
    """
    from amt_console.config.files.loading import parse_document
    from amt_console.config.files.patch import patched
    from amt_console.config.files.reading import read_document
    from amt_console.moments import parse_moment
    from amt_console.monitor.backtest.run import Backtest
    from amt_console.monitor.backtest.suggest import Suggester
    from amt_console.reports.times import shown_zone

    context = get_context(ctx)
    now = context.clock.now()
    begin = parse_moment(since, now)
    if begin >= now:
        raise CommandError("the history must begin before now", ExitCode.USAGE)
    settings = context.settings
    path = context.loaded.path
    document = {} if path is None else read_document(path)

    def with_patch(patch: Mapping[str, Any]) -> Ruleset:
        return ruleset_of(context, parse_document(patched(document, dict(patch)), env=os.environ))

    with context.open_store(read_only=True) as store, shown_progress(context.clock) as progress:
        plan = Backtest(
            store, ruleset_of(context, settings), begin, now, shown_zone(None, settings), tuple(settings.recheck)
        )
        advice = Suggester(plan, settings, with_patch).run(progress)
    if json_output:
        print_json(document_of(advice))
    else:
        _print(advice)


def document_of(advice: Advice) -> dict[str, Any]:
    """The advice as JSON."""
    from amt_console.alerts.backtest.suggestions import together, toml_of

    return {
        "since": advice.since.isoformat(),
        "until": advice.until.isoformat(),
        "suggestions": [
            {
                "rule": safe_text(each.rule, 200),
                "subject": safe_text(each.subject, 200),
                "evidence": [safe_text(line, 300) for line in each.evidence],
                "now_per_week": round(each.now_per_week, 2),
                "expected_per_week": round(each.expected_per_week, 2),
                "patch": toml_of(each.patch),
            }
            for each in advice.suggestions
        ],
        "kept": [
            {"rule": each.rule, "subject": safe_text(each.subject, 200), "reason": safe_text(each.reason, 300)}
            for each in advice.kept
        ],
        "patch": toml_of(together(list(advice.suggestions))),
    }


def _print(advice: Advice) -> None:
    from amt_console.alerts.backtest.suggestions import together, toml_of

    print_line(f"# From {advice.since:%Y-%m-%d %H:%M} to {advice.until:%Y-%m-%d %H:%M} UTC.")
    for each in advice.suggestions:
        print_line(
            f"# {safe_text(each.rule, 200)} for {safe_text(each.subject, 200)}: {'; '.join(each.evidence)}; "
            f"{each.now_per_week:.1f} alerts a week now, {each.expected_per_week:.1f} with the change"
        )
    if not advice.suggestions:
        print_line("# Nothing to suggest.")
    for kept in advice.kept:
        print_line(f"# unchanged: {kept.rule} for {safe_text(kept.subject, 200)}: {safe_text(kept.reason, 300)}")
    text = toml_of(together(list(advice.suggestions)))
    if text:
        print_line()
        print_line(text.rstrip("\n"))
