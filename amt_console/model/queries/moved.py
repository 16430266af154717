"""What else moved when an alert began: the blast radius."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import Query


@dataclass(frozen=True, slots=True)
class MovedSignal:
    """A signal that left its usual range when an alert began."""

    subject: str
    """A service, ``host``, or a kind of figures."""
    signal: str
    strength: float
    """Deviation in interquartile ranges."""
    onset: datetime
    """First value that deviated."""
    value: float
    """The value of the strongest deviation."""
    usual: float
    words: str
    """Subject, signal and change: ``chat p95 4 x``, ``revenue per hour -38 %``."""


@dataclass(frozen=True, slots=True)
class MovedTogether:
    """All of them, strongest first."""

    signals: tuple[MovedSignal, ...] = ()
    weeks: bool = False
    """Whether they were compared with the same hour of the last four weeks, else with the hours before."""


@dataclass(frozen=True, slots=True)
class MovedQuery(Query[MovedTogether]):
    """What moved together with an alert, but for its own subject."""

    name: ClassVar[str] = "moved"
    answer: ClassVar[Any] = MovedTogether
    alert_id: int
    limit: int = 12
