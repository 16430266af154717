"""One message out of the rows that were claimed for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from amt_console.model.notifications import Message, Notice, NoticeKind, OutboxEntry
from amt_console.notify.grouping import GroupTimes
from amt_console.notify.settings import LinkMaker, no_link
from amt_console.store import ClaimedMessage, MessageClaim
from amt_console.text import duration, safe_text

DIGEST_LINES = 50


def compose(claim: MessageClaim, *, now: datetime, times: GroupTimes, link: LinkMaker = no_link) -> Message:
    """The message of a claim: for each alert its newest facts, worst first.

    Args:
        claim: The rows.
        now: The wall clock.
        times: How long messages wait on purpose.
        link: Makes the link that acknowledges the alert of a page.
    """
    rows = [message.row for message in claim.messages]
    told = _by_alert(claim.messages)
    pages = [row for row in rows if row.kind.pages]
    newest = rows[-1]
    kind, reason = newest.kind, newest.reason
    if len(told) > 1:
        kind = _kind_of_many(told)
        reason = f"{len(told)} alerts in one message"
    elif kind is NoticeKind.RESOLVED and pages:
        reason = f"fired and recovered; it was not delivered for {_span(pages[0].created_at, now)}"
    elif pages and not kind.pages:
        kind, reason = pages[-1].kind, pages[-1].reason
    receiver = ", ".join(dict.fromkeys(row.receiver for row in rows))
    notices = worst_first(messages[-1].notice for messages in told)
    return Message(
        id=claim.batch,
        kind=kind,
        channel=newest.channel,
        receiver=receiver,
        created_at=min(row.created_at for row in rows),
        notices=notices,
        reason=reason,
        text=claim.messages[-1].text,
        attachments=claim.messages[-1].attachments,
        delayed_seconds=_delay(claim.messages, now, times),
        acknowledge_url=link(notices[0], receiver) if _can_be_taken(kind, notices) else None,
        drill=any(row.kind is NoticeKind.DRILL for row in rows),
    )


def retold(told: ClaimedMessage, link: LinkMaker = no_link) -> Message:
    """A delivered message about one alert, to be told again as it was."""
    row, notices = told.row, worst_first((told.notice,))
    return Message(
        id=row.id,
        kind=row.kind,
        channel=row.channel,
        receiver=row.receiver,
        created_at=row.created_at,
        notices=notices,
        reason=row.reason,
        acknowledge_url=link(notices[0], row.receiver) if _can_be_taken(row.kind, notices) else None,
        drill=row.kind is NoticeKind.DRILL,
    )


def _can_be_taken(kind: NoticeKind, notices: Sequence[Notice]) -> bool:
    """Whether a link makes sense: one alert that fires and has no owner. Of a drill and a test there is none."""
    return kind.pages and kind is not NoticeKind.DRILL and len(notices) == 1 and notices[0].owner is None


def worst_first(notices: Iterable[Notice | None]) -> tuple[Notice, ...]:
    """By severity, then the oldest first."""
    known = [notice for notice in notices if notice is not None]
    return tuple(sorted(known, key=lambda notice: (-notice.severity.rank, notice.opened_at, notice.alert_id)))


def digest_entry(channel: str, notices: Iterable[Notice], *, key: str, cap: int, now: datetime) -> OutboxEntry:
    """The one message in place of those that are over the hourly cap."""
    worst = worst_first({notice.alert_id: notice for notice in notices}.values())
    lines = [
        f"{notice.severity.upper()} {notice.message} (alert {notice.alert_id}, "
        f"{notice.state.value} since {notice.opened_at:%Y-%m-%d %H:%M} UTC)"
        for notice in worst[:DIGEST_LINES]
    ]
    if len(worst) > DIGEST_LINES:
        lines.append(f"and {len(worst) - DIGEST_LINES} further alerts")
    head = f"{len(worst)} further alerts, over the cap of {cap} messages an hour"
    return OutboxEntry(
        channel=channel,
        receiver=channel,
        kind=NoticeKind.DIGEST,
        reason=f"the cap of {cap} messages an hour was reached",
        created_at=now,
        text="\n".join((head, *(safe_text(line) for line in lines))),
        dedup_key=key,
    )


def _by_alert(messages: Sequence[ClaimedMessage]) -> list[list[ClaimedMessage]]:
    found: dict[int | None, list[ClaimedMessage]] = {}
    for message in messages:
        found.setdefault(message.row.alert_id, []).append(message)
    return list(found.values())


def _kind_of_many(told: Sequence[Sequence[ClaimedMessage]]) -> NoticeKind:
    newest = [messages[-1].row for messages in told]
    if all(row.held for row in newest):
        return NoticeKind.DIGEST
    kinds = {row.kind for row in newest}
    if len(kinds) == 1:
        return kinds.pop()
    return NoticeKind.FIRED if any(kind.pages for kind in kinds) else NoticeKind.RESOLVED


def _delay(messages: Sequence[ClaimedMessage], now: datetime, times: GroupTimes) -> float:
    """How late it is. Waiting for others on purpose is not late."""
    late = (now - min(message.row.due_at for message in messages)).total_seconds()
    tried = any(message.row.attempts for message in messages)
    return late if late > 0 and (tried or late > times.interval + times.wait) else 0.0


def _span(start: datetime, end: datetime) -> str:
    return duration(max(timedelta(), end - start).total_seconds())
