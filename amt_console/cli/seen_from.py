"""The part of ``status`` about locations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amt_console.cli.printing.output import print_line, print_wrapped
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.model import LocationView, ServiceState, ServiceView
from amt_console.text import MISSING, STATE_WORDS, age, milliseconds, state_glyph

_COLUMNS = (
    PrintedColumn("SERVICE"),
    PrintedColumn("SEEN FROM"),
    PrintedColumn("STATE"),
    PrintedColumn("FOR", right=True),
    PrintedColumn("RESPONSE", right=True, spare=1),
    PrintedColumn("CHECKED", right=True, spare=2),
    PrintedColumn("ERROR", text=True, clip=True),
)


def print_seen_from(services: Sequence[ServiceView], now: datetime, *, plain: bool) -> None:
    """Print the locations of each service that is not up everywhere; one line if all agree; nothing for one location.

    Args:
        services: All of them.
        now: What ages refer to.
        plain: ASCII only.
    """
    names = sorted({location.name for service in services for location in service.locations})
    if not names:
        return
    apart = [
        service for service in services if any(location.state is not ServiceState.UP for location in service.locations)
    ]
    print_line()
    if not apart:
        print_wrapped(f"seen from: {', '.join(names)}; everything is up from all of them", indent=11)
        return
    rows = [_row(service, location, now, plain) for service in apart for location in service.locations]
    print_table(_COLUMNS, rows)


def _row(service: ServiceView, location: LocationView, now: datetime, plain: bool) -> tuple[str, ...]:
    cells = (
        service.name,
        location.name,
        f"{state_glyph(location.state, ascii_only=plain)} {STATE_WORDS[location.state]}",
        age(location.since, now),
        milliseconds(location.response_time_ms),
        f"{age(location.last_checked, now)} ago",
        location.error or "",
    )
    return tuple(cell.replace(MISSING, "-" if plain else MISSING) for cell in cells)
