"""Messages as they were known at a moment, and those that did not arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.store import Reads, deliveries

MOST_UNDELIVERED = 100
_MOST_LOOKED_AT = 1000
LATE = timedelta(minutes=1)
"""A message that waits for longer than this after it was due counts as undelivered."""


def known_delivery(delivery: Delivery, at: datetime) -> Delivery:
    """A message as it was at a moment: what was tried later was not tried yet."""
    attempts = tuple(each for each in delivery.attempts if each.at <= at)
    if len(attempts) == len(delivery.attempts) and (delivery.delivered_at is None or delivery.delivered_at <= at):
        return delivery
    return replace(delivery, attempts=attempts, delivered_at=None, state=DeliveryState.QUEUED)


def messages_within(reads: Reads, start: datetime, end: datetime, *, past: bool, limit: int) -> tuple[Delivery, ...]:
    """The messages that were queued in a window, newest first; of a past one as they were at its end.

    When a message was to be tried next, and what it was grouped with, is not kept.
    """
    found = deliveries(reads, since=start, until=end, limit=limit)
    if not past:
        return found
    then = (known_delivery(each, end) for each in found)
    return tuple(replace(each, next_at=None, batch=None) for each in then)


def undelivered(reads: Reads, since: datetime, now: datetime, *, past: bool = False) -> tuple[Delivery, ...]:
    """Messages that were given up since a moment, and those that still wait though they are due; newest first.

    With ``past``, ``now`` is a past moment: of what waited then, those that had been tried.
    """
    if past:
        then = messages_within(reads, since, now, past=True, limit=_MOST_LOOKED_AT)
        waits = (each for each in then if each.state is DeliveryState.DEAD or _was_tried(each))
        return tuple(waits)[:MOST_UNDELIVERED]
    given_up = deliveries(reads, since=since, states=(DeliveryState.DEAD,), limit=MOST_UNDELIVERED)
    waiting = deliveries(reads, states=(DeliveryState.QUEUED,), limit=MOST_UNDELIVERED)
    # What waits on purpose (quiet hours, a group) was not tried; what is late was tried, or nobody sends.
    late = [each for each in waiting if each.attempts or (each.next_at is not None and each.next_at < now - LATE)]
    return tuple(sorted((*given_up, *late), key=lambda each: -each.id)[:MOST_UNDELIVERED])


def _was_tried(delivery: Delivery) -> bool:
    return delivery.state is DeliveryState.QUEUED and bool(delivery.attempts)
