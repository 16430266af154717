"""The alerts of a window, open and ended."""

from __future__ import annotations

from datetime import timedelta

from amt_console.model.queries import AlertHistoryQuery
from amt_console.model.queries.alerts import AlertHistory
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.alerts import alerts_within


def alert_history(query: AlertHistoryQuery, asked: Asked) -> AlertHistory:
    """Newest first, as of the moment that was asked for."""
    end = asked.end(query)
    start = end - timedelta(hours=query.hours)
    found = alerts_within(asked.reads, start, end, at=query.at, subject=query.subject, limit=max(0, query.limit) + 1)
    shown = found[: query.limit]
    views = asked.views(asked.reads, query.at, also=shown)
    return AlertHistory(tuple(map(views.of, shown)), more=len(found) > len(shown))
