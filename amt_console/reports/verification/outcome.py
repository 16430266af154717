"""How the verification of a report's file ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from amt_console.reports.verification.compare import Difference


class VerificationOutcome(StrEnum):
    """How a verification ended."""

    MATCHES = "matches"
    DIFFERS = "differs"
    ROWS_GONE = "rows_gone"


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found."""

    outcome: VerificationOutcome
    values: int
    """Values in the file."""
    rows: int
    """Raw rows in the window today."""
    rows_then: int
    """Raw rows in the window when the file was made."""
    digest_matches: bool
    differences: tuple[Difference, ...]
    rows_complete_from: datetime | None
    """Retention deleted raw rows of the window before this moment; ``None`` if the window has all of them."""
    sums_before: datetime | None = None
    """Before this moment the previous window was compared with stored sums; ``None`` if it has all its rows, too."""
    contradictions: int = 0
    """Rows whose response time in milliseconds is not that in microseconds, rounded."""
