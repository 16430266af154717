"""The state that all listeners of a process share."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
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
    """The use cases of this process with the state that consoles share."""

    operations: Operations
    presence: Presence
    feed: ActionFeed
    database: str
    """In words, without secrets."""
    links: AcknowledgeLinks
    """Verifies the links in messages."""
    clock: Clock
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
    snapshots: SnapshotCache = field(init=False)
    events: EventLog = field(init=False)
    """What changes, for those who follow it."""
    host: str = field(init=False)
    pid: int = field(init=False)

    def __post_init__(self) -> None:
        """Create what belongs to this process alone."""
        for name, value in (
            ("snapshots", SnapshotCache(self.operations, self.clock)),
            ("events", EventLog(self.operations, self.clock)),
            ("host", socket.gethostname()),
            ("pid", os.getpid()),
        ):
            object.__setattr__(self, name, value)

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
