"""Who had an alert, and how fast each step was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from amt_console.model.notifications import DeliveryState
from amt_console.reports.incident.data import IncidentData

_ENDS = frozenset(("unacknowledged", "ack_expired", "ack_revoked"))


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who had the alert."""

    name: str
    since: datetime
    until: datetime | None
    """``None``: to the end, or still."""


@dataclass(frozen=True, slots=True)
class Response:
    """The steps from the first failure to the end; seconds since the first failure, ``None`` where not taken."""

    confirmed_s: float | None
    """Until the alert fired."""
    told_s: float | None
    """Until the first page was delivered."""
    acknowledged_s: float | None
    """Until the first person took it."""
    resolved_s: float | None
    owners: tuple[Owner, ...] = ()


def response(data: IncidentData) -> Response:
    """The steps of one alert."""
    episode = data.episode
    told = [
        each.delivered_at
        for each in data.deliveries
        if each.kind.pages and each.state is DeliveryState.DELIVERED and each.delivered_at is not None
    ]
    owners = _owners(data)

    def after(moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (moment - episode.opened_at).total_seconds())

    resolved = episode.duration_seconds if episode.resolved_at is not None else None
    return Response(
        confirmed_s=after(episode.fired_at),
        told_s=after(min(told, default=None)),
        acknowledged_s=after(owners[0].since if owners else episode.acknowledged_at),
        resolved_s=after(episode.resolved_at) if resolved is None else resolved,
        owners=owners,
    )


def _owners(data: IncidentData) -> tuple[Owner, ...]:
    """From the events; what was undone ends there."""
    found: list[Owner] = []
    for event in data.events:
        if event.kind == "acknowledged":
            name = event.detail.get("owner") or event.actor
        elif event.kind == "undone":
            name = event.detail.get("acknowledged_by")
        elif event.kind in _ENDS:
            name = None
        else:
            continue
        last = found[-1] if found and found[-1].until is None else None
        if last is not None and last.name != name:
            found[-1] = Owner(last.name, last.since, event.at)
        if name is not None and (last is None or last.name != name):
            found.append(Owner(name, event.at, None))
    episode = data.episode
    if not found and episode.acknowledged_by is not None and episode.acknowledged_at is not None:
        # Another program wrote the alert, without events.
        return (Owner(episode.acknowledged_by, episode.acknowledged_at, None),)
    return tuple(found)
