"""``export schema``: the JSON Schemas of the JSON reports."""

from __future__ import annotations

from typing import Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json
from amt_console.cli.printing.table import print_table
from amt_console.text import safe_text

EPILOG = "Example: amt-console export schema executive_summary > executive_summary.schema.json"


def schema(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="A report, by the stem of its file.")] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Without NAME: the names as a JSON list.")] = False,
) -> None:
    """Print the JSON Schema (2020-12) of a report; without NAME, list the reports that have one."""
    from amt_console.reports.schemas import names, schema_of, title_of

    if name is None:
        if json_output:
            print_json(list(names()))
        else:
            print_table(("NAME", "TELLS"), [(each, title_of(each)) for each in names()])
        return
    stem = name.removesuffix(".json")
    if stem not in names():
        raise CommandError(
            f"there is no report '{safe_text(name, 60)}' in JSON: there are {', '.join(names())}", ExitCode.USAGE
        )
    print_json(schema_of(stem))
