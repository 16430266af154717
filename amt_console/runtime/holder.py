"""The engine, the dispatcher and the API of the process that holds the lease, started and stopped together."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from amt_console.clock import Clock
from amt_console.model import PresentPerson, Target
from amt_console.model.counts import MonitorCounts
from amt_console.operations.actor import current_actor
from amt_console.operations.protocol import NotFoundError
from amt_console.runtime.operations_proxy import OperationsProxy

if TYPE_CHECKING:
    from amt_console.api.dashboards import Dashboards
    from amt_console.api.listeners.server import ApiServer, SocketServer
    from amt_console.api.served import Served
    from amt_console.config import Settings
    from amt_console.monitor.status import EngineStatus
    from amt_console.monitor.thread import EngineThread
    from amt_console.operations.local import LocalOperations
    from amt_console.reports.jobs.job import ReportSource
    from amt_console.runtime.presence import ClusterPresence
    from amt_console.store import Store

logger = logging.getLogger("amt_console.monitor")
_LAST_MESSAGES_SECONDS = 2.0
"""For sending what is ready at the stop; the rest stays in the outbox."""


class Holder:
    """Runs the engine and serves the API. Only for the process that holds the lease. Raises ConfigError.

    ``operations`` stays the same object when another configuration is taken.

    Args:
        settings: The configuration.
        store: Open and writable; stays open.
        store_url: Its URL.
        clock: The time.
        targets: What is watched, if not the targets of the configuration.
        on_change: Called after each commit of the engine, on its thread; must be quick.
        notices: Further notices for people, beside those of the engine and the API.
        console: Whether this process has a screen, and so a person who is present.
        location: Location of this monitor, for a database on a server.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        store_url: str,
        clock: Clock,
        targets: Sequence[Target] | None = None,
        on_change: Callable[[], None] | None = None,
        notices: Callable[[], tuple[str, ...]] = tuple,
        console: bool = False,
        location: str | None = None,
    ) -> None:
        from amt_console.api.presence import Presence
        from amt_console.monitor.thread import EngineThread
        from amt_console.operations.inbox import Inbox
        from amt_console.runtime.dispatching import acknowledge_links, dispatcher_of
        from amt_console.runtime.scheduled_reports import ScheduledReports
        from amt_console.runtime.watchdog import Watchdog

        self._settings = settings
        self._store = store
        self._store_url = store_url
        self._clock = clock
        self._on_change = on_change or (lambda: None)
        self._more_notices = notices
        self._console = console
        self._presence = Presence(clock)
        self._me = current_actor().name
        self._queued = 0
        """Transactions with messages that the dispatcher was woken for."""
        self._served: Served | None = None
        self._socket: SocketServer | None = None
        self._servers: list[ApiServer] = []
        self._cluster_presence: ClusterPresence | None = None
        self._troubles: tuple[str, ...] = ()
        self._fault: str | None = None
        self.engine: EngineThread = EngineThread(
            settings=settings,
            store=store,
            store_url=store_url,
            clock=clock,
            on_change=self._changed,
            on_unstored=lambda pages: self.dispatcher.page_directly(pages),
            location=location,
        )
        self._links = acknowledge_links(store, clock)
        self._inbox = Inbox(settings, store, clock, on_arrival=self.engine.look_inbound)
        self.dispatcher = dispatcher_of(
            settings, store, store_url, clock, on_reading=self.engine.hear, links=self._links
        )
        self._watchdog = Watchdog(
            settings,
            store_url,
            engine=lambda: self.engine.status,
            dispatcher=lambda: self.dispatcher.status,
            clock=clock,
        )
        self._dashboards: Dashboards | None = None
        self._reports = ScheduledReports(
            settings,
            store,
            clock,
            self._source,
            on_queued=lambda: self.dispatcher.wake(),
            on_reading=self.engine.hear,
        )
        self.operations = OperationsProxy()
        self.operations.use(self._operations(settings, targets))

    def start(self) -> None:
        """Start probing and let others attach. A listener that cannot start is logged and shown; probing continues."""
        from amt_console.api.auth.openings import OpeningLog
        from amt_console.api.auth.refusals import RefusalLog
        from amt_console.api.dashboards import dashboards_of
        from amt_console.api.feed import ActionFeed
        from amt_console.api.idempotency import IdempotencyKeys
        from amt_console.api.listeners.socket_path import database_name
        from amt_console.api.served import Served
        from amt_console.operations.archive import Archive

        self._note_key()
        self.engine.start()
        self.dispatcher.start()
        self._watchdog.start()
        self._reports.start()
        if self._store.is_server:
            from amt_console.runtime.presence import ClusterPresence

            self._cluster_presence = ClusterPresence(self._store, self._own_people)
        self._dashboards = dashboards_of(self._store, self._source, self._clock)
        self._served = Served(
            self.operations,
            presence=self._presence,
            feed=ActionFeed(),
            clock=self._clock,
            database=database_name(self._store_url),
            refusals=RefusalLog(self._store, self._clock),
            links=self._links,
            dashboards=self._dashboards,
            archive=Archive(self._store, self._rules),
            inbox=self._inbox,
            openings=OpeningLog(self._store, self._clock),
            keys=IdempotencyKeys(self._store, self._clock),
            counts=self._counts,
            open_metrics=self._settings.api.metrics_without_token,
        )
        self._serve_socket(self._served)
        if self._settings.api.enabled:
            self._serve_tcp(self._served)

    def watch(self) -> EngineStatus:
        """The engine now; logs when it can store nothing, and when it can again. To be called about once a second."""
        status = self.engine.status
        fault = status.commits.fault
        if fault is not None and self._fault is None:
            logger.error("%s", fault)
        elif fault is None and self._fault is not None:
            logger.warning("What is measured is stored again.")
        self._fault = fault
        return status

    def notices(self) -> tuple[str, ...]:
        """Notices of the dispatcher, the engine and the API, without the engine's faults."""
        status = self.engine.status
        engine = (notice for notice in status.notices if notice not in status.faults)
        watchdog = () if self._watchdog.trouble is None else (self._watchdog.trouble,)
        return (*self.dispatcher.status.lines, *engine, *watchdog, *self._troubles)

    def reload(self, settings: Settings) -> None:
        """Use another configuration: targets, rules, channels, roles. Raises ConfigError and keeps the old one."""
        from amt_console.api.auth.identity import role_table
        from amt_console.runtime.reload import note_reload

        operations, before = self._operations(settings, None), self._settings
        self._use_keys(settings)
        self._inbox.use(settings)
        self.engine.reload(settings)
        self.dispatcher.reload(settings)
        self._watchdog.reload(settings)
        self._settings = settings
        self._reports.reload(settings)
        self.operations.use(operations)
        if self._socket is not None:
            self._socket.callers.use(role_table(settings))
        note_reload(self._store, self._clock, before, settings)

    def _use_keys(self, settings: Settings) -> None:
        from amt_console.store import keyring_of

        if settings.encryption != self._settings.encryption:
            self._store.keys.adopt(keyring_of(settings))
            self._note_key()

    def _note_key(self) -> None:
        """``db rekey`` asks which key this process writes with; not to know it only makes that refuse."""
        from amt_console.store import StoreError
        from amt_console.store.upkeep.writing_key import note_writing_key

        try:
            note_writing_key(self._store)
        except StoreError as error:
            logger.warning("the data key of this monitor cannot be noted: %s", error)

    def stop(self) -> bool:
        """Stop probing, flush, end the API. Returns whether everything ended cleanly."""
        if self._served is not None:
            self._served.close()
        if self._dashboards is not None:
            self._dashboards.close()
        for server in self._servers:
            server.stop()
        if self._served is not None and self._served.refusals is not None:
            self._served.refusals.close()
        self._watchdog.stop()
        self._reports.stop()
        clean = self.engine.stop()
        # After the engine: what it stores last can still be sent.
        self.dispatcher.stop(_LAST_MESSAGES_SECONDS)
        if self._cluster_presence is not None:
            self._cluster_presence.close()
        return clean

    def _counts(self) -> MonitorCounts:
        return replace(self.engine.counts, messages=self.dispatcher.attempts)

    def _operations(self, settings: Settings, targets: Sequence[Target] | None) -> LocalOperations:
        from amt_console.config import targets as configured_targets
        from amt_console.operations.local import LocalOperations

        if targets is None:
            targets = configured_targets(settings, store_url=self._store_url)
        self._targets = tuple(targets)
        self._note_watched(targets)
        return LocalOperations(
            store=self._store,
            store_url=self._store_url,
            settings=settings,
            targets=targets,
            clock=self._clock,
            request_probe=self._probe,
            engine_notices=self.notices,
            engine_faults=lambda: self.engine.status.faults,
            commits=lambda: self.engine.commits,
            remarks=self._more_notices,
            people=self._people,
            live_host=lambda: self.engine.host,
            on_action=self._acted,
        )

    def _source(self) -> ReportSource:
        from amt_console.reports.jobs.job import ReportSource

        return ReportSource(self._store_url, self._settings, self._targets)

    def _rules(self) -> list[dict[str, Any]]:
        from amt_console.monitor.rule_list import stored_rule_list

        return stored_rule_list(self._settings, self._targets, self._store)

    def _note_watched(self, targets: Sequence[Target]) -> None:
        """Let the next console show at once what is watched; a database that cannot be written is told elsewhere."""
        from amt_console.store import StoreError

        with contextlib.suppress(StoreError), self._store.transaction() as writes:
            writes.note_watched(targets)

    def _probe(self, names: Sequence[str]) -> None:
        try:
            self.engine.probe_now(*names)
        except KeyError as error:
            raise NotFoundError(f"no service is called {error}") from error

    def _changed(self) -> None:
        queued = self._store.queue_count("outbox")
        if queued != self._queued:
            self._queued = queued
            self.dispatcher.wake()
        self._on_change()

    def _acted(self) -> None:
        self.dispatcher.wake()
        if self._served is not None:
            self._served.acted()
        self._on_change()

    def _people(self) -> tuple[PresentPerson, ...]:
        return self._own_people() if self._cluster_presence is None else self._cluster_presence.people()

    def _own_people(self) -> tuple[PresentPerson, ...]:
        if self._console:
            self._presence.seen("self", name=self._me, place=f"pid {os.getpid()}", may_monitor=True)
        return self._presence.people()

    def _serve_socket(self, served: Served) -> None:
        from amt_console.api.listeners.socket_path import socket_path

        path = socket_path(self._store_url, self._settings.api.socket)
        if path is None:
            return
        from amt_console.api.auth.identity import group_id, role_table
        from amt_console.api.listeners.server import SocketServer

        group = self._settings.api.socket_group
        try:
            self._socket = SocketServer(
                served,
                path=path,
                roles=role_table(self._settings),
                clock=self._clock,
                group=None if group is None else group_id(group),
            )
        except OSError as error:
            self._trouble(f"Other consoles cannot attach: the socket {path} cannot be made: {_reason(error)}.")
            return
        self._begin(self._socket)

    def _serve_tcp(self, served: Served) -> None:
        from amt_console.api.listeners.server import configured_server

        api = self._settings.api
        try:
            server = configured_server(served, api, self._store, self._clock)
        except OSError as error:
            self._trouble(f"The API is not served on {api.host}:{api.port}: {_reason(error)}.")
            return
        logger.info("the API is served at %s", server.url)
        self._begin(server)

    def _begin(self, server: ApiServer) -> None:
        server.start(at_once=not self._console)
        self._servers.append(server)

    def _trouble(self, text: str) -> None:
        logger.warning(text)
        self._troubles = (*self._troubles, text)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
