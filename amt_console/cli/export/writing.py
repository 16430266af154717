"""What the commands that write single reports share: their errors, and the list of what was written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line

ShownZone = Annotated[
    str | None, typer.Option("--zone", "--tz", metavar="ZONE", help="Time zone of the times shown.  [the host's]")
]


@contextmanager
def as_command_errors() -> Iterator[None]:
    """Give the errors of exports their exit codes."""
    from amt_console.reports.files import ExportError, ExportWriteError, PlanError
    from amt_console.reports.times import UnknownZoneError

    try:
        yield
    except (PlanError, UnknownZoneError) as error:
        raise CommandError(str(error), ExitCode.USAGE) from None
    except ExportWriteError as error:
        raise CommandError(str(error), ExitCode.IO) from None
    except ExportError as error:
        raise CommandError(str(error), ExitCode.USAGE if error.usage else ExitCode.INTERNAL) from None


def print_files(files: Sequence[Path], *, as_json: bool) -> None:
    """The files, one a line, or as a JSON list of whole paths."""
    if as_json:
        print_json([str(path.resolve()) for path in files])
        return
    for path in files:
        print_line(str(path))
