"""``maintenance``: announce planned work, and see what is planned by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.lengths import seconds_of
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.silences import EveryOption, GroupsOption, JsonOption, ServicesOption, local
from amt_console.cli.startup.context import get_context
from amt_console.model import AddMaintenance, EndMaintenance
from amt_console.moments import parse_moment
from amt_console.text import age, duration, safe_text

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.model.policy import MaintenanceWindow

app = typer.Typer(
    help="Announce planned work: its services are in maintenance, and no messages are sent on them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_COLUMNS = (
    PrintedColumn("NAME"),
    PrintedColumn("WHAT", text=True),
    PrintedColumn("BEGINS"),
    PrintedColumn("ENDS"),
    PrintedColumn("AGE", right=True),
    PrintedColumn("BY"),
    PrintedColumn("NOTE", text=True, clip=True),
)


@app.command("list", epilog="Example: amt-console maintenance list --json")
def list_maintenance(
    ctx: typer.Context,
    every: EveryOption = False,
    json_output: JsonOption = False,
) -> None:
    """Planned work that has not ended, with author and age; what ends first comes first."""
    context = get_context(ctx)
    with context.operations() as operations:
        found = operations.maintenance(ended=every)
    if json_output:
        from amt_console.operations.json_views import maintenance_json

        print_json([maintenance_json(window) for window in found])
        return
    if not found:
        print_line("no planned work")
        return
    now = context.clock.now()
    print_table(_COLUMNS, [_row(window, now) for window in found])


@app.command("add", epilog="Example: amt-console maintenance add 'new disks' --group shop --for 1h")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name for the work.")],
    service: ServicesOption = None,
    group: GroupsOption = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="How long, e.g. 1h.")] = None,
    starts_at: Annotated[
        str | None, typer.Option("--starts-at", metavar="TIME", help="When it begins, e.g. '22:00'.  [now]")
    ] = None,
    ends_at: Annotated[
        str | None, typer.Option("--ends-at", metavar="TIME", help="When it ends, instead of --for.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What is done.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Announce planned work, once. Recurring work stands in the configuration."""
    context = get_context(ctx)
    now = context.clock.now()
    action = AddMaintenance(
        name,
        services=tuple(service or ()),
        groups=tuple(group or ()),
        for_=seconds_of("--for", for_),
        starts_at=None if starts_at is None else parse_moment(starts_at, now, future=True),
        ends_at=None if ends_at is None else parse_moment(ends_at, now, future=True),
        note=note,
    )
    with context.operations(read_only=False) as operations:
        window = operations.act(action)
    _done(window, f"maintenance {safe_text(window.name)} {_times(window)}: {safe_text(window.what)}", json_output)


@app.command("end", epilog="Example: amt-console maintenance end 'new disks'")
def end(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="As 'maintenance list' shows it.")],
    json_output: JsonOption = False,
) -> None:
    """End planned work now, or call it off. Work of the configuration ends there."""
    with get_context(ctx).operations(read_only=False) as operations:
        window = operations.act(EndMaintenance(name))
    _done(window, f"maintenance {safe_text(window.name)} has ended", json_output)


def _times(window: MaintenanceWindow) -> str:
    return f"from {_moment(window.starts_at)} to {_moment(window.ends_at)}"


def _done(window: MaintenanceWindow, text: str, json_output: bool) -> None:
    if json_output:
        from amt_console.operations.json_views import maintenance_json

        print_json(maintenance_json(window))
    else:
        print_line(text)


def _row(window: MaintenanceWindow, now: datetime) -> tuple[str, ...]:
    recurrence = window.recurrence
    begins, ends = _moment(window.starts_at), _moment(window.ends_at)
    if recurrence is not None:
        days = " ".join(recurrence.weekdays) or "daily"
        begins, ends = (
            f"{days} {recurrence.start:%H:%M} {recurrence.zone.key}",
            f"after {duration(recurrence.duration)}",
        )
    elif window.ends_at is not None and window.ends_at <= now:
        ends += " (ended)"
    return (
        safe_text(window.name),
        safe_text(window.what),
        begins,
        ends,
        "-" if window.created_at is None else age(window.created_at, now),
        safe_text(window.created_by or "configuration", 64),
        safe_text(window.note or ""),
    )


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else local(moment)
