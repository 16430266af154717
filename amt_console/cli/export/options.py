"""The options that the commands about a window of time share, and the window that they mean."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import get_context

if TYPE_CHECKING:
    from datetime import datetime


class Compare(StrEnum):
    """What a report compares its window with."""

    PREVIOUS = "previous"
    NONE = "none"


Hours = Annotated[float | None, typer.Option("--hours", metavar="N", help="Length of the window.  [24]")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="TIME", help="Start of the window: '7d', 'yesterday', '2026-01-31'.")
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="End of the window, written like its start.  [now]")
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone", "--tz", metavar="ZONE", help="Time zone of the times shown and of --since and --until.  [the host's]"
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; created if missing.")]
Comparison = Annotated[
    Compare, typer.Option("--compare", help="Compare the window with the previous one of equal length, or with none.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the files written as a JSON list.")]
OUT = Path("exports")


def window(
    ctx: typer.Context,
    hours: float | None,
    since: str | None,
    until: str | None,
    zone: str | None = None,
    *,
    any_length: bool = False,
) -> tuple[float, datetime | None]:
    """The window's length in hours and its end, ``None`` for now, from ``--hours`` or ``--since``, and ``--until``.

    Times without an offset are in ``zone``, else in the zone of the configuration's reports. Raises CommandError.
    """
    from amt_console.reports.times import MAX_HOURS, UnknownZoneError, WindowError, asked_window, shown_zone

    context = get_context(ctx)
    try:
        local = shown_zone(zone, context.settings)
        return asked_window(
            context.clock.now(),
            local,
            hours=hours,
            since=since,
            until=until,
            longest=inf if any_length else MAX_HOURS,
            mark="--",
        )
    except (UnknownZoneError, WindowError) as error:
        raise CommandError(str(error), ExitCode.USAGE) from None
