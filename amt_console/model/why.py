"""Why an alert was told to somebody, or not: what was stored when it was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from amt_console.model.alerts import Episode
from amt_console.model.notifications import Decision, Delivery, DeliveryState


@dataclass(frozen=True, slots=True)
class Observed:
    """A step of the alert's condition, or a probe around it."""

    at: datetime
    kind: str
    """The event's kind, or ``probe``."""
    state: str
    """Of the alert after the event, or of the service by the probe."""
    message: str
    value: float | None = None
    """In the unit of the rule; of a probe the response time in milliseconds."""
    detail: Mapping[str, str] = field(default_factory=dict)
    """``count``, ``for`` and ``limit`` when it was judged."""


@dataclass(frozen=True, slots=True)
class AlertWhy:
    """One alert with all decisions about its messages."""

    episode: Episode
    observations: tuple[Observed, ...] = ()
    """Oldest first."""
    decisions: tuple[Decision, ...] = ()
    """Oldest first."""
    deliveries: tuple[Delivery, ...] = ()
    """Oldest first."""

    def as_of(self, at: datetime) -> AlertWhy:
        """What was stored at a moment. When a message was cancelled or became part of a digest is not stored: such a
        message keeps that state.
        """
        return replace(
            self,
            observations=tuple(each for each in self.observations if each.at <= at),
            decisions=tuple(each for each in self.decisions if each.at <= at),
            deliveries=tuple(_delivery_at(each, at) for each in self.deliveries if each.created_at <= at),
        )


def _delivery_at(delivery: Delivery, at: datetime) -> Delivery:
    attempts = tuple(each for each in delivery.attempts if each.at <= at)
    arrived = delivery.delivered_at is not None and delivery.delivered_at <= at
    tried_later = len(attempts) < len(delivery.attempts)
    waits = (delivery.state is DeliveryState.DELIVERED and not arrived) or tried_later
    return replace(
        delivery,
        attempts=attempts,
        state=DeliveryState.QUEUED if waits and not arrived else delivery.state,
        delivered_at=delivery.delivered_at if arrived else None,
        next_at=None,
    )
