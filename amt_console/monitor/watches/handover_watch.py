"""Notices hand-overs of the rotas, so that each is told once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from amt_console.alerts.policy.handover import handover_messages
from amt_console.model import Episode
from amt_console.model.notifications import OutboxEntry
from amt_console.model.policy import Policies
from amt_console.store import Reads

OVERLAP = timedelta(minutes=1)
"""A shift that somebody took a moment ago may be stored after the last look."""
LOOK_BACK = timedelta(hours=12)
"""How long ago a hand-over may have been that took place while no monitor ran."""


class HandoverWatch:
    """Knows which hand-overs were told; starts at a moment."""

    def __init__(self, now: datetime) -> None:
        self._since = now
        self._due: tuple[OutboxEntry, ...] = ()
        self._told: dict[str, datetime] = {}

    def go_on(self, last_cycle_at: datetime, now: datetime) -> None:
        """Look at the time since the last monitor stored something as well."""
        self._since = max(min(self._since, last_cycle_at), now - LOOK_BACK)

    def due(
        self, reads: Reads, policies: Policies, episodes: Iterable[Episode], now: datetime
    ) -> tuple[OutboxEntry, ...]:
        """The summaries to be queued; another process may have queued them. ``policies`` are the configuration's."""
        self._due = ()
        if any(rota.summary for rota in policies.rotas.values()):
            since = self._since - OVERLAP
            found = handover_messages(reads.policies.added_to(policies, since), episodes, since, now)
            self._due = tuple(entry for entry in found if entry.dedup_key not in self._told)
        return self._due

    def queued(self, now: datetime) -> None:
        """What was due at a moment is stored."""
        self._since = max(self._since, now)
        recent = {key: at for key, at in self._told.items() if now - at <= 2 * OVERLAP}
        self._told = recent | {entry.dedup_key: now for entry in self._due}
