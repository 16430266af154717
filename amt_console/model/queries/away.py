"""What happened since a person last looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.notifications import Delivery
from amt_console.model.policy import Silence
from amt_console.model.queries.activity import AuditLine
from amt_console.model.queries.base import Query
from amt_console.model.results import Gap
from amt_console.model.snapshot import AlertView


@dataclass(frozen=True, slots=True)
class Away:
    """Everything since ``since``; alerts as they are now."""

    since: datetime | None
    """When the person last looked; ``None`` for somebody who never did: then it tells of the shift."""
    until: datetime
    shift_ends: datetime | None = None
    """End of the person's shift, if it runs."""
    fired: tuple[AlertView, ...] = ()
    """Fired since, newest first."""
    acted: tuple[AuditLine, ...] = ()
    """What others did, newest first, without openings."""
    still_open: tuple[AlertView, ...] = ()
    """Worst first."""
    silences_ending: tuple[Silence, ...] = ()
    """Those that end within the shift, or within the next 12 hours; what ends first first."""
    undelivered: tuple[Delivery, ...] = ()
    """Given up, or late; newest first."""
    gaps: tuple[Gap, ...] = ()
    """When nothing was measured, newest first."""

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.fired or self.acted or self.undelivered or self.gaps)


@dataclass(frozen=True, slots=True)
class AwayQuery(Query[Away]):
    """What happened since the asking person last looked, before this console was opened."""

    name: ClassVar[str] = "away"
    answer: ClassVar[Any] = Away
    since: datetime | None = None
    """Since this moment instead."""
