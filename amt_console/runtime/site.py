"""A database with its configuration, and the ways to open it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.model import PresentPerson
from amt_console.operations.cancellation import Cancellation
from amt_console.operations.protocol import Progress, UnavailableError
from amt_console.store_url import store_url_is_server

if TYPE_CHECKING:
    from amt_console.api.client.attach import Whereabouts
    from amt_console.config import Settings
    from amt_console.model import Target
    from amt_console.operations.local import LocalOperations
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.presence import ClusterPresence
    from amt_console.store import Lease, Store

Notices = Callable[[], tuple[str, ...]]


logger = logging.getLogger("amt_console.session")


@dataclass(frozen=True, slots=True)
class Configured:
    """What a monitor needs of the configuration."""

    settings: Settings
    targets: tuple[Target, ...]


class Site:
    """A database with the configuration for it, which an attached console does without.

    Args:
        store_url: The database.
        whereabouts: Where its monitor listens.
        configured: Loads the configuration when it is needed. Raises ConfigError.
        clock: The time.
        read_only: Only look, and never become the monitor.
        people: Who is present through this process, if that is not just its own person.
    """

    def __init__(
        self,
        store_url: str,
        whereabouts: Whereabouts,
        configured: Callable[[], Configured],
        clock: Clock,
        *,
        read_only: bool = False,
        people: Callable[[], tuple[PresentPerson, ...]] | None = None,
    ) -> None:
        self.store_url = store_url
        self.whereabouts = whereabouts
        self.clock = clock
        self.read_only = read_only
        self.people = people
        self._configured = configured

    @cached_property
    def configured(self) -> Configured:
        """The configuration. Raises ConfigError."""
        return self._configured()

    @property
    def on_server(self) -> bool:
        """Whether the database is on a server, and no file of this host."""
        return store_url_is_server(self.store_url)

    def become_monitor(self, lease: Lease, *, on_change: Callable[[], None], notices: Notices) -> tuple[Holder, Store]:
        """Start the engine and the API under a lease. Raises StoreError, ConfigError."""
        from amt_console.config import location_of
        from amt_console.runtime.holder import Holder
        from amt_console.runtime.logs import follow_log_settings

        follow_log_settings(self.configured.settings.log)
        location = location_of(self.configured.settings) if self.on_server else None
        store = self._open()
        try:
            lease.guard(store)
            holder = Holder(
                settings=self.configured.settings,
                store=store,
                store_url=self.store_url,
                clock=self.clock,
                targets=self.configured.targets,
                on_change=on_change,
                notices=notices,
                console=True,
                location=None if location is None else location[0],
            )
        except BaseException:
            store.close()
            raise
        holder.start()
        return holder, store

    def _open(self, *, read_only: bool = False, patient: bool = False) -> Store:
        from amt_console.store import Store, keyring_of

        keys = keyring_of(self.configured.settings)
        return Store.open(self.store_url, clock=self.clock, read_only=read_only, patient=patient, keys=keys)

    def export(
        self,
        out: Path,
        *,
        parts: Sequence[str] = ("all",),
        hours: float = 24,
        end: datetime | None = None,
        service: str | None = None,
        progress: Progress | None = None,
        cancellation: Cancellation | None = None,
    ) -> tuple[Path, ...]:
        """Write reports from the database itself. Raises OperationError, CancelledError."""
        from amt_console.reports.export import export_reports
        from amt_console.store import StoreError

        try:
            with closing(self._open(read_only=True, patient=True)) as store:
                written = export_reports(
                    store,
                    self.configured.targets,
                    self.configured.settings,
                    self.clock,
                    out,
                    parts=parts,
                    hours=hours,
                    end=end,
                    service=service,
                    progress=progress,
                    cancellation=cancellation,
                )
            self._note_export(", ".join(parts), written)
            return written
        except StoreError as error:
            raise UnavailableError(f"reports are made from the database itself: {error}") from error

    def export_incident(
        self,
        alert_id: int,
        out: Path,
        *,
        progress: Progress | None = None,
        cancellation: Cancellation | None = None,
    ) -> tuple[Path, ...]:
        """Write the draft of a post-mortem of an alert. Raises OperationError, CancelledError."""
        from amt_console.reports.incident.export import export_incident
        from amt_console.store import StoreError

        configured = self.configured
        try:
            with closing(self._open(read_only=True, patient=True)) as store:
                written = export_incident(
                    store,
                    alert_id,
                    configured.targets,
                    configured.settings,
                    self.clock,
                    out,
                    progress=progress,
                    cancellation=cancellation,
                )
            self._note_export(f"incident {alert_id}", written)
            return written
        except StoreError as error:
            raise UnavailableError(f"reports are made from the database itself: {error}") from error

    def _note_export(self, what: str, files: Sequence[Path]) -> None:
        from amt_console.operations.actor import current_actor
        from amt_console.operations.audit_rows import EXPORT, note_row
        from amt_console.store import StoreError

        note = {"note": f"{len(files)} files to {files[0].parent.resolve()}" if files else "no files"}
        try:
            with closing(self._open()) as store:
                note_row(store, self.clock, current_actor(), EXPORT, what, note)
        except StoreError as error:
            logger.warning("an export left no audit row: %s", error)

    def read_beside(self, notices: Notices) -> tuple[LocalOperations, Store, Callable[[], None]]:
        """Open the database beside its monitor. Also returns a function that closes it. Raises StoreError."""
        from amt_console.operations.local import LocalOperations

        store = self._open(read_only=self.read_only)
        presence = self._cluster_presence(store)
        operations = LocalOperations(
            store=store,
            store_url=self.store_url,
            settings=self.configured.settings,
            targets=self.configured.targets,
            clock=self.clock,
            read_only=self.read_only,
            engine_notices=notices,
            people=tuple if presence is None else presence.people,
        )

        def close() -> None:
            if presence is not None:
                presence.close()
            store.close()

        return operations, store, close

    def _cluster_presence(self, store: Store) -> ClusterPresence | None:
        """Presence on a server's database; a file has none."""
        if not self.on_server:
            return None
        from amt_console.operations.actor import current_actor
        from amt_console.runtime.presence import ClusterPresence

        me = PresentPerson(current_actor().name, self.clock.now(), f"pid {os.getpid()}", may_monitor=not self.read_only)
        return ClusterPresence(store, self.people or (lambda: (me,)))


def site_of(
    settings: Settings,
    store_url: str,
    targets: Sequence[Target],
    clock: Clock,
    *,
    read_only: bool = False,
    people: Callable[[], tuple[PresentPerson, ...]] | None = None,
) -> Site:
    """The site of a configuration that has been loaded."""
    from amt_console.api.client.attach import Whereabouts
    from amt_console.config import configured_database

    whereabouts = Whereabouts.of(store_url, configured_url=configured_database(settings), socket=settings.api.socket)
    configured = Configured(settings, tuple(targets))
    return Site(store_url, whereabouts, lambda: configured, clock, read_only=read_only, people=people)
