"""The alerts that other programs raise: which are known, and which have not been told of for too long. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from amt_console.alerts import ExternalReading, Staleness, age_external, hear_external, next_look
from amt_console.clock import Instant
from amt_console.model import Severity
from amt_console.model.inbound import ExternalAlert, ExternalRecord

MOST_OPEN = 1000
"""Alerts from outside that may be open at a time: more than anybody can read, and a bound for what senders can do."""
KEPT_FOR_CRITICAL = 200
"""Of ``MOST_OPEN``: a flood of warnings leaves room for these."""
MOST_KNOWN = 20_000


class OthersAlerts:
    """Remembers the alerts of others.

    Args:
        staleness: When one that is not told of again is stale, and when it ends.
    """

    def __init__(self, staleness: Staleness) -> None:
        self.refused = 0
        """Alerts that were not opened since there is no room, until there is room again."""
        self._staleness = staleness
        self._known: dict[str, ExternalRecord] = {}
        self._open = 0
        self._look_at: datetime | None = None

    @property
    def open(self) -> int:
        """How many are firing."""
        return self._open

    def configure(self, staleness: Staleness) -> None:
        """Use another staleness from now on."""
        self._staleness = staleness
        self._plan()

    def recall(self, records: Iterable[ExternalRecord]) -> None:
        """Load what was stored."""
        self._known |= {record.key: record for record in records}
        self._open = sum(record.firing for record in self._known.values())
        self._plan()

    def take(self, alert: ExternalAlert, at: Instant) -> ExternalReading | None:
        """What an alert that came in means; ``None`` if nothing."""
        known = self._known.get(alert.key)
        most = MOST_OPEN if alert.severity is Severity.CRITICAL else MOST_OPEN - KEPT_FOR_CRITICAL
        if alert.firing and self._open >= most and not (known is not None and known.firing):
            self.refused += 1
            return None
        reading = hear_external(known, alert, at)
        if reading is not None:
            self._keep(reading.record)
        return reading

    def due(self, at: Instant) -> Iterator[ExternalReading]:
        """What it means that time passed."""
        if self._look_at is None or at.wall < self._look_at:
            return
        for record in list(self._known.values()):
            reading = age_external(record, self._staleness, at)
            if reading is not None:
                self._keep(reading.record)
                yield reading
        self._plan()

    def _keep(self, record: ExternalRecord) -> None:
        before = self._known.pop(record.key, None)
        self._known[record.key] = record
        self._open += record.firing - (before is not None and before.firing)
        if self._open < MOST_OPEN - KEPT_FOR_CRITICAL:
            self.refused = 0
        while len(self._known) > MOST_KNOWN and (old := self._oldest_ended()) is not None:
            del self._known[old]
        look = next_look(record, self._staleness)
        if look is not None and (self._look_at is None or look < self._look_at):
            self._look_at = look

    def _oldest_ended(self) -> str | None:
        return next((key for key, record in self._known.items() if not record.firing), None)

    def _plan(self) -> None:
        looks = (next_look(record, self._staleness) for record in self._known.values())
        self._look_at = min((look for look in looks if look is not None), default=None)
