"""``export``: the table of its commands."""

from __future__ import annotations

import typer

from amt_console.cli.export import metrics as metrics_command
from amt_console.cli.export import parts
from amt_console.cli.export import schema as schema_command
from amt_console.cli.export import verify as verification
from amt_console.cli.export.handover import handover
from amt_console.cli.export.incident import incident
from amt_console.cli.export.scheduled import scheduled

app = typer.Typer(
    help="Write reports: static HTML pages, JSON documents, a picture.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
parts.add_to(app)
app.command("incident", epilog="Example: amt-console export incident 12 --format md --out .")(incident)
app.command("handover", epilog="Example: amt-console export handover --since 8h --out .")(handover)
app.command("metrics", epilog=metrics_command.EPILOG)(metrics_command.metrics)
app.command("schema", epilog=schema_command.EPILOG)(schema_command.schema)
app.command("verify", epilog=verification.EPILOG)(verification.verify)
app.command("scheduled", epilog="Example: amt-console export scheduled management --now")(scheduled)
