"""The JSON reports of a store, without a process that draws pages."""

from __future__ import annotations

from datetime import datetime

from amt_console.clock import Clock
from amt_console.config import Settings, targets
from amt_console.reports.build import build
from amt_console.reports.export import report_data
from amt_console.reports.files import plan
from amt_console.store import Store

PARTS = ("overview", "chatbot", "revenue", "performance", "executive", "monitoring")
"""All that have numbers of their own; a page is drawn from the same data."""


def json_reports(store: Store, clock: Clock, *, hours: float, end: datetime | None = None) -> dict[str, bytes]:
    """Name and content of each report on the services of the default configuration, in UTC."""
    settings = Settings()
    data = report_data(store, targets(settings), settings, clock, hours=hours, end=end, zone="UTC")
    return dict(build(data, plan(PARTS, ("json",)), progress=lambda *_: None))
