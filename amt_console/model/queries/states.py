"""The states of all services over a window: for strips and the last hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import Query
from amt_console.model.results import StateSpan


@dataclass(frozen=True, slots=True)
class StateHistory:
    """The states of services from ``start`` to ``end``."""

    start: datetime
    end: datetime
    spans: Mapping[str, tuple[StateSpan, ...]] = field(default_factory=dict)
    """By service, oldest first, without overlaps, within the window. What lies between two is not known."""


@dataclass(frozen=True, slots=True)
class StatesQuery(Query[StateHistory]):
    """The states of all services, or of some, over the last hours."""

    name: ClassVar[str] = "states"
    answer: ClassVar[Any] = StateHistory
    hours: float = 1.0
    services: tuple[str, ...] | None = None
    """``None`` for all."""
