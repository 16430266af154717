"""``silences``: mute the messages of alerts for a while, and see what is muted by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.lengths import seconds_of
from amt_console.cli.printing.output import print_json, print_line, talk
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.model import AddSilence, AlertType, EndSilence, Severity
from amt_console.moments import parse_moment
from amt_console.text import age, safe_text

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.model.policy import Silence

app = typer.Typer(
    help="Mute the messages of alerts until an end. Checks go on.", no_args_is_help=True, rich_markup_mode=None
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
EveryOption = Annotated[bool, typer.Option("--all", help="Include those that have ended.")]
ServicesOption = Annotated[
    list[str] | None, typer.Option("--service", metavar="NAME", help="A service or database; may be repeated.")
]
GroupsOption = Annotated[list[str] | None, typer.Option("--group", metavar="NAME", help="A group; may be repeated.")]
_COLUMNS = (
    PrintedColumn("ID", right=True),
    PrintedColumn("MUTES", text=True),
    PrintedColumn("ENDS"),
    PrintedColumn("AGE", right=True),
    PrintedColumn("BY"),
    PrintedColumn("REASON", text=True, clip=True),
)


@app.command("list", epilog="Example: amt-console silences list --json")
def list_silences(ctx: typer.Context, every: EveryOption = False, json_output: JsonOption = False) -> None:
    """Silences that have not ended, with author and age; the first to end comes first."""
    context = get_context(ctx)
    with context.operations() as operations:
        found = operations.silences(ended=every)
    if json_output:
        from amt_console.operations.json_views import silence_json

        print_json([silence_json(silence) for silence in found])
        return
    if not found:
        print_line("no silences" if every else "nothing is silenced")
        return
    now = context.clock.now()
    print_table(_COLUMNS, [_row(silence, now) for silence in found])


@app.command("add", epilog="Example: amt-console silences add --service web-app --for 2h --reason 'new release'")
def add(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; shown with silenced alerts.")],
    service: ServicesOption = None,
    group: GroupsOption = None,
    type_: Annotated[
        list[AlertType] | None, typer.Option("--type", metavar="TYPE", help="A kind of alert; may be repeated.")
    ] = None,
    severity: Annotated[Severity | None, typer.Option("--severity", help="Only this severity.")] = None,
    match: Annotated[
        str | None, typer.Option("--match", metavar="REGEX", help="A regular expression that the subject contains.")
    ] = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="How long, e.g. 2h.")] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Until when, e.g. '18:00' or '+2h'.")
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Add a silence; prints its id. An alert is silenced if it matches all options that are given."""
    if (for_ is None) is (until is None):
        raise CommandError("a silence has an end: give one of --for and --until", ExitCode.USAGE)
    context = get_context(ctx)
    action = AddSilence(
        reason,
        services=tuple(service or ()),
        groups=tuple(group or ()),
        alert_types=tuple(type_ or ()),
        severity=severity,
        match=match,
        for_=seconds_of("--for", for_),
        until=None if until is None else parse_moment(until, context.clock.now(), future=True),
    )
    with context.operations(read_only=False) as operations:
        silence = operations.act(action)
    _done(silence, silence.id, json_output)
    if not json_output:
        talk(f"silenced until {local(silence.ends_at)}: {safe_text(silence.what)}")


@app.command("end", epilog="Example: amt-console silences end 3")
def end(
    ctx: typer.Context,
    silence_id: Annotated[str, typer.Argument(metavar="ID", help="As 'silences list' shows it.")],
    json_output: JsonOption = False,
) -> None:
    """End a silence now. One of the configuration ends there."""
    with get_context(ctx).operations(read_only=False) as operations:
        silence = operations.act(EndSilence(silence_id))
    _done(silence, f"silence {silence.id} has ended: {safe_text(silence.what)}", json_output)


def local(moment: datetime) -> str:
    """A moment in the zone of this machine."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def _done(silence: Silence, text: str, json_output: bool) -> None:
    if json_output:
        from amt_console.operations.json_views import silence_json

        print_json(silence_json(silence))
    else:
        print_line(text)


def _row(silence: Silence, now: datetime) -> tuple[str, ...]:
    begins = silence.starts_at or silence.created_at
    return (
        silence.id,
        safe_text(silence.what),
        local(silence.ends_at) + (" (ended)" if silence.ends_at <= now else ""),
        "-" if begins is None else f"begins {local(begins)}" if begins > now else age(begins, now),
        safe_text(silence.created_by or "configuration", 64),
        safe_text(silence.reason),
    )
