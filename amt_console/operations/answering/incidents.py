"""Incidents of a window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from amt_console.alerts import as_of, past_consequences
from amt_console.analysis.handling import acknowledged_after, handling, people_of
from amt_console.clock import MICROSECOND
from amt_console.model import MAX_NOTE_CHARS, AlertEvent, AlertView, Episode, Severity
from amt_console.model.queries import IncidentsQuery
from amt_console.model.queries.incidents import IncidentHistory, IncidentRow
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.alerts import alerts_within
from amt_console.operations.history.grid import check_hours
from amt_console.text import safe_text

MOST_ALERTS = 2000
"""The newest alerts of the window, which its figures are of."""


def incidents(query: IncidentsQuery, asked: Asked) -> IncidentHistory:
    """Newest first; of informational alerts nobody is told, so they are no incidents."""
    check_hours(query.hours)
    end = asked.end(query)
    start = end - timedelta(hours=query.hours)
    stored = alerts_within(asked.reads, start, end, at=None, limit=MOST_ALERTS + 1)
    events = _events(asked, stored, end)
    read = stored if query.at is None else [as_of(each, events[each.id or 0], query.at) for each in stored]
    fired = [each for each in read[:MOST_ALERTS] if each.fired_at is not None]
    causes = past_consequences(
        fired,
        {target.name: target.depends_on for target in asked.targets},
        {target.name: target.interval for target in asked.targets},
        now=end,
    )
    followers = Counter(causes.values())
    found = [each for each in fired if each.id not in causes and each.severity is not Severity.INFO]
    shown = found[: max(0, query.limit)]
    views = asked.views(asked.reads, query.at, also=shown)
    figures = handling(found, start=start, end=end + MICROSECOND)
    return IncidentHistory(
        start=start,
        end=end,
        incidents=tuple(
            _row(each, views.of(each), events[each.id or 0], followers[each.id or 0], end) for each in shown
        ),
        more=len(found) > len(shown) or len(read) > MOST_ALERTS,
        mtta_seconds=figures.mtta_s,
        mttr_seconds=figures.mttr_s,
        unacknowledged=sum(not each.open and acknowledged_after(each, events[each.id or 0]) is None for each in found),
    )


def _events(asked: Asked, episodes: Sequence[Episode], end: datetime) -> dict[int, list[AlertEvent]]:
    read = asked.reads.alerts.events_of([each.id for each in episodes if each.id is not None])
    return {number: [event for event in events if event.at <= end] for number, events in read.items()}


def _row(episode: Episode, view: AlertView, events: Sequence[AlertEvent], followers: int, end: datetime) -> IncidentRow:
    notes = [event.note for event in events if event.note]
    lasted = episode.duration_seconds
    if lasted is None:
        lasted = ((episode.resolved_at or end) - episode.opened_at).total_seconds()
    return IncidentRow(
        alert=view,
        lasted_seconds=max(0.0, lasted),
        acknowledged_after_seconds=acknowledged_after(episode, events),
        people=tuple(safe_text(name, 64) for name in people_of(events)),
        followers=followers,
        notes=len(notes),
        last_note=safe_text(notes[-1], MAX_NOTE_CHARS) if notes else None,
    )
