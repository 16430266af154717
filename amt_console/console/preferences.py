"""What a person wants of the screen, by the configuration and the command line together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo


@dataclass(frozen=True, slots=True)
class Preferences:
    """Known only after the first frame: reading a configuration takes longer than that may."""

    theme: str | None = None
    """Name of a theme; ``None`` for the one that fits the terminal."""
    ascii_only: bool = False
    mouse: bool = True
    bell: bool = True
    zone: tzinfo | None = None
    """Of the moments shown; ``None`` is the host's."""
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Other keys, by the names of ``amt_console.keys``."""
