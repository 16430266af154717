"""A console's session: attached to the running monitor, or itself the monitor if there is none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from amt_console.model import Role, Snapshot
from amt_console.operations.protocol import NotPermittedError, OperationError, Operations, Reports
from amt_console.runtime.link import Link
from amt_console.runtime.listening import listen
from amt_console.runtime.server_watch import LOOK_SECONDS
from amt_console.runtime.site import Notices, Site
from amt_console.store_url import database_file

if TYPE_CHECKING:
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.server_watch import ServerWatch
    from amt_console.store import Lease

logger = logging.getLogger("amt_console.session")
QUICK_SECONDS = 0.1
"""How often to try to take over, or to find the next monitor, right after the monitor has gone."""
QUICK_FOR_SECONDS = 5.0
PAUSE_SECONDS = 0.5
"""How often to try later. On a file one try is one system call."""
SERVER_PAUSE_SECONDS = 2.0
"""The same for a server that does not answer."""
LONGEST_BACKOFF_SECONDS = 30.0
BESIDE_AFTER_SECONDS = 1.0
"""Seconds without a monitor before the database itself is read."""


class LocalSession:
    """Attaches to the monitor of a database, or takes the lease and runs the engine if there is none.

    ``operations`` stays the same object. When its monitor is gone, an attached session takes over at once, or attaches
    to the process that was quicker. While a monitor does not answer, the session reads the database itself.
    Constructing it blocks.

    Raises:
        StoreError: The database cannot be used, and no monitor lets this person in.
        NotPermittedError: A monitor runs and does not let this person in.
    """

    def __init__(
        self,
        site: Site,
        *,
        may_monitor: bool = True,
        notices: Notices = tuple,
        on_change: Callable[[], None] | None = None,
        on_end: Callable[[Exception], None] | None = None,
        show_first: Callable[[Snapshot], None] | None = None,
    ) -> None:
        """Args:
        site: What is watched, and where.
        may_monitor: Whether to become the monitor when there is none.
        notices: Further notices for the screen; called for each snapshot.
        on_change: Called when there is something new to see; on any thread, must be quick.
        on_end: Called on another thread when this process was the monitor and has to end: its database file is lost.
        show_first: Called with what a SQLite file knows, before this process takes it over.
        """
        self._site = site
        self._clock = site.clock
        self._on_change = on_change or (lambda: None)
        self._on_end = on_end or (lambda _: None)
        self._link = Link(
            site, may_monitor=may_monitor and not site.read_only, notices=notices, on_change=self._on_change
        )
        self._closing = self._link.closing
        self._retry_at = float("-inf")
        self._backoff = PAUSE_SECONDS
        self.operations: Operations = self._link.following
        self._open(show_first)
        threading.Thread(target=self._mind, name="amt-session", daemon=True).start()

    @property
    def is_monitor(self) -> bool:
        """Whether this process probes."""
        return self._link.holder is not None

    @property
    def holds_lease(self) -> bool:
        """Whether this process is the monitor or is just becoming it: nobody else can be."""
        return self._link.lease is not None

    @property
    def attached_to(self) -> str | None:
        """Which process is the monitor, when it is another one."""
        return self._link.attached_to

    @property
    def role(self) -> Role:
        """What the person may do: what the monitor says, or everything in a process that has the database itself."""
        return self._link.role

    @property
    def reads_beside(self) -> bool:
        """Whether the database itself is read, because no monitor answers."""
        return self._link.beside

    @property
    def reports(self) -> Reports | None:
        """Of the database, if it can be read here."""
        return self._link.reports

    def notices(self) -> tuple[str, ...]:
        """Notices about this session. The engine's own notices are in its snapshot."""
        return self._link.notices()

    def tell_presence(self) -> None:
        """Tell the monitor who is present through this process, every few seconds. Raises OperationError."""
        remote, people = self._link.remote, self._site.people
        if remote is not None and people is not None:
            remote.tell_presence(people())

    def close(self) -> None:
        """Stop the engine, flush what it collected, give the lease back. Idempotent."""
        self._link.close()

    def _open(self, show_first: Callable[[Snapshot], None] | None) -> None:
        refusal: OperationError | None = None
        try:
            if self._link.attach():
                return
        except OperationError as error:
            refusal = error
        if show_first is not None and self._link.may_monitor:
            self._look_first(show_first)
        from amt_console.store import StoreError

        try:
            if not self._link.become_monitor():
                self._link.read_beside()
        except StoreError:
            if isinstance(refusal, NotPermittedError):
                raise refusal from None
            raise
        if refusal is not None and not self.is_monitor:
            self._link.trouble = f"The monitor cannot be asked, the database is read instead: {refusal}."

    def _look_first(self, show: Callable[[Snapshot], None]) -> None:
        """Importing what a monitor needs takes far longer than asking a file for its newest rows."""
        path = database_file(self._site.store_url)
        if path is None:
            return
        from amt_console.operations.first_look import first_snapshot

        found = first_snapshot(path, self._clock.now())
        if found is not None:
            show(found)

    # Following the monitor

    def _mind(self) -> None:
        """Be the monitor or listen to it, and recover when it is gone, until this session is closed."""
        link = self._link
        while not self._closing.is_set():
            if (holder := link.holder) is not None and (lease := link.lease) is not None:
                why = _why_no_longer(holder, lease, link.watch, self._closing)
                if why is None:
                    return
                if (reason := holder.engine.status.database_lost) is not None:
                    self._end(reason)
                    return
                self._step_down(why)
            if (remote := link.remote) is not None:
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
        """Try to become the monitor or to find another one, until either works."""
        lost_at = self._clock.monotonic()
        while not self._closing.is_set():
            since = self._clock.monotonic() - lost_at
            if self._took_over() or self._attached_again():
                self._on_change()
                return
            beside = self._link.beside and not self._link.lost
            if not beside and since >= BESIDE_AFTER_SECONDS:
                self._beside_if_possible()
            self._pause(since)

    def _pause(self, since: float) -> None:
        if self._link.watch is not None:
            self._link.watch.wait()
        elif self._site.on_server:
            self._closing.wait(SERVER_PAUSE_SECONDS)
        else:
            quick = since < QUICK_FOR_SECONDS and not self._link.beside
            self._closing.wait(QUICK_SECONDS if quick else PAUSE_SECONDS)

    def _step_down(self, why: str) -> None:
        """Stop probing, and read what the next monitor writes."""
        failed = self._link.step_down(why)
        if failed is None:
            return
        logger.warning(why)
        if failed:
            self._retry_at = self._clock.monotonic() + LONGEST_BACKOFF_SECONDS
        self._beside_if_possible()
        self._on_change()

    def _end(self, reason: str) -> None:
        """Stop probing for good: what took the place of the database is not for this process to write."""
        from amt_console.store import DatabaseLost

        holder = self._link.holder
        self._link.step_down(reason)
        results = holder.engine.status.buffered if holder is not None else 0
        message = f"{reason}; the monitor has stopped, and {results} of its results are lost"
        logger.error(message)
        self._on_end(DatabaseLost(message))

    def _took_over(self) -> bool:
        watch = self._link.watch
        if self._clock.monotonic() < self._retry_at or (watch is not None and not watch.lease_is_free()):
            return False
        try:
            taken = self._link.become_monitor()
        except Exception as error:
            logger.error("this console could not take over as the monitor: %s", error)
            self._link.trouble = f"This console could not take over as the monitor and tries again: {error}"
            self._backoff = min(LONGEST_BACKOFF_SECONDS, 2 * self._backoff)
            self._retry_at = self._clock.monotonic() + self._backoff
            self._on_change()
            return False
        if taken:
            logger.info("this console is the monitor now")
        return taken

    def _attached_again(self) -> bool:
        try:
            return self._link.attach()
        except OperationError as error:
            self._link.trouble = f"The monitor cannot be asked: {error}."
            return False

    def _beside_if_possible(self) -> None:
        from amt_console.store import StoreError

        try:
            self._link.read_beside()
        except StoreError as error:
            logger.info("the database cannot be read meanwhile: %s", error)
            self._link.beside = True


def _why_no_longer(holder: Holder, lease: Lease, watch: ServerWatch | None, closing: threading.Event) -> str | None:
    """Be the monitor until it ends; returns why it ended, or ``None`` when this session is closing."""
    while not closing.is_set():
        status = holder.watch()
        if status.failure is not None:
            return (
                f"The monitor in this console has failed: {status.failure}. "
                "It is started again in a while unless another process takes over; the log says more."
            )
        if status.database_lost is not None:
            return f"{status.database_lost}."
        if lease.lost:
            return "Another process has become the monitor: the database had not heard of this one in time."
        if watch is not None:
            watch.wait()
        else:
            closing.wait(LOOK_SECONDS)
    return None
