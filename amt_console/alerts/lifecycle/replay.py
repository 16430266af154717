"""Fold an episode's events: they alone give its condition, its handling and the freshness of its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from amt_console.alerts.lifecycle.episode import RULE_REMOVED_NOTE
from amt_console.model import AlertEvent, AlertState, Episode, Paging, Rating, Resolution, Severity

_IN_ITS_OWN_WORDS = ("opened", "fired", "severity", "relapsed", "error_changed", "step")
"""Events with the episode's own message; the messages of others describe the event."""
UNDONE = "undone"
"""A person took back an action: the event's detail holds what is restored."""


@dataclass(frozen=True, slots=True)
class Told:
    """The part of an episode that its events hold. Counters and the message of a steady alert are not transitions."""

    state: AlertState
    severity: Severity
    opened_at: datetime
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    stale: bool = False
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    snoozed_by: str | None = None
    snoozed_until: datetime | None = None
    rating: Rating | None = None
    note: str | None = None


def told(episode: Episode) -> Told:
    """The part of an episode that its events must hold."""
    return Told(**{name: getattr(episode, name) for name in Told.__slots__})


def replay(events: Iterable[AlertEvent]) -> Told:
    """Fold events, oldest first.

    Raises:
        ValueError: There are no events, the first does not open an episode, or one has an unknown kind.
    """
    state: Told | None = None
    for event in events:
        state = _opened(event) if state is None else _fold(state, event)
    if state is None:
        raise ValueError("An episode has at least one event.")
    return state


def told_before(episode: Episode, events: Iterable[AlertEvent], seq: int) -> Told:
    """The handling of an episode before one of its events.

    Its condition is not told: the beginning may be missing from the events of an episode that another program wrote.
    """
    state = Told(state=episode.state, severity=episode.severity, opened_at=episode.opened_at)
    for event in events:
        if event.seq < seq and event.kind != "opened":
            state = _fold(state, event)
    return state


def as_of(current: Episode, events: Iterable[AlertEvent], at: datetime) -> Episode:
    """An episode as it was at a moment, from its events up to then.

    Counters, the starts of running streaks, the escalation level and the version are in no event; they come out empty:
    nobody acts on a past version. For an episode without events, written by another program, its own times are used.
    """
    happened = [event for event in events if event.at <= at]
    bare = replace(
        current,
        version=0,
        bad_since=None,
        ok_since=None,
        stale_since=None,
        bad_count=0,
        critical_count=0,
        warning_count=0,
        ok_count=0,
        escalation_level=0,
        paging=Paging(),
        acknowledged_until=None,
        snoozed_by=None,
        snoozed_until=None,
    )
    try:
        then = replay(happened)
    except ValueError:
        return _by_its_times(bare, at)
    fields = {name: getattr(then, name) for name in Told.__slots__ if name != "opened_at"}
    if then.state is AlertState.RESOLVED:
        return replace(bare, **fields)
    # A steady alert's message and value change without an event: while it was open, only the events have them.
    last = [event for event in happened if event.kind in _IN_ITS_OWN_WORDS][-1]
    return replace(bare, message=last.message, value=last.value, duration_seconds=None, **fields)


def _by_its_times(episode: Episode, at: datetime) -> Episode:
    if episode.acknowledged_at is not None and episode.acknowledged_at > at:
        episode = replace(episode, acknowledged_by=None, acknowledged_at=None, note=None)
    if episode.fired_at is not None and episode.fired_at > at:
        episode = replace(episode, fired_at=None)
    if episode.resolved_at is None or episode.resolved_at <= at:
        return episode
    state = AlertState.PENDING if episode.fired_at is None else AlertState.FIRING
    return replace(episode, state=state, resolved_at=None, duration_seconds=None, resolution=None, stale=False)


def _opened(event: AlertEvent) -> Told:
    if event.kind != "opened":
        raise ValueError(f"The first event of an episode is 'opened', not {event.kind!r}.")
    return Told(state=event.state, severity=event.severity, opened_at=event.at)


def _fold(before: Told, event: AlertEvent) -> Told:
    now = replace(before, state=event.state, severity=event.severity)
    match event.kind:
        case "fired":
            return replace(now, fired_at=event.at)
        case "resolved" | "cleared":
            note = event.note if event.actor is not None and event.note else before.note
            return replace(now, resolved_at=event.at, resolution=_resolution(event), stale=False, note=note)
        case "stale" | "fresh":
            return replace(now, stale=event.kind == "stale")
        case "acknowledged":
            return replace(
                now,
                acknowledged_by=event.detail.get("owner", event.actor),
                acknowledged_at=event.at,
                acknowledged_until=_moment(event.detail.get("until")),
                snoozed_by=None,
                snoozed_until=None,
                note=event.note or before.note,
            )
        case "unacknowledged" | "ack_revoked" | "ack_expired":
            return replace(now, acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
        case "snoozed":
            return replace(
                now,
                snoozed_by=event.actor,
                snoozed_until=_moment(event.detail.get("until")),
                note=event.note or before.note,
            )
        case "snooze_ended":
            return replace(now, snoozed_by=None, snoozed_until=None)
        case "rated":
            return replace(now, rating=Rating(event.detail["rating"]), note=event.note or before.note)
        case "note":
            return replace(now, note=event.note)
        case "undone":
            return _restored(now, event.detail)
        case "severity" | "recovering" | "relapsed" | "error_changed" | "step":
            return now
    raise ValueError(f"Unknown kind of event: {event.kind!r}.")


def _restored(now: Told, handling: Mapping[str, str]) -> Told:
    rating = handling.get("rating")
    return replace(
        now,
        acknowledged_by=handling.get("acknowledged_by"),
        acknowledged_at=_moment(handling.get("acknowledged_at")),
        acknowledged_until=_moment(handling.get("acknowledged_until")),
        snoozed_by=handling.get("snoozed_by"),
        snoozed_until=_moment(handling.get("snoozed_until")),
        rating=None if rating is None else Rating(rating),
        note=handling.get("note"),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _resolution(event: AlertEvent) -> Resolution:
    if event.actor is not None:
        return Resolution.MANUAL
    if event.note == RULE_REMOVED_NOTE:
        return Resolution.RULE_REMOVED
    return Resolution.RECOVERED if event.kind == "resolved" else Resolution.CLEARED
