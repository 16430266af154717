"""Marks on the time axes of a page: when incidents began, and what people did."""

from __future__ import annotations

from amt_console.reports.page import Mark, MarkKind
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief, listed

MOST_MARKS = 40
"""Of each kind; more would hide the line."""
_ACTIONS = {
    "acknowledged": "{} acknowledged {}",
    "unacknowledged": "{} gave back {}",
    "snoozed": "{} snoozed {}",
    "note": "{} wrote a note on {}",
}


def marks_of(view: ReportView, subject: str | None = None) -> tuple[Mark, ...]:
    """Incidents and people's actions in the window, oldest first; the longest incidents where there are many.

    With ``subject`` only those of one service.
    """
    window = view.data.window
    concerned = [outage for outage in view.analysis.outages if subject is None or subject in outage.services]
    outages = sorted(concerned, key=lambda outage: -outage.down_s)[:MOST_MARKS]
    found = [Mark(outage.start, MarkKind.INCIDENT, f"{listed(outage.services)} down") for outage in outages]
    actions = [
        Mark(event.at, MarkKind.ACTION, _ACTIONS[event.kind].format(brief(event.actor), brief(record.episode.subject)))
        for record in view.window_alerts
        for event in record.events
        if event.actor and event.kind in _ACTIONS and subject in (None, record.episode.subject)
    ]
    found += sorted(actions, key=lambda mark: mark.at)[-MOST_MARKS:]
    inside = (mark for mark in found if window.start <= mark.at < window.end)
    return tuple(sorted(inside, key=lambda mark: (mark.at, mark.label)))
