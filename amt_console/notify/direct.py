"""Pages that cannot be stored, because the disk is full: one channel sends them from memory.

Nothing else is ever sent from memory. When there is room again the same alerts are stored with their messages; what was
sent already is then noted as delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from amt_console.clock import micros
from amt_console.model.notifications import Message, Notice, NoticeKind, OutboxEntry, QueuedMessage
from amt_console.model.states import AlertType
from amt_console.notify.messages import worst_first

FLAG = "sent directly, because the monitor cannot store anything at the moment"
_Alert = tuple[AlertType, str, datetime]
"""Type and subject of an alert, and when it began: it may have no number yet."""
_Key = tuple[_Alert, str, bool]
"""The alert, the receiver, and whether it is told that the alert has ended."""


@dataclass(frozen=True, slots=True)
class _Sent:
    at: datetime
    notice: Notice


@dataclass(frozen=True, slots=True)
class DirectPage:
    """A row of the outbox whose page was sent directly before it was stored."""

    row: QueuedMessage
    notice: Notice
    """As it was sent."""
    at: datetime


class DirectPages:
    """Of one channel; used on the dispatcher's loop."""

    def __init__(self) -> None:
        self._waiting: list[OutboxEntry] = []
        self._sent: dict[_Key, _Sent] = {}
        self._numbers: dict[_Alert, int] = {}

    def add(self, entries: Iterable[OutboxEntry]) -> None:
        """Send these as soon as possible. Alerts without a number get one below zero.

        An end goes out if its page did; a page whose end comes before it is sent comes out of the outbox later.
        """
        for entry in entries:
            notice = entry.notice
            if notice is None:
                continue
            alert = _alert(notice)
            if entry.kind is NoticeKind.RESOLVED:
                waiting = [each for each in self._waiting if _is_about(each, alert, entry.receiver)]
                self._waiting = [each for each in self._waiting if each not in waiting]
                if waiting or (notice.alert_id <= 0 and (alert, entry.receiver, False) not in self._sent):
                    continue
            if notice.alert_id <= 0:
                number = self._numbers.setdefault(alert, -len(self._numbers) - 1)
                entry = replace(entry, notice=replace(notice, alert_id=number))
            self._waiting.append(entry)

    def next(self, *, groups: bool) -> tuple[OutboxEntry, ...]:
        """What goes out as one message; empty if nothing waits."""
        first = [entry for entry in self._waiting if entry.kind.pages == self._waiting[0].kind.pages]
        return tuple(first if groups else first[:1])

    def done(self, entries: Sequence[OutboxEntry], *, sent_at: datetime | None) -> None:
        """These were sent, or, without a moment, given up."""
        self._waiting = [entry for entry in self._waiting if entry not in entries]
        for entry in entries:
            notice = entry.notice
            if sent_at is not None and notice is not None:
                self._sent[_alert(notice), entry.receiver, entry.kind is NoticeKind.RESOLVED] = _Sent(sent_at, notice)

    def candidates(self, rows: Iterable[QueuedMessage]) -> list[int]:
        """The numbers of rows that may tell what was sent directly; their notices are needed to know."""
        known = {(alert[:2], receiver) for alert, receiver, _ in self._sent}
        return [row.id for row in rows if ((row.alert_type, row.subject), row.receiver) in known]

    def told(self, rows: Iterable[QueuedMessage], notices: Mapping[int, Notice]) -> list[DirectPage]:
        """The pages and ends among the rows that were sent directly; each is found once."""
        found = []
        for row in rows:
            notice, over = notices.get(row.id), row.kind is NoticeKind.RESOLVED
            if notice is None or not (over or row.kind.pages):
                continue
            sent = self._sent.pop((_alert(notice), row.receiver, over), None)
            if sent is not None and notice.severity.rank <= sent.notice.severity.rank:
                found.append(DirectPage(row, sent.notice, sent.at))
        return found


def _alert(notice: Notice) -> _Alert:
    return notice.alert_type, notice.subject, notice.opened_at


def _is_about(entry: OutboxEntry, alert: _Alert, receiver: str) -> bool:
    return entry.notice is not None and _alert(entry.notice) == alert and entry.receiver == receiver


def direct_message(entries: Sequence[OutboxEntry], now: datetime) -> Message:
    """One message about pages that could not be stored."""
    first = entries[0]
    reason = f"{first.reason}; {FLAG}" if len(entries) == 1 else f"{len(entries)} alerts in one message; {FLAG}"
    return Message(
        # Far above every number of a row, and another one for each message.
        id=micros(now),
        kind=first.kind,
        channel=first.channel,
        receiver=", ".join(dict.fromkeys(entry.receiver for entry in entries)),
        created_at=first.created_at,
        notices=worst_first({entry.notice.alert_id: entry.notice for entry in entries if entry.notice}.values()),
        reason=reason,
    )
