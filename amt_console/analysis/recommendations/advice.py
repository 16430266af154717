"""One recommendation."""

from __future__ import annotations

from dataclasses import dataclass

from amt_console.model import Severity


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommendation and its reason."""

    rule: str
    severity: Severity
    subject: str
    advice: str
    evidence: tuple[str, ...]
    followers: tuple[str, ...] = ()
    """Services with the same advice because they depend on the subject."""
    effect: str = ""
    """What should be different afterwards."""
    verify: str = ""
    """How to see that it is."""
    change: str | None = None
    """The exact text for the configuration, as TOML; ``None`` where no configuration mends it."""
