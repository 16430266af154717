"""What people do to one alert: take it, hand it off, snooze, note, close, undo."""

from __future__ import annotations

from typing import Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.lengths import seconds_of
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.startup.context import get_context
from amt_console.model import (
    Acknowledge,
    AlertAction,
    AlertView,
    Claim,
    Close,
    Handoff,
    Note,
    Rating,
    Snooze,
    Unacknowledge,
    Undo,
    UndoLast,
)

AlertId = Annotated[
    int, typer.Argument(metavar="ID", help="The alert's number, as 'alerts list' shows it.", min=1, max=2**62)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NoteOption = Annotated[
    str | None, typer.Option("--note", metavar="TEXT", help="What you know about it or do about it.")
]
ForOption = Annotated[
    str | None,
    typer.Option("--for", metavar="LENGTH", help="How long it is yours, e.g. 2h.  [notify.acknowledgement: 4h]"),
]


def ack(
    ctx: typer.Context,
    alert_id: AlertId,
    note: NoteOption = None,
    for_: ForOption = None,
    json_output: JsonOption = False,
) -> None:
    """Acknowledge an alert: everybody sees that you have it."""
    alert = _act(ctx, Acknowledge(alert_id, note, seconds_of("--for", for_)), note)
    _done(alert, f"alert {alert.id} is yours, {alert.acknowledged_by}{_until(alert)}: {alert.message}", json_output)


def claim(
    ctx: typer.Context,
    alert_id: AlertId,
    note: NoteOption = None,
    for_: ForOption = None,
    json_output: JsonOption = False,
) -> None:
    """Take an alert over from whoever has it, who is told. Your own lasts longer."""
    alert = _act(ctx, Claim(alert_id, note, seconds_of("--for", for_)), note)
    _done(alert, f"alert {alert.id} is yours, {alert.acknowledged_by}{_until(alert)}: {alert.message}", json_output)


def handoff(
    ctx: typer.Context,
    alert_id: AlertId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who has it from now on.")],
    note: NoteOption = None,
    for_: ForOption = None,
    json_output: JsonOption = False,
) -> None:
    """Hand an alert off to somebody else."""
    alert = _act(ctx, Handoff(alert_id, name, note, seconds_of("--for", for_)), note)
    _done(alert, f"alert {alert.id} is {alert.acknowledged_by}'s{_until(alert)}: {alert.message}", json_output)


def unack(ctx: typer.Context, alert_id: AlertId, json_output: JsonOption = False) -> None:
    """End an acknowledgement and a snooze: nobody has the alert any more."""
    alert = _act(ctx, Unacknowledge(alert_id))
    _done(alert, f"alert {alert.id} is nobody's again: {alert.message}", json_output)


def snooze(
    ctx: typer.Context,
    alert_id: AlertId,
    for_: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="How long, e.g. 15m.")] = None,
    until_recovery: Annotated[bool, typer.Option("--until-recovery", help="Until the alert recovers.")] = False,
    note: NoteOption = None,
    json_output: JsonOption = False,
) -> None:
    """Send no messages on an alert for a while. Checks go on; what gets worse is told at once."""
    if (for_ is None) is not until_recovery:
        raise CommandError("say how long: --for LENGTH (such as 15m) or --until-recovery", ExitCode.USAGE)
    alert = _act(ctx, Snooze(alert_id, seconds_of("--for", for_), until_recovery, note), note)
    until = alert.snoozed_until
    how_long = "until it recovers" if until is None else f"until {until.astimezone():%Y-%m-%d %H:%M:%S %Z}"
    _done(alert, f"alert {alert.id} is snoozed {how_long}: {alert.message}", json_output)


def note(
    ctx: typer.Context,
    alert_id: AlertId,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What others should know.")],
    json_output: JsonOption = False,
) -> None:
    """Write a note on an alert, at any time: also on one that somebody has, or that has ended."""
    alert = _act(ctx, Note(alert_id, text))
    _done(alert, f"alert {alert.id} has your note: {alert.note}", json_output)


def close(
    ctx: typer.Context,
    alert_id: AlertId,
    noise: Annotated[bool, typer.Option("--noise", help="It was not worth a message.")] = False,
    actionable: Annotated[bool, typer.Option("--actionable", help="It was worth a message.")] = False,
    note: NoteOption = None,
    json_output: JsonOption = False,
) -> None:
    """End an alert by hand, and rate it; one that has ended is rated only. What is still bad starts a new alert."""
    if noise and actionable:
        raise CommandError("an alert is either --noise or --actionable", ExitCode.USAGE)
    rating = Rating.NOISE if noise else Rating.ACTIONABLE if actionable else None
    alert = _act(ctx, Close(alert_id, note, rating), note)
    rated = f", rated {alert.rating}" if rating is not None else ""
    _done(alert, f"alert {alert.id} is closed{rated}: {alert.message}", json_output)


def undo(
    ctx: typer.Context,
    alert_id: Annotated[
        int | None,
        typer.Argument(metavar="[ID]", help="The alert's number.  [the one you acted on last]", min=1, max=2**62),
    ] = None,
    json_output: JsonOption = False,
) -> None:
    """Take back what you did last, if nobody did anything to the alert since."""
    alert = _act(ctx, UndoLast() if alert_id is None else Undo(alert_id))
    owner = f"{alert.acknowledged_by} has it{_until(alert)}" if alert.acknowledged_by else "nobody has it"
    _done(alert, f"undone, alert {alert.id} is as before, {owner}: {alert.message}", json_output)


def _act(ctx: typer.Context, action: AlertAction | UndoLast, note: str | None = None) -> AlertView:
    """Act; where somebody was quicker, say how to keep the note that was typed."""
    from amt_console.operations.protocol import ConflictError

    with get_context(ctx).operations(read_only=False) as operations:
        try:
            return operations.act(action)
        except ConflictError as error:
            if note is None or isinstance(action, UndoLast):
                raise
            add_it = (
                f"Your note is not stored; 'amt-console alerts note {getattr(action, 'alert_id', 'ID')} TEXT' adds it."
            )
            raise ConflictError(f"{error} {add_it}") from error


def _until(alert: AlertView) -> str:
    return "" if alert.acknowledged_until is None else f", until {alert.acknowledged_until.astimezone():%H:%M}"


def _done(alert: AlertView, text: str, json_output: bool) -> None:
    if json_output:
        from amt_console.operations.json_views import alert_json

        print_json(alert_json(alert))
    else:
        print_line(text)
