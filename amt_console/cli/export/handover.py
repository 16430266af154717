"""``export handover``: for whoever takes over."""

from __future__ import annotations

from typing import Annotated

import typer

from amt_console.cli.audit_row import exported, leave_row
from amt_console.cli.export.options import OUT, JsonOption, Out
from amt_console.cli.export.writing import ShownZone, as_command_errors, print_files
from amt_console.cli.printing.progress_bar import shown_progress
from amt_console.cli.startup.context import get_context
from amt_console.operations.audit_rows import EXPORT


def handover(
    ctx: typer.Context,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="'8h', '07:00'.  [the present shift's beginning, else 12 hours]"),
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", metavar="FORMAT", help="md or html; may be repeated.  [both]")
    ] = None,
    out: Out = OUT,
    zone: ShownZone = None,
    json_output: JsonOption = False,
) -> None:
    """Hand over a shift: what fired, who acted, what is open and who has it, what ends, what to watch, who is next."""
    context = get_context(ctx)
    with as_command_errors():
        from amt_console.moments import parse_moment
        from amt_console.reports.handover.export import export_handover

        moment = parse_moment(since, context.clock.now()) if since else None
        with context.open_store(read_only=True) as store, shown_progress(context.clock) as progress:
            files = export_handover(
                store,
                context.targets,
                context.settings,
                context.clock,
                out,
                since=moment,
                formats=formats or (),
                zone=zone,
                progress=progress,
            )
    leave_row(context, EXPORT, "handover", exported(files))
    print_files(files, as_json=json_output)
