"""What moved together with an incident, out of the window's own steps."""

from __future__ import annotations

from datetime import datetime

from amt_console.analysis.correlation import HOURS_BEFORE, LEAD, SPAN, SeriesHistory, moved_together
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief

LONGEST_STEP = 900
"""Seconds; coarser steps do not tell the order of minutes."""
MOST_INCIDENTS = 10
MOST_SIGNALS = 3


def together_words(view: ReportView, begin: datetime, own: str) -> str:
    """``api-plans response time, host cpu``; empty where nothing else moved, or the steps are too coarse."""
    window = view.data.window
    if window.step > LONGEST_STEP:
        return ""
    first, last = begin - LEAD - HOURS_BEFORE, min(window.end, begin + SPAN)
    histories = [
        SeriesHistory(
            service.name,
            "response time",
            tuple(
                (bucket.start, value)
                for bucket in service.buckets
                if first <= bucket.start <= last and (value := bucket.histogram.mean) is not None
            ),
        )
        for service in view.analysis.services
        if service.name != own
    ]
    histories += [
        SeriesHistory(
            "host",
            name,
            tuple(
                (r.start, value)
                for r in rollups
                if first <= r.start <= last and (value := r.histogram.mean) is not None
            ),
        )
        for name, rollups in view.data.host.items()
    ]
    moved = moved_together(begin, histories, now=last)[:MOST_SIGNALS]
    return ", ".join(f"{brief(each.subject)} {each.signal} (strength {each.strength:.0f})" for each in moved)
