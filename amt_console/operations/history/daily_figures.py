"""One value per day of the figures with a forecast, as reports and screens forecast them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from amt_console.analysis.forecasts.daily import FigureName
from amt_console.model import FigureKind
from amt_console.store import Reads

DAILY_DAYS = 400
"""How far back the daily values reach."""
MOST_USABLE = 1e15
"""A larger reading is shown as the newest value, and left out of lines, means and forecasts."""
FORECASTS: tuple[FigureName, ...] = (
    (FigureKind.OVERVIEW, "total_users"),
    (FigureKind.OVERVIEW, "daily_active_users"),
    (FigureKind.CHATBOT, "conversations"),
    (FigureKind.REVENUE, "mrr"),
    (FigureKind.REVENUE, "paying_users"),
)
"""Figures with a forecast."""


def daily_figures(reads: Reads, end: datetime) -> dict[FigureName, tuple[tuple[datetime, float | None], ...]]:
    """The daily values of the figures with a forecast up to a moment, oldest first."""
    found = {kind: reads.figures.daily(kind, end, DAILY_DAYS) for kind in dict.fromkeys(kind for kind, _ in FORECASTS)}
    return {(kind, name): tuple(usable(found[kind].get(name, ()))) for kind, name in FORECASTS}


def usable(points: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """The readings whose sums are finite."""
    return [(at, value) for at, value in points if abs(value) < MOST_USABLE]
