"""``export``: reports as files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.startup.context import get_context

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.operations.protocol import Progress

app = typer.Typer(
    help="Write reports: static HTML pages, JSON documents, a picture.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Hours = Annotated[float | None, typer.Option("--hours", metavar="N", help="Length of the window.  [24]")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Start of the window: '7d', '14:00', '2026-01-31'.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="End of the window, written like its start.  [now]")
]
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format", metavar="FORMAT", help="html, json, png, md or csv instead of the default; may be repeated."
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; created if missing.")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="Time zone of the times shown.  [the host's]")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the files written as a JSON list.")]
_OUT = Path("exports")


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


def _add_command(part: str, help_text: str, example: str) -> None:
    @app.command(part, help=help_text, epilog=f"Example: amt-console export {part} {example}")
    def export(
        ctx: typer.Context,
        hours: Hours = None,
        since: Since = None,
        until: Until = None,
        formats: Formats = None,
        out: Out = _OUT,
        zone: Zone = None,
        json_output: JsonOption = False,
    ) -> None:
        _export(ctx, part, window(ctx, hours, since, until), formats, out, zone, json_output)


for _report in _REPORTS:
    _add_command(*_report)


def window(
    ctx: typer.Context, hours: float | None, since: str | None, until: str | None
) -> tuple[float, datetime | None]:
    """The window's length in hours and its end, ``None`` for now, from ``--hours`` or ``--since``, and ``--until``.

    Raises CommandError.
    """
    from amt_console.moments import parse_moment

    if hours is not None and since is not None:
        raise CommandError("--hours and --since exclude each other", ExitCode.USAGE)
    now = get_context(ctx).clock.now()
    end = now if until is None else parse_moment(until, now)
    if since is not None:
        hours = (end - parse_moment(since, now)).total_seconds() / 3600
        if hours <= 0:
            raise CommandError("--since must lie before --until", ExitCode.USAGE)
    return (24.0 if hours is None else hours), (None if until is None else end)


def _export(
    ctx: typer.Context,
    part: str,
    window: tuple[float, datetime | None],
    formats: list[str] | None,
    out: Path,
    zone: str | None,
    json_output: bool,
) -> None:
    from amt_console.reports.export import ExportError, ExportWriteError, export_reports
    from amt_console.reports.files import PlanError
    from amt_console.reports.times import UnknownZoneError

    hours, end = window
    context = get_context(ctx)
    try:
        with context.open_store(read_only=True) as store:
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
                progress=_progress(),
            )
    except (PlanError, UnknownZoneError) as error:
        raise CommandError(str(error), ExitCode.USAGE) from None
    except ExportWriteError as error:
        raise CommandError(str(error), ExitCode.IO) from None
    except ExportError as error:
        raise CommandError(str(error), ExitCode.USAGE if error.usage else ExitCode.INTERNAL) from None
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


def _progress() -> Progress:
    """A progress line on a terminal, removed at the end; nothing elsewhere."""
    if not sys.stderr.isatty():
        return lambda what, done, total: None

    def show(what: str, done: int, total: int) -> None:
        text = "" if done >= total else f"{done + 1}/{total} {what}"
        typer.echo(f"\r\x1b[K{text}", err=True, nl=False)

    return show
