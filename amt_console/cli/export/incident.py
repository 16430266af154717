"""``export incident``: the draft of a post-mortem."""

from __future__ import annotations

from typing import Annotated

import typer

from amt_console.cli.audit_row import exported, leave_row
from amt_console.cli.export.options import OUT, JsonOption, Out
from amt_console.cli.export.writing import ShownZone, as_command_errors, print_files
from amt_console.cli.printing.progress_bar import shown_progress
from amt_console.cli.startup.context import get_context
from amt_console.operations.audit_rows import EXPORT


def incident(
    ctx: typer.Context,
    alert_id: Annotated[
        int,
        typer.Argument(
            metavar="ID",
            help="An alert. For one that follows from another, the draft is about that other one.",
            min=1,
            max=2**62,
        ),
    ],
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT", help="html, md or json; may be repeated.  [html and md]"),
    ] = None,
    out: Out = OUT,
    zone: ShownZone = None,
    json_output: JsonOption = False,
) -> None:
    """Draft a post-mortem of one alert: timeline, impact, evidence, what moved together, headings to fill in."""
    context = get_context(ctx)
    with as_command_errors():
        from amt_console.reports.incident.export import export_incident

        with context.open_store(read_only=True) as store, shown_progress(context.clock) as progress:
            files = export_incident(
                store,
                alert_id,
                context.targets,
                context.settings,
                context.clock,
                out,
                formats=formats or (),
                zone=zone,
                progress=progress,
            )
    leave_row(context, EXPORT, f"incident {alert_id}", exported(files))
    print_files(files, as_json=json_output)
