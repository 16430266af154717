"""The alerts of a window, as they are or as they were at a past moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from amt_console.alerts import as_of, told
from amt_console.clock import MICROSECOND
from amt_console.model import Episode
from amt_console.store import Reads


def alerts_within(
    reads: Reads, start: datetime, end: datetime, *, at: datetime | None, subject: str | None = None, limit: int
) -> list[Episode]:
    """The alerts that were open at any time from ``start`` to ``end``, both included, newest first.

    With ``at``, as they were then.
    """
    found = reads.alerts.episodes(start=start, end=end + MICROSECOND, subject=subject, limit=limit)
    return found if at is None else alerts_as_of(reads, found, at)


def alerts_as_of(reads: Reads, episodes: Sequence[Episode], at: datetime) -> list[Episode]:
    """Alerts as they were at a moment."""
    events = reads.alerts.events_of([each.id for each in episodes if each.id is not None])
    return [as_of(each, events[each.id or 0], at) for each in episodes]


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
