"""``oncall``: who is on call, who is next, and what is not covered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.model import OverrideOncall, TakeOncall, UndoOncall
from amt_console.model.policy import ONCALL
from amt_console.moments import parse_moment
from amt_console.text import safe_text

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.model.oncall import OncallPlan, Shift
    from amt_console.model.policy import RotaOverride

app = typer.Typer(help="Who is on call now and next; take a shift, or give one.", rich_markup_mode=None)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RotaOption = Annotated[str, typer.Option("--rota", metavar="NAME", help="Which rota.")]
WEEK_DAYS = 7.0
_NOBODY = "nobody"


@app.callback(invoke_without_command=True)
def oncall(
    ctx: typer.Context,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Another moment: '-2h', '+2d', 'tomorrow 09:00'.")
    ] = None,
    week: Annotated[bool, typer.Option("--week", help="The shifts of seven days.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="What nobody covers in 30 days, and whom nobody can reach; ends with 1 if any."),
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Who is on call now, and who is next."""
    if ctx.invoked_subcommand is not None:
        return
    if week and check:
        raise CommandError("--week and --check are two questions: give one of them", ExitCode.USAGE)
    context = get_context(ctx)
    moment = parse_moment(at, context.clock.now(), future=True) if at else None
    from amt_console.operations.protocol import ONCALL_DAYS

    with context.operations() as operations:
        plan = operations.oncall(moment, days=WEEK_DAYS if week else ONCALL_DAYS)
    if check:
        _print_check(plan, json_output)
    elif week:
        _print_shifts(plan, json_output)
    else:
        _print_now(plan, json_output)


@app.command("take", epilog="Example: amt-console oncall take +4h")
def take(
    ctx: typer.Context,
    until: Annotated[
        str | None,
        typer.Argument(metavar="[UNTIL]", help="Until when: '18:00', '+2h'; by default to the end of the shift."),
    ] = None,
    rota: RotaOption = ONCALL,
    json_output: JsonOption = False,
) -> None:
    """Take over the shift that runs: from now on you are on call."""
    context = get_context(ctx)
    end = None if until is None else parse_moment(until, context.clock.now(), future=True)
    with context.operations(read_only=False) as operations:
        taken = operations.act(TakeOncall(end, rota))
    _done(taken, _words(taken), json_output)


@app.command(
    "override", epilog="Example: amt-console oncall override Grace --from 'tomorrow 09:00' --until 'tomorrow 18:00'"
)
def override(
    ctx: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="One of the people of the configuration.")],
    until: Annotated[str, typer.Option("--until", "--to", metavar="TIME", help="Until when, e.g. '18:00' or '+2h'.")],
    from_: Annotated[str | None, typer.Option("--from", metavar="TIME", help="From when; by default now.")] = None,
    rota: RotaOption = ONCALL,
    json_output: JsonOption = False,
) -> None:
    """Put a person on call for a while, in place of whoever it would be."""
    context = get_context(ctx)
    now = context.clock.now()
    start = None if from_ is None else parse_moment(from_, now, future=True)
    with context.operations(read_only=False) as operations:
        made = operations.act(OverrideOncall(person, parse_moment(until, now, future=True), start, rota))
    _done(made, _words(made), json_output)


@app.command("undo", epilog="Example: amt-console oncall undo")
def undo(
    ctx: typer.Context,
    rota: Annotated[str | None, typer.Option("--rota", metavar="NAME", help="Only of this rota.")] = None,
    json_output: JsonOption = False,
) -> None:
    """Take back what you took or gave last: the rota goes on as without it."""
    with get_context(ctx).operations(read_only=False) as operations:
        ended = operations.act(UndoOncall(rota))
    name = safe_text(ended.person, 64)
    _done(ended, f"taken back: {name} instead of the rota {safe_text(ended.rota, 64)}", json_output)


