"""The state that all listeners of a process share."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cached_property

from itsdangerous import URLSafeSerializer

from amt_console.api.auth.openings import OpeningLog
from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.dashboards import Dashboards
from amt_console.api.encoded_snapshot import SnapshotCache
from amt_console.api.events import EventLog
from amt_console.api.feed import ActionFeed
from amt_console.api.idempotency import IdempotencyKeys
from amt_console.api.presence import Presence
from amt_console.clock import Clock
from amt_console.links import AcknowledgeLinks
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
    ) -> Served:
        """Create the shared state of this process."""
        snapshots = SnapshotCache(operations, clock)
        host, pid = socket.gethostname(), os.getpid()
        return cls(
            operations,
            presence,
            feed,
            snapshots,
            database,
            host,
            pid,
            links,
            clock,
            EventLog(operations, clock),
            refusals=refusals,
            dashboards=dashboards,
            archive=archive,
            inbox=inbox,
            openings=openings,
            keys=keys,
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
