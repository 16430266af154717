"""``alerts why``: why an alert was told to somebody, or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from amt_console.cli.alerts.acting import AlertId, JsonOption
from amt_console.cli.printing.output import print_json, print_line, print_wrapped
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.text import SEVERITY_WORDS, safe_text

if TYPE_CHECKING:
    from datetime import datetime

    from amt_console.model.notifications import Delivery
    from amt_console.model.why import AlertWhy, Observed


def why(ctx: typer.Context, alert_id: AlertId, json_output: JsonOption = False) -> None:
    """Why this alert paged somebody, or nobody: what was seen, each decision, each delivery.

    All of it was stored when it happened. A changed configuration does not change the answer.
    """
    with get_context(ctx).operations() as operations:
        found = operations.why(alert_id)
    if json_output:
        from amt_console.operations.notification_json import why_json

        print_json(why_json(found))
        return
    episode = found.episode
    print_wrapped(
        f"alert {episode.id}, {SEVERITY_WORDS[episode.severity]}, rule {safe_text(episode.rule_id or 'none', 200)}: "
        f"{safe_text(episode.message)}"
    )
    _print_observations(found)
    _print_decisions(found)
    _print_deliveries(found)


def _print_observations(found: AlertWhy) -> None:
    print_line()
    print_line("SEEN")
    print_table(
        ("AT", "WHAT", "STATE", PrintedColumn("MESSAGE", text=True)),
        [
            (_time(each.at), each.kind, safe_text(each.state, 20), safe_text(each.message) + _judged_by(each))
            for each in found.observations
        ],
    )


def _judged_by(observed: Observed) -> str:
    new = {name: value for name, value in observed.detail.items() if value not in observed.message}
    facts = ", ".join(f"{safe_text(name, 40)} {safe_text(value, 100)}" for name, value in new.items())
    return f" ({facts})" if facts else ""


def _print_decisions(found: AlertWhy) -> None:
    print_line()
    print_line("DECIDED")
    if not found.decisions:
        print_line("  nothing: it was not confirmed, or is older than the decisions that are kept")
        return
    print_table(
        ("AT", "STAGE", "OUTCOME", PrintedColumn("REASON", text=True)),
        [
            (
                _time(each.at),
                each.stage.value,
                each.outcome.value,
                safe_text(each.reason) + (f" [{safe_text(each.detail)}]" if each.detail else ""),
            )
            for each in found.decisions
        ],
    )


def _print_deliveries(found: AlertWhy) -> None:
    print_line()
    print_line("SENT")
    if not found.deliveries:
        print_line("  nothing was queued for anybody")
        return
    print_table(
        ("ID", "KIND", "CHANNEL", "TO", "STATE", PrintedColumn("ATTEMPTS", text=True)),
        [
            (
                str(each.id),
                each.kind.value,
                safe_text(each.channel, 60),
                safe_text(each.receiver, 60),
                each.state.value,
                _attempts(each),
            )
            for each in found.deliveries
        ],
    )


def _attempts(delivery: Delivery) -> str:
    tried = [
        f"{_time(each.at)} {safe_text(each.status, 40)}" + (f": {safe_text(each.error)}" if each.error else "")
        for each in delivery.attempts
    ]
    if delivery.next_at is not None:
        tried.append(f"next at {_time(delivery.next_at)}")
    return "; ".join(tried) or "not tried"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}"