@app.command("export", epilog="Example: amt-console oncall export --ics > oncall.ics")
def export(
    ctx: typer.Context,
    ics: Annotated[bool, typer.Option("--ics", help="As iCalendar, for calendar programs.")] = False,
    json_output: JsonOption = False,
) -> None:
    """All rotas with their overrides, from a month ago for a year."""
    if ics == json_output:
        raise CommandError("give one of --ics and --json", ExitCode.USAGE)
    from amt_console.operations.calendar_feed import calendar_text
    from amt_console.operations.json_views import shifts_json
    from amt_console.operations.protocol import CALENDAR_DAYS, CALENDAR_DAYS_BEFORE

    with get_context(ctx).operations() as operations:
        plan = operations.oncall(days=CALENDAR_DAYS, days_before=CALENDAR_DAYS_BEFORE)
    if ics:
        print_line(calendar_text(plan).removesuffix("\n"))
    else:
        print_json(shifts_json(plan))


def _words(override: RotaOverride) -> str:
    name, rota = safe_text(override.person, 64), safe_text(override.rota, 64)
    return f"{name} is on call ({rota}) from {local(override.starts_at)} to {local(override.ends_at)}"


def _done(override: RotaOverride, text: str, json_output: bool) -> None:
    if json_output:
        from amt_console.operations.json_views import override_json

        print_json(override_json(override))
    else:
        print_line(text)


def _print_now(plan: OncallPlan, json_output: bool) -> None:
    if json_output:
        from amt_console.operations.json_views import oncall_json

        print_json(oncall_json(plan))
        return
    if not plan.rotas:
        print_line("there is no rota (list people under oncall.people in the configuration)")
        return
    rows = []
    for rota in plan.rotas:
        until = (rota.now.ends_at if rota.now else rota.next.starts_at if rota.next else None) or "for good"
        rows.append(
            (
                rota.name,
                rota.now.person if rota.now else _NOBODY,
                until if isinstance(until, str) else local(until),
                rota.next.person if rota.next else ("" if rota.now and rota.now.ends_at is None else _NOBODY),
            )
        )
    print_table(("ROTA", "ON CALL", "UNTIL", PrintedColumn("NEXT", text=True)), rows)


def _print_shifts(plan: OncallPlan, json_output: bool) -> None:
    if json_output:
        from amt_console.operations.json_views import shifts_json

        print_json(shifts_json(plan))
        return
    rows = [_row(shift, plan) for rota in plan.rotas for shift in rota.shifts]
    rows += [(rota.name, local(gap.starts_at), local(gap.ends_at), _NOBODY) for rota in plan.rotas for gap in rota.gaps]
    rows.sort(key=lambda row: (row[1], row[0]))
    if rows:
        print_table(("ROTA", "FROM", "UNTIL", PrintedColumn("WHO", text=True)), rows)
    else:
        print_line("there is no rota (list people under oncall.people in the configuration)")


def _row(shift: Shift, plan: OncallPlan) -> tuple[str, str, str, str]:
    start = max(shift.starts_at or plan.starts_at, plan.starts_at)
    return shift.rota, local(start), local(shift.ends_at) if shift.ends_at else "for good", shift.person


def _print_check(plan: OncallPlan, json_output: bool) -> None:
    gaps = [gap for rota in plan.rotas for gap in rota.gaps]
    if json_output:
        from amt_console.operations.json_views import coverage_json

        print_json(coverage_json(plan))
    else:
        for gap in gaps:
            print_line(f"{gap.rota}: nobody is on call from {local(gap.starts_at)} to {local(gap.ends_at)}")
        for item in plan.unreachable:
            print_line(f"{safe_text(item.person, 64)} cannot be reached: {safe_text(item.reason)}")
        if not gaps and not plan.unreachable:
            days = (plan.ends_at - plan.at).days
            print_line(f"ok: everybody on call can be reached, and the next {days} days are covered")
    if gaps or plan.unreachable:
        raise typer.Exit(ExitCode.WARNING)


def local(moment: datetime) -> str:
    """A moment in the zone of this machine."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"
