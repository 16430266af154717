"""The behaviour of users and of the chatbot: what its figures did, and when they were unusual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from amt_console.analysis.percentiles import mean, median
from amt_console.analysis.unusual import Unusual, unusual
from amt_console.model import FigureKind

FigureName = tuple[FigureKind, str]
WATCHED: tuple[FigureName, ...] = (
    (FigureKind.OVERVIEW, "daily_active_users"),
    (FigureKind.OVERVIEW, "concurrent_users"),
    (FigureKind.OVERVIEW, "sessions"),
    (FigureKind.OVERVIEW, "page_views"),
    (FigureKind.OVERVIEW, "bounce_rate"),
    (FigureKind.OVERVIEW, "conversion_rate"),
    (FigureKind.OVERVIEW, "requests_per_minute"),
    (FigureKind.OVERVIEW, "page_load_time"),
    (FigureKind.CHATBOT, "conversations"),
    (FigureKind.CHATBOT, "messages"),
    (FigureKind.CHATBOT, "message_frequency"),
    (FigureKind.CHATBOT, "satisfaction"),
    (FigureKind.CHATBOT, "resolution_rate"),
    (FigureKind.CHATBOT, "escalation_rate"),
    (FigureKind.CHATBOT, "topic_coverage"),
    (FigureKind.CHATBOT, "response_time"),
)
"""Figures whose course tells how people behave."""


@dataclass(frozen=True, slots=True)
class FigureBehaviour:
    """One figure over a window, in its own unit."""

    kind: FigureKind
    name: str
    readings: int
    mean: float | None
    median: float | None
    low: float | None
    high: float | None
    unusual: tuple[Unusual, ...]

    @property
    def subject(self) -> str:
        """``chatbot.satisfaction``."""
        return f"{self.kind.value}.{self.name}"


def behaviour(
    figures: Mapping[FigureName, Sequence[tuple[datetime, float | None]]], zone: tzinfo
) -> tuple[FigureBehaviour, ...]:
    """The watched figures that were read, in their usual order."""
    found = []
    for kind, name in WATCHED:
        points = [(at, value) for at, value in figures.get((kind, name), ()) if value is not None]
        values = [value for _, value in points]
        if values:
            odd = unusual(points, zone=zone)
            low, high = min(values), max(values)
            found.append(FigureBehaviour(kind, name, len(values), mean(values), median(values), low, high, odd))
    return tuple(found)
