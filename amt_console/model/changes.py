"""What is stored together when an alert changes, or when a person acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from amt_console.model.alerts import AlertEvent, Episode


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that a person did, append-only."""

    actor: str
    action: str
    subject: str
    """What it was done to, in words."""
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    """How the action came in, and what the person said."""
    id: int | None = None
    """Given when it is stored, and so are ``previous`` and ``hash``."""
    previous: str | None = None
    """``hash`` of the entry before."""
    hash: str | None = None
    """Over ``previous`` and everything else that is stored."""


@dataclass(frozen=True, slots=True)
class EpisodeChange:
    """An episode's new state with everything that is stored in the same transaction."""

    episode: Episode
    """As it becomes; its ``version`` is still the one that it was read with."""
    events: tuple[AlertEvent, ...] = ()
    """What happened to it, in order. Their ``seq`` and ``alert_id`` are given when they are stored."""
    audit: AuditEntry | None = None
    """What the person did who changed it; the monitor leaves no entry."""
