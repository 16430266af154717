"""``alerts``: list them and read one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.alerts import acting
from amt_console.cli.alerts.acting import AlertId, JsonOption
from amt_console.cli.alerts.why import why
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.printing.output import ascii_only, print_json, print_line, print_wrapped
from amt_console.cli.printing.states import who_has
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.model import AlertState, AlertView
from amt_console.moments import parse_moment
from amt_console.text import ALERT_STATE_WORDS, SEVERITY_WORDS, age, duration, safe_text, severity_glyph

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.alerts import StoryLine
    from amt_console.model import AlertDetail, KeptAnswer

app = typer.Typer(help="List and read alerts, and act on them.", no_args_is_help=True, rich_markup_mode=None)

AtOption = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="A past moment: '14:30', '-2h', 'yesterday 09:00'.")
]
_COLUMNS = (
    PrintedColumn("ID", right=True),
    PrintedColumn("SEVERITY"),
    PrintedColumn("STATE", spare=1),
    PrintedColumn("SUBJECT", spare=2, most=30),
    PrintedColumn("FOR", right=True),
    PrintedColumn("WHO"),
    PrintedColumn("MESSAGE", text=True, clip=True),
)


@app.command("list", epilog="Example: amt-console alerts list --all --since 7d --json")
def list_alerts(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Include resolved alerts, newest first.")] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="With --all: opened since then, e.g. '24h'.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="At most this many.")] = 200,
    at: AtOption = None,
    json_output: JsonOption = False,
) -> None:
    """Active alerts, worst first; with --at those of a past moment, as they were then."""
    if at and (every or since):
        raise CommandError("--at shows the alerts of one moment: leave out --all and --since, or --at", ExitCode.USAGE)
    context = get_context(ctx)
    moment = parse_moment(since, context.clock.now()) if since else None
    past = parse_moment(at, context.clock.now()) if at else None
    states = tuple(AlertState) if every or since else None
    with context.operations() as operations:
        if past is not None:
            found = operations.snapshot(past).alerts[:limit]
        else:
            found = operations.alerts(states, since=moment, limit=limit)
    if json_output:
        from amt_console.operations.json_views import alert_json

        print_json([alert_json(alert) for alert in found])
        return
    if not found:
        print_line("no alerts" if states else "no active alerts")
        return
    now, plain = past or context.clock.now(), ascii_only()
    subjects = {alert.id: alert.subject for alert in found}
    print_table(
        _COLUMNS,
        [
            (
                str(alert.id),
                f"{severity_glyph(alert.severity, ascii_only=plain)} {SEVERITY_WORDS[alert.severity]}",
                state_word(alert),
                alert.subject,
                _span(alert, now),
                who_has(alert, subjects),
                alert.message + (" [simulated]" if alert.simulated else ""),
            )
            for alert in found
        ],
    )


@app.command("show", epilog="Example: amt-console alerts show 12")
def show(ctx: typer.Context, alert_id: AlertId, at: AtOption = None, json_output: JsonOption = False) -> None:
    """One alert with its whole history; with --at as it was at a past moment."""
    context = get_context(ctx)
    past = parse_moment(at, context.clock.now()) if at else None
    with context.operations() as operations:
        detail = operations.alert(alert_id, at=past)
    if json_output:
        from amt_console.operations.json_views import alert_detail_json

        print_json(alert_detail_json(detail))
        return
    _print_detail(detail.alert, detail, past or context.clock.now())


for name, action, example in (
    ("ack", acting.ack, "12 --note 'restarting the API' --for 2h"),
    ("claim", acting.claim, "12"),
    ("handoff", acting.handoff, "12 ben --note 'the queue is full again'"),
    ("unack", acting.unack, "12"),
    ("snooze", acting.snooze, "12 --for 15m"),
    ("note", acting.note, "12 'the new release is rolled back'"),
    ("close", acting.close, "12 --noise --note 'the service was retired'"),
    ("undo", acting.undo, "12"),
    ("why", why, "12"),
):
    app.command(name, epilog=f"Example: amt-console alerts {name} {example}")(action)


def state_word(alert: AlertView) -> str:
    """Its condition; one that went before it was confirmed is merely ``cleared``: nobody was told of it."""
    never_fired = alert.state is AlertState.RESOLVED and alert.fired_at is None
    return "cleared" if never_fired else ALERT_STATE_WORDS[alert.state]


def _span(alert: AlertView, now: datetime) -> str:
    """How long it has been open; of an ended one how long it was, and how long ago it began."""
    if alert.resolved_at is None:
        return age(alert.opened_at, now)
    return f"{duration((alert.resolved_at - alert.opened_at).total_seconds())}, {age(alert.opened_at, now)} ago"


def _owner(alert: AlertView) -> str:
    if alert.acknowledged_by is None:
        return "nobody"
    until = alert.acknowledged_until if alert.resolved_at is None else None
    return alert.acknowledged_by + ("" if until is None else f", until {_local(until)}")


def _snoozed(alert: AlertView) -> str | None:
    if alert.snoozed_by is None or alert.resolved_at is not None:
        return None
    until = "it recovers" if alert.snoozed_until is None else _local(alert.snoozed_until)
    return f"by {alert.snoozed_by} until {until}"


def _local(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _cause(detail: AlertDetail) -> str | None:
    cause = detail.cause
    if cause is None:
        return None
    owner = f"{safe_text(cause.acknowledged_by, 64)} has that" if cause.acknowledged_by else "nobody has that"
    return f"alert {cause.id}, {safe_text(cause.subject, 100)}: {safe_text(cause.message)} ({owner})"


def _print_detail(alert: AlertView, detail: AlertDetail, now: datetime) -> None:
    from amt_console.alerts import fold_story

    facts = [
        ("alert", f"{alert.id} ({alert.alert_type.value})" + (", simulated" if alert.simulated else "")),
        ("severity", SEVERITY_WORDS[alert.severity]),
        ("state", state_word(alert) + (", no fresh data" if alert.stale else "")),
        ("subject", alert.subject),
        ("message", alert.message),
        ("since", f"{_local(alert.opened_at)} (for {_span(alert, now)})"),
        ("who has it", _owner(alert)),
        ("snoozed", _snoozed(alert)),
        ("silenced", f"by {', '.join(alert.silenced_by)}" if alert.silenced_by else None),
        ("maintenance", alert.maintenance),
        ("follows from", _cause(detail)),
        ("note", alert.note),
        ("rated", alert.rating),
        ("runbook", safe_text(alert.runbook) if alert.runbook else None),
    ]
    for label, value in facts:
        if value:
            print_wrapped(f"{label:<14}{value}", indent=14)
    print_line()
    print_table(
        ("AT", "EVENT", "BY", PrintedColumn("MESSAGE", text=True)),
        [
            (
                f"{line.since.astimezone():%Y-%m-%d %H:%M:%S}",
                line.event.kind,
                safe_text(line.event.actor or "monitor", 64),
                _told(line),
            )
            for line in fold_story(detail.events)
        ],
    )
    if alert.answer is not None:
        print_line()
        _print_body(alert.answer)
    if detail.evidence is not None:
        from amt_console.operations.evidence_facts import evidence_facts

        print_line()
        print_line(f"EVIDENCE, seen at {detail.evidence.at.astimezone():%Y-%m-%d %H:%M:%S}")
        for label, value in evidence_facts(detail.evidence):
            print_wrapped(f"  {label:<18}{value}", indent=20)


def _told(line: StoryLine) -> str:
    event = line.event
    if line.summary is not None:
        return safe_text(line.summary)
    return safe_text(event.message) + (f" - {safe_text(event.note)}" if event.note else "")


def _print_body(answer: KeptAnswer) -> None:
    print_line(f"BODY, kept at {answer.at.astimezone():%Y-%m-%d %H:%M:%S}")
    if answer.text is None:
        print_wrapped(f"  (unavailable: {safe_text(answer.unavailable or 'unknown')})", indent=2)
        return
    for line in safe_text(answer.text, 4096, keep_newlines=True).splitlines():
        print_line(f"  {line}")
