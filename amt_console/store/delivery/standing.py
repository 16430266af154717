"""What a channel was told of alerts that still fire, or have just ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select

from amt_console.model.notifications import DeliveryState, NoticeKind
from amt_console.store.delivery.claims import ClaimedMessage, claimed
from amt_console.store.outbox.tables import OutboxRow
from amt_console.store.reads import Reads
from amt_console.store.schema import table
from amt_console.store.tables import AlertRow

_OUTBOX, _ALERTS = table(OutboxRow), table(AlertRow)
_PAGES = tuple(kind.value for kind in NoticeKind if kind.pages)


def standing_messages(reads: Reads, channel: str, ended_since: datetime) -> tuple[ClaimedMessage, ...]:
    """The newest delivered row of each such alert, oldest first.

    Args:
        reads: A reading transaction.
        channel: By name.
        ended_since: Ends that were delivered before are left out.
    """
    fires = and_(_ALERTS.c.resolved.is_(False), _OUTBOX.c.kind.in_(_PAGES))
    ended = and_(_OUTBOX.c.kind == NoticeKind.RESOLVED.value, _OUTBOX.c.delivered_at >= ended_since)
    newest = (
        select(func.max(_OUTBOX.c.id))
        .join(_ALERTS, _ALERTS.c.id == _OUTBOX.c.alert_id)
        .where(_OUTBOX.c.channel == channel, _OUTBOX.c.state == DeliveryState.DELIVERED.value, or_(fires, ended))
        .where(or_(_ALERTS.c.resolved.is_(False), _ALERTS.c.resolved_at >= ended_since))
        .group_by(_OUTBOX.c.alert_id)
    )
    query = select(_OUTBOX).where(_OUTBOX.c.id.in_(newest)).order_by(_OUTBOX.c.id)
    return tuple(claimed(row, reads._keys) for row in reads._connection.execute(query).mappings())
