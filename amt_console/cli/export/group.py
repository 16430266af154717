"""``export``: the table of its commands."""

from __future__ import annotations

import typer

from amt_console.cli.export import parts

app = typer.Typer(
    help="Write reports: static HTML pages, JSON documents, a picture.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
parts.add_to(app)
