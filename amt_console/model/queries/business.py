"""Revenue, chatbot and users over a window, beside the outages of the platform."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import FEW_BUCKETS, Query
from amt_console.model.results import StateSpan
from amt_console.model.snapshot import Series
from amt_console.model.states import FigureKind, FigureUnit


@dataclass(frozen=True, slots=True)
class ProjectedPoint:
    """A forecast of one step, with its band."""

    at: datetime
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Projection:
    """What a figure will probably do; without points where no method beats the simple one."""

    points: tuple[ProjectedPoint, ...] = ()
    reason: str = ""
    """Why there are points, or why there are none."""
    coverage_percent: float | None = None
    """Part of the held-back values that lay within the bands."""


@dataclass(frozen=True, slots=True)
class FigureCourse:
    """One figure in equally spaced buckets."""

    values: Series
    unit: FigureUnit | None = None
    currency: str | None = None
    first: float | None = None
    """The oldest known value of the window; what a change is counted from."""
    last: float | None = None
    projection: Projection | None = None
    """Only with ``BusinessQuery.projections``."""


@dataclass(frozen=True, slots=True)
class BusinessHistory:
    """The business from ``start`` to ``end``."""

    start: datetime
    end: datetime
    bucket_seconds: float
    figures: Mapping[FigureKind, Mapping[str, FigureCourse]] = field(default_factory=dict)
    """By kind and name; those with any value."""
    outages: tuple[StateSpan, ...] = ()
    """When at least one service was down, merged; ``error`` names the services."""


@dataclass(frozen=True, slots=True)
class BusinessQuery(Query[BusinessHistory]):
    """The business over the last hours."""

    name: ClassVar[str] = "business"
    answer: ClassVar[Any] = BusinessHistory
    hours: float = 24.0 * 30
    most_buckets: int = FEW_BUCKETS
    """The finest resolution with at most this many buckets."""
    projections: bool = False
    """Also forecast revenue, users and chats; takes longer."""
