"""The states of all services over a window: for strips and the last hour."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import Query
from amt_console.model.results import StateSpan
from amt_console.model.states import ServiceState


@dataclass(frozen=True, slots=True)
class StateHistory:
    """The states of services from ``start`` to ``end``."""

    start: datetime
    end: datetime
    spans: Mapping[str, tuple[StateSpan, ...]] = field(default_factory=dict)
    """By service, oldest first, without overlaps, within the window. What lies between two is not known."""

    def worst(self) -> tuple[StateSpan, ...]:
        """The worst state of all services over time; ``error`` names the services in it. Planned work counts least."""
        edges = sorted(
            (at, begins, name, span.state)
            for name, spans in self.spans.items()
            for span in spans
            for at, begins in ((span.start, True), (span.end, False))
        )
        inside: dict[ServiceState, dict[str, None]] = {state: {} for state in _WORST_FIRST}
        found: list[StateSpan] = []
        since = self.start
        for at, begins, name, state in edges:
            if at > since:
                _extend(found, since, at, inside)
                since = at
            if begins:
                inside[state][name] = None
            else:
                inside[state].pop(name, None)
        return tuple(found)


_WORST_FIRST = (
    ServiceState.DOWN,
    ServiceState.DEGRADED,
    ServiceState.UP,
    ServiceState.MAINTENANCE,
    ServiceState.UNKNOWN,
)


def _extend(
    found: list[StateSpan], start: datetime, end: datetime, inside: Mapping[ServiceState, Collection[str]]
) -> None:
    """Add a stretch, or prolong the last one if it has the same state and services."""
    state = next((each for each in _WORST_FIRST if inside[each]), None)
    if state is None:
        return
    names = ", ".join(sorted(inside[state])) if state in (ServiceState.DOWN, ServiceState.DEGRADED) else None
    last = found[-1] if found else None
    if last is not None and (last.end, last.state, last.error) == (start, state, names):
        found[-1] = replace(last, end=end)
    else:
        found.append(StateSpan(start, end, state, names))


@dataclass(frozen=True, slots=True)
class StatesQuery(Query[StateHistory]):
    """The states of all services, or of some, over the last hours."""

    name: ClassVar[str] = "states"
    answer: ClassVar[Any] = StateHistory
    hours: float = 1.0
    services: tuple[str, ...] | None = None
    """``None`` for all."""
