"""The next or previous change: of a service's state, or of an alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import Query


@dataclass(frozen=True, slots=True)
class Change:
    """A change; ``at`` is ``None`` where there is none."""

    at: datetime | None = None
    what: str = ""
    """In words: ``backend-api is down``, ``alert #12 acknowledged by ann``."""


@dataclass(frozen=True, slots=True)
class ChangeQuery(Query[Change]):
    """The newest change before ``at``, or the first one after it."""

    name: ClassVar[str] = "change"
    answer: ClassVar[Any] = Change
    later: bool = False
    """After ``at`` instead of before it."""
