"""``export all`` and the commands of its parts: reports as files."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.audit_row import exported, leave_row, load_early
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.export.options import (
    OUT,
    Compare,
    Comparison,
    Hours,
    JsonOption,
    Out,
    Since,
    Until,
    Zone,
    window,
)
from amt_console.cli.garbage import without_collections
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.progress_bar import shown_progress
from amt_console.cli.startup.context import get_context
from amt_console.operations.audit_rows import EXPORT

if TYPE_CHECKING:
    from datetime import datetime

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format", metavar="FORMAT", help="html, json, png, md or csv instead of the default; may be repeated."
    ),
]

_REPORTS = (
    (
        "all",
        "All reports: four dashboards, executive summary, monitoring report, analysis and its picture.",
        "--hours 168 --out /var/www/reports",
    ),
    ("overview", "Users, traffic and the health of the platform (html, json, md, csv).", "--format md --out ."),
    ("chatbot", "Conversations, satisfaction, topics and speed of the chatbot (html, json, md, csv).", "--hours 168"),
    ("revenue", "Recurring revenue, churn, plans and billing (html, json, md, csv).", "--format csv --out /tmp/tables"),
    (
        "performance",
        "Response times, availability, incidents, alerts and resources (html, json, png, md, csv).",
        "--since 7d --format html --format png",
    ),
    ("executive", "Verdict, key figures, incidents and advice on one screenful (json, md).", "--format md --out ."),
    ("monitoring", "Services, alerts with their history, resources and gaps (json).", "--json"),
)
"""Name of each command, its help, and the options of its example."""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group."""
    for report in _REPORTS:
        _add_command(app, *report)


def _add_command(app: typer.Typer, part: str, help_text: str, example: str) -> None:
    @app.command(part, help=help_text, epilog=f"Example: amt-console export {part} {example}")
    def export(
        ctx: typer.Context,
        hours: Hours = None,
        since: Since = None,
        until: Until = None,
        formats: Formats = None,
        out: Out = OUT,
        zone: Zone = None,
        compare: Comparison = Compare.PREVIOUS,
        json_output: JsonOption = False,
    ) -> None:
        with without_collections():
            _export(ctx, part, window(ctx, hours, since, until, zone), formats, out, zone, compare, json_output)


def _export(
    ctx: typer.Context,
    part: str,
    window: tuple[float, datetime | None],
    formats: list[str] | None,
    out: Path,
    zone: str | None,
    compare: Compare,
    json_output: bool,
) -> None:
    from amt_console.reports.export import export_reports
    from amt_console.reports.files import ExportError, ExportWriteError, PlanError
    from amt_console.reports.times import UnknownZoneError

    hours, end = window
    context = get_context(ctx)
    try:
        with context.open_store(read_only=True) as store, shown_progress(context.clock) as shown:

            def progress(what: str, done: int, total: int) -> None:
                shown(what, done, total)
                # The renderer is at work for longer than this takes.
                load_early()

            files = export_reports(
                store,
                context.targets,
                context.settings,
                context.clock,
                out,
                parts=(part,),
                hours=hours,
                end=end,
                formats=formats or (),
                zone=zone,
                compare=compare is Compare.PREVIOUS,
                progress=progress,
            )
    except (PlanError, UnknownZoneError) as error:
        raise CommandError(str(error), ExitCode.USAGE) from None
    except ExportWriteError as error:
        raise CommandError(str(error), ExitCode.IO) from None
    except ExportError as error:
        raise CommandError(str(error), ExitCode.USAGE if error.usage else ExitCode.INTERNAL) from None
    leave_row(context, EXPORT, part, exported(files))
    for missing in _left_out(part, formats or (), files):
        talk(f"{missing}: nothing to write, it has no table with data in this window")
    if json_output:
        print_json([str(path.resolve()) for path in files])
        return
    for path in files:
        print_line(str(path))


def _left_out(part: str, formats: Sequence[str], files: Sequence[Path]) -> list[str]:
    """Requested parts without a file: CSV is written per table, and a page may have no table."""
    from amt_console.reports.files import plan

    return [
        f"{name} as {form}"
        for name, form, pattern in plan((part,), formats)
        if not any(fnmatchcase(path.name, pattern.replace("{}", "*")) for path in files)
    ]
