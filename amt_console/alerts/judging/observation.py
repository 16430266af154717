"""What one evaluation of one rule says about one subject."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from amt_console.clock import Instant
from amt_console.model import ErrorClass


class Verdict(StrEnum):
    """What one observation says."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    NO_DATA = "no_data"
    """Nothing could be measured; says neither good nor bad."""

    @property
    def bad(self) -> bool:
        """Whether a limit is broken."""
        return self in (Verdict.INFO, Verdict.WARNING, Verdict.CRITICAL)


@dataclass(frozen=True, slots=True)
class Streaks:
    """How often in a row a verdict was given, where an observation is put together of those of several locations."""

    bad: int
    critical: int
    mild: int
    """Not critical."""
    good: int


@dataclass(frozen=True, slots=True)
class Observation:
    """One evaluation of a rule for ``subject``."""

    subject: str
    verdict: Verdict
    message: str
    """One line for a person; names value and limit."""
    at: Instant
    value: float | None = None
    threshold: float | None = None
    """The limit that is broken, else the one that would be broken first."""
    error_class: ErrorClass | None = None
    """Why a measurement failed, where that is known."""
    streaks: Streaks | None = None
    """``None``: this one counts as one more. With them, seeing the same result twice counts once."""
