"""What an API serves, shared by all listeners of a process."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from amt_console.api.auth.refusals import RefusalLog
from amt_console.api.encoded_snapshot import SnapshotCache
from amt_console.api.feed import ActionFeed
from amt_console.api.presence import Presence
from amt_console.clock import Clock
from amt_console.links import AcknowledgeLinks
from amt_console.operations.protocol import Operations


@dataclass(frozen=True, slots=True)
class Served:
    """The use cases with everything that consoles share."""

    operations: Operations
    presence: Presence
    feed: ActionFeed
    snapshots: SnapshotCache
    database: str
    """In words, without secrets."""
    host: str
    pid: int
    links: AcknowledgeLinks
    """Reads the links in messages."""
    refusals: RefusalLog | None = None
    """Where it is recorded who was turned away."""

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
    ) -> Served:
        """Everything that this process serves."""
        snapshots = SnapshotCache(operations, clock)
        return cls(operations, presence, feed, snapshots, database, socket.gethostname(), os.getpid(), links, refusals)

    def acted(self) -> None:
        """Somebody has acted: expire the snapshot, and tell those who wait. Callable from any thread."""
        self.snapshots.expire()
        self.feed.announce()
