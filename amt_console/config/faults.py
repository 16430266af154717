"""Faults of a configuration, for people: all at once, each with its place and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from amt_console.text import safe_text

MAX_FAULTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, or one warning in a list of warnings."""

    path: str
    """Dotted path of the key, e.g. ``services[0].url``; empty for the file as a whole."""
    message: str
    """What is wrong and what is allowed."""
    value: str | None = None
    """The refused value as text, masked if it may be secret; ``None`` if showing it does not help."""
    suggestion: str | None = None
    """How to mend it, e.g. the nearest known key."""

    def __str__(self) -> str:
        """One line for a person."""
        place = f"{self.path}: " if self.path else ""
        value = f" (found {self.value})" if self.value is not None else ""
        hint = f"; {self.suggestion}" if self.suggestion else ""
        return safe_text(f"{place}{self.message}{value}{hint}", 1000)


class ConfigError(Exception):
    """A configuration that cannot be used. ``str()`` lists all faults, one per line."""

    def __init__(self, faults: tuple[Fault, ...], path: Path | None = None) -> None:
        super().__init__(faults, path)
        self.faults = faults
        self.path = path

    def __str__(self) -> str:
        """The message for people."""
        place = safe_text(self.path, 300) if self.path is not None else "the configuration"
        if len(self.faults) == 1:
            return f"{place}: {self.faults[0]}"
        shown = [f"  {fault}" for fault in self.faults[:MAX_FAULTS_SHOWN]]
        if len(self.faults) > MAX_FAULTS_SHOWN:
            shown.append(f"  ... and {len(self.faults) - MAX_FAULTS_SHOWN} more")
        return "\n".join([f"{place} has {len(self.faults)} faults:", *shown])


class Refused(ValueError):
    """Raised by a validator: a refused value with a hint how to mend it."""

    def __init__(self, message: str, suggestion: str | None = None, *, is_url: bool = True) -> None:
        super().__init__(message)
        self.suggestion = suggestion
        self.is_url = is_url
        """Whether the value may be a URL with a password: then it is shown masked."""
