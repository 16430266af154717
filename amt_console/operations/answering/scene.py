"""What a handler knows beside the question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from amt_console.model import Target
from amt_console.model.policy import Policies
from amt_console.model.queries import Query
from amt_console.operations.actor import Actor
from amt_console.operations.alert_views import AlertViews
from amt_console.operations.answering.settled import SettledAnswers
from amt_console.store import Reads

if TYPE_CHECKING:
    from amt_console.config import Settings


@dataclass(frozen=True, slots=True)
class Asked:
    """The surroundings of a question."""

    reads: Reads
    now: datetime
    targets: Sequence[Target]
    settings: Settings
    policies: Policies
    zone: ZoneInfo | None
    actor: Actor
    """Who asks."""
    views: Callable[..., AlertViews]
    """Creates the views of alerts: ``views(reads, at, also)``."""

    settled: SettledAnswers
    """Answers about periods that are over."""

    def end(self, query: Query[object]) -> datetime:
        """The end of the question's window: its moment, or now."""
        return query.at or self.now
