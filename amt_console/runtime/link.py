"""The relation of a console to the monitor: it is the monitor, is attached to it, or reads the database itself."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from amt_console.model import Role
from amt_console.operations.protocol import Reports
from amt_console.runtime.operations_proxy import OperationsProxy
from amt_console.runtime.site import Notices, Site

if TYPE_CHECKING:
    from amt_console.api.client.operations import RemoteOperations
    from amt_console.api.wire import Hello
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.server_watch import ServerWatch
    from amt_console.store import Lease, Store


class Link:
    """The three relations, and the changes between them. Safe to call from several threads.

    Args:
        site: The database with its configuration.
        may_monitor: Whether to become the monitor when there is none.
        notices: Further notices for the screen.
        on_change: Called when there is something new to see; on any thread, must be quick.
    """

    def __init__(self, site: Site, *, may_monitor: bool, notices: Notices, on_change: Callable[[], None]) -> None:
        self.closing = threading.Event()
        self.following = OperationsProxy()
        """Always the same object, whatever the relation."""
        self.holder: Holder | None = None
        """Set while this process is the monitor."""
        self.lease: Lease | None = None
        """Held from the moment this process becomes the monitor; ``holder`` follows when its engine runs."""
        self.watch: ServerWatch | None = None
        """Set for a database on a server."""
        self.remote: RemoteOperations | None = None
        """The monitor that this process is attached to."""
        self.beside = False
        """Whether the database itself is read."""
        self.trouble: str | None = None
        self._site = site
        self.may_monitor = may_monitor
        self._notices = notices
        self._on_change = on_change
        self._session_id = uuid.uuid4().hex if site.people is None else None
        self._guard = threading.Lock()
        self._hello: Hello | None = None
        self._read: Store | None = None
        self._noted = self._session_id is None
        """Whether the opening of this console is in the audit. Of one that attaches, the monitor records it."""
        self._foreign = False
        """Attached to the monitor of another database than this process would use: never take over."""

    @property
    def attached_to(self) -> str | None:
        """Which other process is the monitor."""
        if self.holder is not None:
            return None
        hello = self._hello
        if hello is not None:
            return f"pid {hello.pid} on {hello.host}"
        from amt_console.store import lease_holder

        holder = lease_holder(self._site.store_url)
        return f"pid {holder.pid} on {holder.host}" if holder else None

    @property
    def role(self) -> Role:
        """What the person may do; everything in a process that has the database itself."""
        hello = self._hello
        return Role.ADMIN if hello is None else Role(hello.role)

    @property
    def reports(self) -> Reports | None:
        """Of the database itself, whoever is its monitor; none where the monitor that answers has another one."""
        return None if self._foreign and self.remote is not None else self._site

    def notices(self) -> tuple[str, ...]:
        """What the person must know about this process; what the engine has to say stands in its snapshot."""
        viewer = self._hello is not None and self._hello.role == "viewer"
        found = (self.trouble, "Your role is viewer: you may look, but not act." if viewer else None)
        return (*(notice for notice in found if notice is not None), *self._notices())

    def attach(self) -> bool:
        """Attach to the running monitor. Raises OperationError if it refuses this person."""
        from amt_console.api.client.attach import attach

        place = self._site.whereabouts
        found = attach(place, session=self._session_id, may_monitor=self.may_monitor)
        if found is None:
            return False
        remote, hello = found
        # A suspended monitor answers after seconds; closing must not wait for it.
        with self._guard:
            if self.closing.is_set():
                remote.close()
                return False
            self.remote, self._hello, self.beside, self.trouble = remote, hello, False, None
            self._noted = True
            self._foreign = hello.database != place.database
            self.following.use(remote, remote.close)
        return True

    def become_monitor(self) -> bool:
        """Become the monitor if there is none. Raises StoreError, ConfigError."""
        with self._guard:
            if self.closing.is_set() or not self.may_monitor or self._foreign:
                return False
            from amt_console.store import take_lease

            lease = take_lease(self._site.store_url, clock=self._site.clock)
            if lease is None:
                return False
            self.lease = lease
            try:
                holder, store = self._site.become_monitor(lease, on_change=self._on_change, notices=self._notices)
            except BaseException:
                self.lease = None
                lease.release()
                raise
            self.following.use(holder.operations, store.close)
            self.watch = self._watch(store) if lease.revocable else None
            self.holder, self.remote, self._hello = holder, None, None
            self.beside, self.trouble = False, None
            self._note_opening(store)
            return True

    @property
    def lost(self) -> bool:
        """Whether another file has taken the place of the one that is read: then it has to be opened anew."""
        store = self._read
        return self.beside and store is not None and store.lost() is not None

    def read_beside(self) -> None:
        """Read the database itself, because the monitor does not answer. Raises StoreError."""
        with self._guard:
            if self.closing.is_set() or self._foreign:
                return
            operations, store, close = self._site.read_beside(self.notices)
            self.remote, self._hello, self.beside = None, None, True
            self.watch = self._watch(store) if self._site.on_server else None
            self._read = store
            self.following.use(operations, close)
            # Beside a file there is a monitor that does not answer now: it records the console later.
            if self._site.on_server and not self._site.read_only:
                self._note_opening(store)

    def _note_opening(self, store: Store) -> None:
        if self._noted:
            return
        self._noted = True
        from amt_console.operations.actor import current_actor
        from amt_console.operations.audit_rows import CONSOLE, OPENED, note_row

        note_row(store, self._site.clock, current_actor(), OPENED, CONSOLE, {"note": f"pid {os.getpid()}"})

    def _watch(self, store: Store) -> ServerWatch:
        from amt_console.runtime.server_watch import ServerWatch

        return ServerWatch(store, self.closing, self._on_change)

    def step_down(self, why: str) -> bool | None:
        """Stop probing and release the lease. Returns whether the engine had failed; ``None`` if not the monitor."""
        with self._guard:
            holder, lease, self.holder, self.lease = self.holder, self.lease, None, None
            if holder is None or lease is None or self.closing.is_set():
                return None
            self.trouble = why
            failed = holder.engine.status.failure is not None
            holder.stop()
            lease.release()
            return failed

    def close(self) -> None:
        """Stop the engine, flush its results, release the lease. Idempotent."""
        self.closing.set()
        with self._guard:
            holder, self.holder = self.holder, None
            if holder is not None:
                holder.stop()
            self.following.use(None)
            lease, self.lease = self.lease, None
            if lease is not None:
                lease.release()
