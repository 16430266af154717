"""What a channel was told of alerts that still fire, or have just ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select, union_all

from amt_console.model.notifications import DeliveryState, NoticeKind
from amt_console.store.delivery.claims import ClaimedMessage, claimed
from amt_console.store.delivery.log import LONGEST_WAY
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
    mine = and_(_OUTBOX.c.channel == channel, _OUTBOX.c.state == DeliveryState.DELIVERED.value)
    fires = (
        select(func.max(_OUTBOX.c.id))
        .join(_ALERTS, _ALERTS.c.id == _OUTBOX.c.alert_id)
        .where(mine, _ALERTS.c.resolved.is_(False), _OUTBOX.c.kind.in_(_PAGES))
        .group_by(_OUTBOX.c.alert_id)
    )
    ended = select(_OUTBOX.c.id).where(
        mine,
        _OUTBOX.c.kind == NoticeKind.RESOLVED.value,
        _OUTBOX.c.delivered_at >= ended_since,
        _OUTBOX.c.created_at >= ended_since - LONGEST_WAY,
    )
    newest = union_all(fires, ended).subquery()
    query = select(_OUTBOX).where(_OUTBOX.c.id.in_(select(newest))).order_by(_OUTBOX.c.id)
    return tuple(claimed(row, reads._keys) for row in reads._connection.execute(query).mappings())
