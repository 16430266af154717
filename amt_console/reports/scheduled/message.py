"""The message about a scheduled report."""

from __future__ import annotations

from datetime import datetime, timedelta

from amt_console.model.notifications import NoticeKind, OutboxEntry
from amt_console.reports.scheduled.job import MadeReport
from amt_console.reports.scheduled.orders import ReportOrder
from amt_console.reports.scheduled.schedule import Period

EXPIRES = timedelta(hours=24)
"""As long as the outbox tries anything."""


def report_message(
    order: ReportOrder,
    period: Period,
    made: MadeReport,
    *,
    now: datetime,
    host: str,
    public_url: str | None,
    by: str | None = None,
) -> OutboxEntry:
    """The summary for the order's channel, with the files attached where the channel can.

    Args:
        order: Has a channel.
        period: Which one.
        made: The files.
        now: The wall clock.
        host: Where the files lie: another monitor may send the message.
        public_url: The address of the API for people, if it has one.
        by: Who asked for it; then it is sent again, though it was sent before.
    """
    assert order.channel is not None
    words = order.period_words(period)
    lines = [made.summary.strip() or f"{order.name} {words}", ""]
    names = ", ".join(path.name for path in made.files)
    place = f"{made.folder} on {host}"
    lines.append(f"Files: {names} in {place}" if names else f"No table with data: {place} has no file.")
    if public_url is not None:
        lines.append(f"Dashboards: {public_url.rstrip('/')}/dashboards/")
    again = "" if by is None else f".{by}.{now.isoformat()}"
    return OutboxEntry(
        channel=order.channel,
        receiver=order.channel,
        kind=NoticeKind.REPORT,
        reason=f"scheduled report {order.name}, {words}" + ("" if by is None else f", asked for by {by}"),
        created_at=now,
        text="\n".join(lines),
        attachments=tuple(str(path.absolute()) for path in made.files),
        expires_at=now + EXPIRES,
        dedup_key=f"report.{order.name}.{period.start.isoformat()}.{period.end.isoformat()}.{order.channel}{again}",
    )
