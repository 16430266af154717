"""What was known of alerts and messages at a moment: a report is told as of then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from amt_console.alerts import as_of, told
from amt_console.model import Episode
from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.store import Reads


def known_episodes(reads: Reads, episodes: Sequence[Episode], at: datetime) -> list[Episode]:
    """The episodes as they were at a moment; as they are, if nothing has happened to them since."""
    events = reads.alerts.events_of([each.id for each in episodes if each.id is not None])
    found = []
    for each in episodes:
        then = as_of(each, events[each.id or 0], at)
        if then.open:
            then = replace(then, duration_seconds=None)
        found.append(each if told(then) == told(each) else then)
    return found


def known_delivery(delivery: Delivery, at: datetime) -> Delivery:
    """A message as it was at a moment: what was tried later was not tried yet."""
    attempts = tuple(each for each in delivery.attempts if each.at <= at)
    if len(attempts) == len(delivery.attempts) and (delivery.delivered_at is None or delivery.delivered_at <= at):
        return delivery
    return replace(delivery, attempts=attempts, delivered_at=None, state=DeliveryState.QUEUED)
