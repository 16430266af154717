"""Build one transition: the new state of the episode, and its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from amt_console.clock import Instant
from amt_console.model import AlertEvent, AlertState, Episode, Resolution


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of an observation or an action: if ``changed``, store ``episode`` and ``events`` together."""

    episode: Episode | None
    events: tuple[AlertEvent, ...] = ()
    """In order. ``seq`` and ``alert_id`` are assigned when stored."""
    changed: bool = False
    """False if there is nothing to store."""
    answer: str | None = None
    """The service's answer, to be kept in place of an earlier one."""


def in_order(
    episode: Episode, events: Sequence[AlertEvent], last: datetime | None
) -> tuple[Episode, tuple[AlertEvent, ...]]:
    """Move events that are dated before the stored event ``last`` to its time, and mark them.

    A transition knows when its episode opened and fired, not its other events: a clock that is set back between two
    of them is noticed here. Times of the episode move with their event.
    """
    if last is None or all(event.at >= last for event in events):
        return episode, tuple(events)
    moved = {event.at for event in events if event.at < last}

    def time(found: datetime | None) -> datetime | None:
        return last if found in moved else found

    episode = replace(
        episode,
        fired_at=time(episode.fired_at),
        acknowledged_at=time(episode.acknowledged_at),
        resolved_at=time(episode.resolved_at),
    )
    late = (
        event if event.at >= last else replace(event, at=last, detail={**_set_back(event.at), **event.detail})
        for event in events
    )
    return episode, tuple(late)


def _set_back(wall: datetime) -> dict[str, str]:
    """The mark of an event with a moved time: what the clock said."""
    return {"clock": f"set back: this was {wall:%Y-%m-%d %H:%M:%S} UTC by the clock"}


class Transition:
    """Collects changes to one episode at one instant."""

    def __init__(self, episode: Episode, at: Instant, *, new: bool = False) -> None:
        """Start from ``episode``; a ``new`` one counts as changed."""
        self._before = None if new else episode
        self._events: list[AlertEvent] = []
        self._at = at
        self.episode = episode
        self.answer: str | None = None
        """To be kept with the episode."""

    @property
    def changed(self) -> bool:
        """Whether there is anything to store so far."""
        return self.episode != self._before

    @property
    def wall(self) -> datetime:
        """The time of this transition for people: after a step back of the clock never before earlier transitions."""
        episode, now = self.episode, self._at.wall
        earliest = max(episode.opened_at, episode.fired_at or episode.opened_at)
        if now >= earliest or episode.began is None:
            return max(now, earliest)
        return max(earliest, episode.opened_at + timedelta(seconds=self._at.seconds_since(episode.began)))

    def change(self, **fields: Any) -> None:
        """Set fields of the episode."""
        self.episode = replace(self.episode, **fields)

    def event(
        self,
        kind: str,
        message: str | None = None,
        *,
        actor: str | None = None,
        note: str | None = None,
        value: float | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        """Record an event of the episode as it is now, by default with the episode's own message and value."""
        episode, wall = self.episode, self.wall
        marked = _set_back(self._at.wall) if wall != self._at.wall else {}
        self._events.append(
            AlertEvent(
                kind=kind,
                at=wall,
                state=episode.state,
                severity=episode.severity,
                message=episode.message if message is None else message,
                actor=actor,
                note=note,
                value=episode.value if message is None else value,
                detail={**(detail or {}), **marked},
            )
        )

    def end(
        self,
        resolution: Resolution,
        message: str,
        *,
        actor: str | None = None,
        note: str | None = None,
        value: float | None = None,
    ) -> None:
        """Close the episode: ``cleared`` if it never fired, else ``resolved``."""
        kind = "cleared" if self.episode.state is AlertState.PENDING else "resolved"
        began = self.episode.began
        self.change(
            state=AlertState.RESOLVED,
            resolution=resolution,
            resolved_at=self.wall,
            duration_seconds=None if began is None else self._at.seconds_since(began),
            ok_since=self._at,
            stale=False,
            stale_since=None,
        )
        self.event(kind, message, actor=actor, note=note, value=value)

    def step(self) -> Step:
        """The finished step."""
        return Step(self.episode, tuple(self._events), self.changed, self.answer)
