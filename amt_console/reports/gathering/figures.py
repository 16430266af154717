"""Gather the platform's figures of one window: newest values, means, histories, and one value per day."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.analysis import Window
from amt_console.model import BusinessFigures, FigureKind
from amt_console.operations.history.daily_figures import daily_figures, usable
from amt_console.reports.gathering.data import FigureName, History
from amt_console.store import Reads

MEAN_PARTS = 24
HISTORIES: tuple[FigureName, ...] = (
    (FigureKind.OVERVIEW, "total_users"),
    (FigureKind.OVERVIEW, "daily_active_users"),
    (FigureKind.OVERVIEW, "sessions"),
    (FigureKind.OVERVIEW, "page_views"),
    (FigureKind.OVERVIEW, "bounce_rate"),
    (FigureKind.OVERVIEW, "conversion_rate"),
    (FigureKind.OVERVIEW, "page_load_time"),
    (FigureKind.OVERVIEW, "requests_per_minute"),
    (FigureKind.CHATBOT, "conversations"),
    (FigureKind.CHATBOT, "satisfaction"),
    (FigureKind.CHATBOT, "resolution_rate"),
    (FigureKind.CHATBOT, "automation_rate"),
    (FigureKind.CHATBOT, "escalation_rate"),
    (FigureKind.CHATBOT, "response_time"),
    (FigureKind.CHATBOT, "message_frequency"),
    (FigureKind.CHATBOT, "topic_coverage"),
    (FigureKind.REVENUE, "mrr"),
    (FigureKind.REVENUE, "paying_users"),
    (FigureKind.REVENUE, "churn_rate"),
    (FigureKind.REVENUE, "arpu"),
)
"""Figures with a chart over the window."""


@dataclass(frozen=True, slots=True)
class GatheredFigures:
    """The figures' part of ``ReportData``."""

    newest: Mapping[FigureKind, BusinessFigures]
    means: Mapping[FigureName, float]
    means_before: Mapping[FigureName, float]
    history: Mapping[FigureName, History]
    previous_history: Mapping[FigureName, History]
    daily: Mapping[FigureName, History]


def gather_figures(reads: Reads, window: Window) -> GatheredFigures:
    """All figures of the reports on ``window``, as known at its end."""
    before = window.previous()
    read, read_before = _read(reads, window), _read(reads, before)
    parts = _parts(read, window)
    return GatheredFigures(
        newest={
            kind: figures
            for kind, figures in reads.figures.newest(window.end).items()
            if figures.timestamp >= window.start
        },
        means=_means(parts),
        means_before=_means(_parts(read_before, before), at_least=parts),
        history={name: tuple(read.get(name, ())) for name in HISTORIES},
        previous_history={name: tuple(read_before.get(name, ())) for name in HISTORIES},
        daily=daily_figures(reads, window.end),
    )


Read = dict[FigureName, list[tuple[datetime, float]]]
Parts = dict[FigureName, list[float]]


def _read(reads: Reads, window: Window) -> Read:
    """All values of single-number figures in a window."""
    return {
        (kind, name): usable(points)
        for kind in FigureKind
        for name, points in reads.figures.histories(kind, window.start, window.end).items()
    }


def _means(parts: Parts, *, at_least: Parts | None = None) -> dict[FigureName, float]:
    """The mean of each figure over a window; with ``at_least`` only of those read in half as many of its parts.

    A window of which little was read is no baseline.
    """
    return {
        key: _mean(means)
        for key, means in parts.items()
        if at_least is None or 2 * len(means) >= len(at_least.get(key, ()))
    }


def _parts(read: Mapping[FigureName, Sequence[tuple[datetime, float]]], window: Window) -> Parts:
    """The mean of each figure in each of the equal parts of a window that have a value; no figure without one.

    The parts have equal weight, so that it does not matter where the platform was read more often.
    """
    found: Parts = {}
    for key, points in read.items():
        by_part: dict[int, list[float]] = {}
        for at, value in points:
            by_part.setdefault(int((at - window.start) / (window.end - window.start) * MEAN_PARTS), []).append(value)
        if by_part:
            found[key] = [_mean(values) for values in by_part.values()]
    return found


def _mean(values: Sequence[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except OverflowError:  # of values near the largest float, whose sum is none
        return math.fsum(value / len(values) for value in values)
