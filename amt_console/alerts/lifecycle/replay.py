"""Fold an episode's events: they alone give its condition, its handling and the freshness of its data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Any

from amt_console.alerts.lifecycle.episode import RULE_REMOVED_NOTE
from amt_console.model import AlertEvent, AlertState, Episode, Paging, Rating, Resolution, Severity

_IN_ITS_OWN_WORDS = ("opened", "fired", "severity", "relapsed", "error_changed", "step")
"""Events with the episode's own message; the messages of others describe the event."""
_Fields = dict[str, Any]
_IN_NO_EVENT: _Fields = {
    "version": 0,
    "bad_since": None,
    "ok_since": None,
    "stale_since": None,
    "bad_count": 0,
    "critical_count": 0,
    "warning_count": 0,
    "ok_count": 0,
    "escalation_level": 0,
    "paging": Paging(),
    "acknowledged_until": None,
    "snoozed_by": None,
    "snoozed_until": None,
}
"""What no event holds, and what the times of an episode do not tell."""
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


_NOTHING_TOLD: _Fields = {each.name: each.default for each in fields(Told) if each.default is not MISSING}


def told(episode: Episode) -> Told:
    """The part of an episode that its events must hold."""
    return Told(**{name: getattr(episode, name) for name in Told.__slots__})


def replay(events: Iterable[AlertEvent]) -> Told:
    """Fold events, oldest first.

    Raises:
        ValueError: There are no events, the first does not open an episode, or one has an unknown kind.
    """
    return Told(**_folded(events))


def told_before(episode: Episode, events: Iterable[AlertEvent], seq: int) -> Told:
    """The handling of an episode before one of its events.

    Its condition is not told: the beginning may be missing from the events of an episode that another program wrote.
    """
    state: _Fields = {"state": episode.state, "severity": episode.severity, "opened_at": episode.opened_at}
    for event in events:
        if event.seq < seq and event.kind != "opened":
            _fold(state, event)
    return Told(**state)


def as_of(current: Episode, events: Iterable[AlertEvent], at: datetime) -> Episode:
    """An episode as it was at a moment, from its events up to then.

    Counters, the starts of running streaks, the escalation level and the version are in no event; they come out empty:
    nobody acts on a past version. For an episode without events, written by another program, its own times are used.
    """
    happened = [event for event in events if event.at <= at]
    try:
        known = _NOTHING_TOLD | _folded(happened)
    except ValueError:
        return _by_its_times(replace(current, **_IN_NO_EVENT), at)
    known.pop("opened_at")
    if known["state"] is AlertState.RESOLVED:
        return replace(current, **_IN_NO_EVENT | known)
    # A steady alert's message and value change without an event: while it was open, only the events have them.
    last = [event for event in happened if event.kind in _IN_ITS_OWN_WORDS][-1]
    then = {"message": last.message, "value": last.value, "duration_seconds": None}
    return replace(current, **_IN_NO_EVENT | then | known)


def _by_its_times(episode: Episode, at: datetime) -> Episode:
    if episode.acknowledged_at is not None and episode.acknowledged_at > at:
        episode = replace(episode, acknowledged_by=None, acknowledged_at=None, note=None)
    if episode.fired_at is not None and episode.fired_at > at:
        episode = replace(episode, fired_at=None)
    if episode.resolved_at is None or episode.resolved_at <= at:
        return episode
    state = AlertState.PENDING if episode.fired_at is None else AlertState.FIRING
    return replace(episode, state=state, resolved_at=None, duration_seconds=None, resolution=None, stale=False)


def _folded(events: Iterable[AlertEvent]) -> _Fields:
    """The fields of ``Told`` that events set. No object is made for an event: a month has tens of thousands."""
    state: _Fields = {}
    for event in events:
        if state:
            _fold(state, event)
        elif event.kind != "opened":
            raise ValueError(f"The first event of an episode is 'opened', not {event.kind!r}.")
        else:
            state = {"state": event.state, "severity": event.severity, "opened_at": event.at}
    if not state:
        raise ValueError("An episode has at least one event.")
    return state


def _fold(state: _Fields, event: AlertEvent) -> None:
    state["state"], state["severity"] = event.state, event.severity
    match event.kind:
        case "fired":
            state["fired_at"] = event.at
        case "resolved" | "cleared":
            state |= {"resolved_at": event.at, "resolution": _resolution(event), "stale": False}
            if event.actor is not None and event.note:
                state["note"] = event.note
        case "stale" | "fresh":
            state["stale"] = event.kind == "stale"
        case "acknowledged":
            state |= {
                "acknowledged_by": event.detail.get("owner", event.actor),
                "acknowledged_at": event.at,
                "acknowledged_until": _moment(event.detail.get("until")),
                "snoozed_by": None,
                "snoozed_until": None,
                "note": event.note or state.get("note"),
            }
        case "unacknowledged" | "ack_revoked" | "ack_expired":
            state |= {"acknowledged_by": None, "acknowledged_at": None, "acknowledged_until": None}
        case "snoozed":
            state |= {
                "snoozed_by": event.actor,
                "snoozed_until": _moment(event.detail.get("until")),
                "note": event.note or state.get("note"),
            }
        case "snooze_ended":
            state |= {"snoozed_by": None, "snoozed_until": None}
        case "rated":
            state |= {"rating": Rating(event.detail["rating"]), "note": event.note or state.get("note")}
        case "note":
            state["note"] = event.note
        case "undone":
            state |= _restored(event.detail)
        case "severity" | "recovering" | "relapsed" | "error_changed" | "step":
            pass
        case _:
            raise ValueError(f"Unknown kind of event: {event.kind!r}.")


def _restored(handling: Mapping[str, str]) -> _Fields:
    rating = handling.get("rating")
    return {
        "acknowledged_by": handling.get("acknowledged_by"),
        "acknowledged_at": _moment(handling.get("acknowledged_at")),
        "acknowledged_until": _moment(handling.get("acknowledged_until")),
        "snoozed_by": handling.get("snoozed_by"),
        "snoozed_until": _moment(handling.get("snoozed_until")),
        "rating": None if rating is None else Rating(rating),
        "note": handling.get("note"),
    }


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _resolution(event: AlertEvent) -> Resolution:
    if event.actor is not None:
        return Resolution.MANUAL
    if event.note == RULE_REMOVED_NOTE:
        return Resolution.RULE_REMOVED
    return Resolution.RECOVERED if event.kind == "resolved" else Resolution.CLEARED
