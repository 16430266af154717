"""What is stored beyond the live screen: history in buckets, messages, the audit trail, rules.

It is read from the database itself. A process without one, such as an attached console, has none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from amt_console.model import RESOLUTIONS, AuditEntry, FigureKind, HostRollup, Rollup
from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.operations.protocol import InvalidError
from amt_console.operations.windows import floor_time
from amt_console.store import Store, audit_entries, deliveries

USUAL_BUCKETS, MOST_BUCKETS = 300, 2000
HOST_METRICS = ("cpu_usage", "memory_usage", "disk_usage", "sent_bytes", "received_bytes", "active_connections")


@dataclass(frozen=True, slots=True)
class BucketWindow:
    """A window in equal buckets."""

    start: datetime
    """That of a bucket."""
    end: datetime
    resolution: int
    """Seconds of a bucket."""

    @classmethod
    def of(cls, start: datetime, end: datetime, resolution: int | None = None) -> BucketWindow:
        """The window with the finest resolution that needs at most ``USUAL_BUCKETS``, or with a given one.

        Raises InvalidError: It has no length, or too many buckets.
        """
        seconds = (end - start).total_seconds()
        if seconds <= 0:
            raise InvalidError("since must lie before until")
        chosen = resolution or next((each for each in RESOLUTIONS if seconds / each <= USUAL_BUCKETS), RESOLUTIONS[-1])
        if seconds / chosen > MOST_BUCKETS:
            raise InvalidError(
                f"a window of {seconds / 3600:.0f} hours has more than {MOST_BUCKETS} buckets of {chosen} seconds: "
                "ask for a coarser resolution or a shorter window"
            )
        return cls(floor_time(start, chosen), end, chosen)


@dataclass(frozen=True, slots=True)
class ValueBucket:
    """The values of one metric in one bucket."""

    start: datetime
    seconds: float
    samples: int
    mean: float | None
    least: float | None
    most: float | None


class Archive:
    """Reads a database. Every call may block on it, and raises StoreError.

    Args:
        store: The database.
        rules: The document of ``rules list --json``.
    """

    def __init__(self, store: Store, rules: Callable[[], list[dict[str, Any]]]) -> None:
        self.rules = rules
        """The document of ``rules list --json``."""
        self._store = store

    def check(self) -> None:
        """Whether the database can be read. Raises StoreError."""
        with self._store.read() as reads:
            reads.monitor.sign_of_life()

    def has_service(self, name: str) -> bool:
        """Whether a service of this name was ever measured."""
        with self._store.read() as reads:
            return name in reads.services.statuses()

    def service(self, name: str, window: BucketWindow) -> list[Rollup]:
        """A service in buckets, oldest first, without empty ones."""
        with self._store.read() as reads:
            found = reads.services.rollups(
                resolution=window.resolution, start=window.start, end=window.end, services=[name]
            )
        return found.get(name, [])

    def host(self, metric: str, window: BucketWindow) -> list[ValueBucket]:
        """A metric of the host in buckets, oldest first, without empty ones."""
        with self._store.read() as reads:
            found = reads.host.rollups(
                resolution=window.resolution, start=window.start, end=window.end, metrics=[metric]
            )
        return [_of_rollup(each) for each in found.get(metric, [])]

    def figure(self, kind: FigureKind, name: str, window: BucketWindow) -> list[ValueBucket]:
        """A single-number figure in buckets, oldest first, without empty ones."""
        with self._store.read() as reads:
            points = reads.figures.history(kind, name, window.start, window.end)
        buckets: dict[datetime, list[float]] = {}
        for at, value in points:
            buckets.setdefault(floor_time(at, window.resolution), []).append(value)
        length = timedelta(seconds=window.resolution)
        return [
            ValueBucket(
                start=start,
                seconds=(min(window.end, start + length) - start).total_seconds(),
                samples=len(values),
                mean=sum(values) / len(values),
                least=min(values),
                most=max(values),
            )
            for start, values in buckets.items()
        ]

    def messages(
        self,
        *,
        channel: str | None = None,
        alert_id: int | None = None,
        since: datetime | None = None,
        states: Collection[DeliveryState] | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[Delivery]:
        """Messages with their attempts, newest first; those ``before`` a number."""
        with self._store.read() as reads:
            return deliveries(
                reads, channel=channel, alert_id=alert_id, since=since, states=states, before=before, limit=limit
            )

    def audit(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        actions: Collection[str] | None = None,
        before: int | None = None,
        limit: int,
    ) -> Sequence[AuditEntry]:
        """Rows of the audit trail, newest first; those ``before`` a number."""
        with self._store.read() as reads:
            return audit_entries(reads, since=since, until=until, actions=actions, before=before, limit=limit)


def _of_rollup(rollup: HostRollup) -> ValueBucket:
    histogram = rollup.histogram
    return ValueBucket(rollup.start, rollup.seconds, rollup.samples, histogram.mean, histogram.low, histogram.high)
