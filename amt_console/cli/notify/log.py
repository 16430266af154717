"""``notify log``: every message with what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.printing.output import print_json, print_line
from amt_console.cli.printing.table import PrintedColumn, print_table
from amt_console.cli.startup.context import get_context
from amt_console.model.notifications import DeliveryState
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.model.notifications import Delivery


def log(
    ctx: typer.Context,
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="Only this channel.")] = None,
    alert: Annotated[int | None, typer.Option("--alert", metavar="ID", help="Only this alert.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="At most this many.")] = 200,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Messages, newest first, with each attempt to deliver them."""
    from amt_console.store import deliveries

    with get_context(ctx).open_store() as store, store.read() as reads:
        found = deliveries(reads, channel=channel, alert_id=alert, limit=limit)
    if json_output:
        from amt_console.operations.notification_json import delivery_json

        print_json([delivery_json(delivery) for delivery in found])
        return
    if not found:
        print_line("no messages")
        return
    print_table(
        (
            "ID",
            "QUEUED",
            PrintedColumn("ALERT", right=True),
            "KIND",
            "CHANNEL",
            PrintedColumn("TO", spare=2),
            "STATE",
            PrintedColumn("SUBJECT", spare=1),
            PrintedColumn("WHAT BECAME OF IT", text=True),
        ),
        [
            (
                str(each.id),
                f"{each.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
                "" if each.alert_id is None else str(each.alert_id),
                each.kind.value,
                safe_text(each.channel, 60),
                safe_text(each.receiver, 60),
                each.state.value,
                safe_text(each.subject or "", 60),
                _became(each),
            )
            for each in found
        ],
    )


def _became(delivery: Delivery) -> str:
    if delivery.delivered_at is not None:
        tries = len(delivery.attempts)
        at = f"delivered {delivery.delivered_at.astimezone():%H:%M:%S}"
        return at if tries == 1 else f"{at}, attempt {tries}"
    if delivery.state in (DeliveryState.CANCELLED, DeliveryState.SUPPRESSED):
        return safe_text(delivery.reason)
    if not delivery.attempts:
        held = delivery.next_at is not None and delivery.next_at > delivery.created_at
        until = f"waits until {delivery.next_at.astimezone():%Y-%m-%d %H:%M:%S}: " if held and delivery.next_at else ""
        return f"{until}{safe_text(delivery.reason)}"
    last = delivery.attempts[-1]
    words = safe_text(f"{last.status}: {last.error}" if last.error else last.status)
    tried = f"attempt {len(delivery.attempts)} {words}"
    return tried if delivery.next_at is None else f"{tried}; next {delivery.next_at.astimezone():%H:%M:%S}"
