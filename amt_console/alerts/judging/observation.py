"""Observations: the result of one rule for one subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from amt_console.clock import Instant
from amt_console.model import ErrorClass


class Verdict(StrEnum):
    """The verdict of one observation."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    NO_DATA = "no_data"
    """Nothing could be measured: neither good nor bad."""

    @property
    def bad(self) -> bool:
        """Whether a limit is exceeded."""
        return self in (Verdict.INFO, Verdict.WARNING, Verdict.CRITICAL)


@dataclass(frozen=True, slots=True)
class Streaks:
    """Lengths of runs of equal verdicts, for an observation combined from several locations."""

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
    """One line for people, with value and limit."""
    at: Instant
    value: float | None = None
    threshold: float | None = None
    """The exceeded limit, else the one that is reached first."""
    error_class: ErrorClass | None = None
    """Why the measurement failed, if known."""
    answer: Callable[[], str | None] | None = field(default=None, compare=False)
    """Returns the beginning of the failing answer."""
    streaks: Streaks | None = None
    """``None`` counts this observation as one more. Runs let the same result count only once."""
