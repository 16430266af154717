"""One console's connection: attached to the running monitor, or the monitor itself when there is none."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amt_console.cli.following import Following
from amt_console.cli.keeping import why_no_longer
from amt_console.cli.listening import listen
from amt_console.cli.server_watch import ServerWatch
from amt_console.cli.site import Site
from amt_console.clock import Clock
from amt_console.model import Target
from amt_console.operations.protocol import REPORTS_ELSEWHERE, NotPermittedError, OperationError, Operations

if TYPE_CHECKING:
    from amt_console.api.client import RemoteOperations
    from amt_console.api.wire import Hello
    from amt_console.cli.holder import Holder
    from amt_console.config import Settings
    from amt_console.store import Lease

logger = logging.getLogger("amt_console.session")
QUICK_SECONDS = 0.1
"""How often an attached console whose monitor has just gone tries to take over or to find the next one."""
QUICK_FOR_SECONDS = 5.0
PAUSE_SECONDS = 0.5
"""How often it tries later on. On a file the trial is one system call."""
SERVER_PAUSE_SECONDS = 2.0
"""The same where the lease is a row on a server that does not answer."""
LONGEST_BACKOFF_SECONDS = 30.0
BESIDE_AFTER_SECONDS = 1.0
"""So long a monitor may be gone before the database itself is read."""


class LocalSession:
    """Attaches to the monitor of a database; takes the lease and runs the engine when there is none.

    ``operations`` stays the same object. An attached session whose monitor is gone takes over at once, however that
    one ended. If somebody else is quicker, it attaches to that one. While a monitor does not answer, it reads the
    database itself. Constructing it blocks.

    Raises:
        StoreError: The database cannot be used, and no monitor lets this person in.
        NotPermittedError: A monitor runs and does not let this person in.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store_url: str,
        targets: Sequence[Target],
        clock: Clock,
        read_only: bool = False,
        may_monitor: bool = True,
        notices: tuple[str, ...] = (),
        on_change: Callable[[], None] | None = None,
    ) -> None:
        """Args:
        read_only: Only look, and never become the monitor.
        may_monitor: Whether to become the monitor when there is none.
        notices: What the person must know in any case.
        on_change: Called when there is something new to see; on any thread, must be quick.
        """
        self._site = Site(settings, store_url, tuple(targets), clock, read_only)
        self._store_url = store_url
        self._clock = clock
        self._may_monitor = may_monitor and not read_only
        self._notices = notices
        self._on_change = on_change or (lambda: None)
        self._session_id = uuid.uuid4().hex
        self._closing = threading.Event()
        self._guard = threading.Lock()
        self._holder: Holder | None = None
        self._lease: Lease | None = None
        self._watch: ServerWatch | None = None
        """Where the database is on a server."""
        self._remote: RemoteOperations | None = None
        self._hello: Hello | None = None
        self._beside = False
        self._foreign = False
        """Attached to the monitor of another database than this process would use by itself: never take over."""
        self._trouble: str | None = None
        self._retry_at = float("-inf")
        self._backoff = PAUSE_SECONDS
        self.following = Following()
        """The same as ``operations``, for those that act in another person's name."""
        self.operations: Operations = self.following
        self._open()
        threading.Thread(target=self._mind, name="amt-session", daemon=True).start()

    @property
    def is_monitor(self) -> bool:
        """Whether this process probes."""
        return self._holder is not None

    @property
    def attached_to(self) -> str | None:
        """Which process is the monitor, when it is another one."""
        if self.is_monitor:
            return None
        hello = self._hello
        if hello is not None:
            return f"pid {hello.pid} on {hello.host}"
        from amt_console.store import Lease

        holder = Lease.holder(self._store_url)
        return f"pid {holder.pid} on {holder.host}" if holder else None

    @property
    def no_reports(self) -> str | None:
        """Why no reports can be made here: the database of the monitor that answers is not the one that is named."""
        return REPORTS_ELSEWHERE if self._foreign and self._remote is not None else None

    def notices(self) -> tuple[str, ...]:
        """What the person must know about this session; what the engine has to say stands in its picture."""
        viewer = self._hello is not None and self._hello.role == "viewer"
        found = (self._trouble, "Your role is viewer: you may look, but not act." if viewer else None)
        return (*(notice for notice in found if notice is not None), *self._notices)

    def close(self) -> None:
        """Stop the engine, flush what it collected, give the lease back. Idempotent."""
        self._closing.set()
        with self._guard:
            holder, self._holder = self._holder, None
            if holder is not None:
                holder.stop()
            self.following.use(None)
            lease, self._lease = self._lease, None
            if lease is not None:
                lease.release()

    # Finding the monitor, or becoming it

    def _open(self) -> None:
        refusal: OperationError | None = None
        try:
            if self._attach():
                return
        except OperationError as error:
            refusal = error
        from amt_console.store import StoreError

        try:
            if not self._take_lease():
                self._go_beside()
        except StoreError:
            if isinstance(refusal, NotPermittedError):
                raise refusal from None
            raise
        if refusal is not None and self._holder is None:
            self._trouble = f"The monitor cannot be asked, the database is read instead: {refusal}."

    def _attach(self) -> bool:
        """Ask the running monitor from now on. Raises OperationError when it does not let this person in."""
        from amt_console.api.attach import attach
        from amt_console.api.location import database_name

        found = attach(self._store_url, self._site.settings, session=self._session_id)
        if found is None:
            return False
        remote, hello = found
        # Asking may take seconds when the monitor is suspended; closing must not wait for that.
        with self._guard:
            if self._closing.is_set():
                remote.close()
                return False
            self._remote, self._hello, self._beside, self._trouble = remote, hello, False, None
            self._foreign = hello.database != database_name(self._store_url)
            self.following.use(remote, remote.close, export=None if self._foreign else self._site.export)
        return True

    def _take_lease(self) -> bool:
        """Become the monitor if nobody is. Raises StoreError."""
        if not self._may_monitor or self._foreign:
            return False
        from amt_console.store import Lease

        lease = Lease.acquire(self._store_url, clock=self._clock)
        if lease is None:
            return False
        try:
            self._become_monitor(lease)
        except BaseException:
            lease.release()
            raise
        self._lease = lease
        return True

    def _become_monitor(self, lease: Lease) -> None:
        holder, store = self._site.become_monitor(lease, on_change=self._on_change, notices=lambda: self._notices)
        self.following.use(holder.operations, store.close)
        self._watch = ServerWatch(store, self._closing, self._on_change) if lease.revocable else None
        self._holder, self._remote, self._hello, self._beside, self._trouble = holder, None, None, False, None

    def _go_beside(self) -> None:
        """Read the database itself: another process is the monitor, and cannot be asked. Raises StoreError."""
        operations, store = self._site.read_beside(self.notices)
        self._remote, self._hello, self._beside = None, None, True
        self._watch = ServerWatch(store, self._closing, self._on_change) if self._site.on_server else None
        self.following.use(operations, store.close)

    # Minding the monitor

    def _mind(self) -> None:
        """Until this session is closed: be the monitor or listen to it, and act when it is gone."""
        while not self._closing.is_set():
            if self._holder is not None and self._lease is not None:
                why = why_no_longer(self._holder, self._lease, self._watch, self._closing)
                if why is None:
                    return
                self._step_down(why)
            if (remote := self._remote) is not None:
                lost = listen(remote, self._closing, self._on_change)
                if lost is None:
                    return
                logger.info("the monitor cannot be asked any more: %s", lost)
            try:
                self._recover()
            except Exception:
                logger.exception("looking for the monitor failed")
                self._closing.wait(SERVER_PAUSE_SECONDS)

    def _recover(self) -> None:
        """Try in turn to become the monitor and to find another one, until one of both works."""
        lost_at = self._clock.monotonic()
        while not self._closing.is_set():
            since = self._clock.monotonic() - lost_at
            if self._took_over() or self._attached_again():
                self._on_change()
                return
            if not self._beside and since >= BESIDE_AFTER_SECONDS:
                self._beside_if_possible()
            self._pause(since)

    def _pause(self, since: float) -> None:
        if self._watch is not None:
            self._watch.wait()
        elif self._site.on_server:
            self._closing.wait(SERVER_PAUSE_SECONDS)
        else:
            self._closing.wait(QUICK_SECONDS if since < QUICK_FOR_SECONDS and not self._beside else PAUSE_SECONDS)

    def _step_down(self, why: str) -> None:
        """Stop probing, and read what the next monitor writes."""
        with self._guard:
            holder, lease, self._holder, self._lease = self._holder, self._lease, None, None
            if holder is None or lease is None or self._closing.is_set():
                return
            self._trouble = why
            logger.warning(why)
            if holder.engine.status.failure is not None:
                self._retry_at = self._clock.monotonic() + LONGEST_BACKOFF_SECONDS
            holder.stop()
            lease.release()
        self._beside_if_possible()
        self._on_change()

    def _took_over(self) -> bool:
        if self._clock.monotonic() < self._retry_at or (self._watch is not None and not self._watch.lease_is_free()):
            return False
        with self._guard:
            if self._closing.is_set():
                return False
            try:
                taken = self._take_lease()
            except Exception as error:
                logger.error("this console could not take over as the monitor: %s", error)
                self._trouble = f"This console could not take over as the monitor and tries again: {error}"
                self._backoff = min(LONGEST_BACKOFF_SECONDS, 2 * self._backoff)
                self._retry_at = self._clock.monotonic() + self._backoff
                self._on_change()
                return False
        if taken:
            logger.info("this console is the monitor now")
        return taken

    def _attached_again(self) -> bool:
        try:
            return self._attach()
        except OperationError as error:
            self._trouble = f"The monitor cannot be asked: {error}."
            return False

    def _beside_if_possible(self) -> None:
        from amt_console.store import StoreError

        with self._guard:
            if self._closing.is_set() or self._foreign:
                return
            try:
                self._go_beside()
            except StoreError as error:
                logger.info("the database cannot be read meanwhile: %s", error)
                self._beside = True
