"""The state that all listeners of a process share."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from itsdangerous import URLSafeSerializer

from amt_console.api.auth.openings import OpeningLog
from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.dashboards import Dashboards
from amt_console.api.encoded_snapshot import SnapshotCache
from amt_console.api.events import EventLog
from amt_console.api.exposition import Exposition
from amt_console.api.feed import ActionFeed
from amt_console.api.idempotency import IdempotencyKeys
from amt_console.api.presence import Presence
from amt_console.clock import Clock
from amt_console.links import AcknowledgeLinks
from amt_console.model.counts import MonitorCounts
from amt_console.operations.archive import Archive
from amt_console.operations.inbox import Inbox
from amt_console.operations.protocol import Operations


@dataclass(frozen=True)
class Served:
    """The use cases with the state that consoles share."""

    operations: Operations
    presence: Presence
    feed: ActionFeed
    snapshots: SnapshotCache
    database: str
    """In words, without secrets."""
    host: str
    pid: int
    links: AcknowledgeLinks
    """Verifies the links in messages."""
    clock: Clock
    events: EventLog
    """What changes, for those who follow it."""
    refusals: RefusalLog | None = None
    """Records refused requests."""
    dashboards: Dashboards | None = None
    """Makes and keeps the dashboards; without it there are none."""
    archive: Archive | None = None
    """Reads what is stored; without it there is none."""
    inbox: Inbox | None = None
    """Takes what comes in from outside; without it nothing is taken."""
    openings: OpeningLog | None = None
    """Records who opens what."""
    keys: IdempotencyKeys | None = None
    """Keeps the idempotency keys of actions; without it they are refused."""
    counts: Callable[[], MonitorCounts] | None = None
    """The counters of the monitor in this process; without it there is none."""
    monitor_metrics: Callable[[str], Exposition | None] | None = None
    """Asks the monitor of another process for its metrics, by the ``Accept`` header; blocks."""
    open_metrics: bool = False
    """Whether metrics need no token."""

    @classmethod
    def by_this_process(
        cls,
        operations: Operations,
        *,
        presence: Presence,
        feed: ActionFeed,
        clock: Clock,
        database: str,
        links: AcknowledgeLinks,
        refusals: RefusalLog | None = None,
        dashboards: Dashboards | None = None,
        archive: Archive | None = None,
        inbox: Inbox | None = None,
        openings: OpeningLog | None = None,
        keys: IdempotencyKeys | None = None,
        counts: Callable[[], MonitorCounts] | None = None,
        monitor_metrics: Callable[[str], Exposition | None] | None = None,
        open_metrics: bool = False,
    ) -> Served:
        """Create the shared state of this process."""
        return cls(
            operations,
            presence,
            feed,
            SnapshotCache(operations, clock),
            database,
            socket.gethostname(),
            os.getpid(),
            links,
            clock,
            EventLog(operations, clock),
            refusals=refusals,
            dashboards=dashboards,
            archive=archive,
            inbox=inbox,
            openings=openings,
            keys=keys,
            counts=counts,
            monitor_metrics=monitor_metrics,
            open_metrics=open_metrics,
        )

    @cached_property
    def cursors(self) -> URLSafeSerializer:
        """Signs the cursors of pages."""
        return self.links.signer("cursor")

    def acted(self) -> None:
        """After an action: expire the snapshot and wake waiting consoles. Thread-safe."""
        self.snapshots.expire()
        self.feed.announce()
        self.events.announce()

    def close(self) -> None:
        """Release everybody who waits. Idempotent."""
        self.feed.close()
        self.events.close()
