"""What moved together with an incident, out of the window's own steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from amt_console.analysis.correlation import HOURS_BEFORE, LEAD, SPAN, Moved, SeriesHistory, moved_together
from amt_console.operations.history.moved_alike import MOST_MOVED, MovedAlike, moved_alike
from amt_console.operations.history.moved_words import change_words, signal_words
from amt_console.operations.moved_together import RESPONSE_TIME
from amt_console.reports.view import ReportView
from amt_console.reports.words import brief

LONGEST_STEP = 900
"""Seconds; coarser steps do not tell the order of minutes."""
MOST_INCIDENTS = 10
MOST_GROUPS = 3
MOST_NAMES = 3


def together_words(view: ReportView, begin: datetime, own: str) -> str:
    """``api-plans response time 4 x, host CPU 96 %, usually 30 %``; signals that moved alike in one.

    Empty where nothing else moved, or the steps are too coarse.
    """
    window = view.data.window
    if window.step > LONGEST_STEP:
        return ""
    first, last = begin - LEAD - HOURS_BEFORE, min(window.end, begin + SPAN)
    histories = [
        SeriesHistory.of(
            service.name,
            RESPONSE_TIME,
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
        SeriesHistory.of(
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
    moved = moved_together(begin, histories, now=last)[:MOST_MOVED]
    groups = moved_alike(moved, {service.name for service in view.analysis.services})
    return "; ".join(_words(group) for group in groups[:MOST_GROUPS])


def _words(group: MovedAlike[Moved]) -> str:
    first = group.members[0]
    if len(group.members) > 1:
        shortened = MovedAlike(tuple(replace(each, subject=brief(each.subject)) for each in group.members))
        return f"{group.change} ({shortened.names(MOST_NAMES)})"
    return f"{brief(first.subject)} {signal_words(first.signal)} {change_words(first)}"
