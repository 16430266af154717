"""A monitor beside another one on a server: shares the probes, and takes the lease when it is free."""

from __future__ import annotations

import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.runtime.dispatching import acknowledge_links, dispatcher_of
from amt_console.runtime.reload import ConfigWatch, note_reload, reload_config
from amt_console.runtime.server_watch import ServerWatch
from amt_console.runtime.signals import Signals
from amt_console.runtime.systemd import Notifier

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.monitor.cluster.probing_monitor import ProbingMonitor
    from amt_console.store import Lease, Store

logger = logging.getLogger("amt_console.monitor")
_LOOK_SECONDS = 0.5


def share_until_free(
    *,
    settings: Settings,
    store_url: str,
    config_path: Path | None,
    clock: Clock,
    location: str | None,
    signals: Signals,
) -> tuple[Lease, Settings] | None:
    """Take the lease, or probe beside its holder until it is free, and listen to ``signals`` meanwhile.

    Returns:
        The lease and the configuration in force, or ``None`` when told to stop before.

    Raises:
        StoreError: The database cannot be used.
        ConfigError: A secret of the configuration cannot be read.
    """
    from amt_console.store import Store, keyring_of, take_lease

    lease = take_lease(store_url, clock=clock)
    if lease is not None:
        return lease, settings
    with Store.open(store_url, clock=clock, keys=keyring_of(settings)) as store:
        return _PeerMonitor(settings, store, store_url, config_path, clock, location, signals).run()


class _PeerMonitor:
    def __init__(
        self,
        settings: Settings,
        store: Store,
        store_url: str,
        config_path: Path | None,
        clock: Clock,
        location: str | None,
        signals: Signals,
    ) -> None:
        self._settings = settings
        self._store = store
        self._store_url = store_url
        self._config_path = config_path
        self._clock = clock
        self._location = location
        self._signals = signals
        links = acknowledge_links(store, clock)
        self._dispatcher = dispatcher_of(settings, store, store_url, clock, cancels=False, links=links)
        self._lease: Lease | None = None
        self._failure: BaseException | None = None
        self._decided = threading.Event()

    def run(self) -> tuple[Lease, Settings] | None:
        self._signals.listen()
        stop = self._signals.stop
        config = ConfigWatch(self._config_path)
        notifier = Notifier()
        self._prober = self._start_prober()
        self._dispatcher.start()
        notifier.send("READY=1\nSTATUS=Sharing the probes with other monitors.")
        does = "shares its probing" if self._location is None else f"probes from location {self._location}"
        logger.info("another monitor evaluates; pid %d %s", os.getpid(), does)
        # On a thread of its own: a server that does not answer must not hold up a signal.
        candidate = threading.Thread(target=self._wait_for_the_lease, name="amt-candidate", daemon=True)
        candidate.start()
        try:
            while not self._decided.wait(_LOOK_SECONDS) and not stop.is_set():
                notifier.send("WATCHDOG=1")
                if self._signals.take_reload(config):
                    reload_config(self._config_path, self._use)
        finally:
            self._stop_both()
        if stop.is_set():
            self._store.hurry()
            candidate.join(_LOOK_SECONDS)
        if self._failure is not None:
            raise self._failure
        if self._lease is None:
            logger.info("monitor stopped")
            return None
        return self._lease, self._settings

    def _stop_both(self) -> None:
        """At the same time: each may wait for a server that does not answer."""
        with ThreadPoolExecutor(2) as threads:
            for stop in (self._prober.stop, self._dispatcher.stop):
                threads.submit(stop)

    def _start_prober(self) -> ProbingMonitor:
        from amt_console.monitor.cluster.probing_monitor import ProbingMonitor

        prober = ProbingMonitor(
            settings=self._settings,
            store=self._store,
            store_url=self._store_url,
            clock=self._clock,
            location=self._location,
        )
        prober.start()
        return prober

    def _wait_for_the_lease(self) -> None:
        from amt_console.store import StoreError, take_lease

        stop = self._signals.stop
        watch = ServerWatch(self._store, stop, lambda: None)
        try:
            while not stop.is_set() and self._lease is None:
                watch.wait()
                if watch.lease_is_free():
                    try:
                        self._lease = take_lease(self._store_url, clock=self._clock)
                    except StoreError as error:
                        logger.info("the lease could not be taken: %s", error)
        except BaseException as error:
            self._failure = error
        finally:
            self._decided.set()

    def _use(self, settings: Settings) -> None:
        """Use another configuration. Raises ConfigError and keeps the running one."""
        from amt_console.config import targets

        targets(settings, store_url=self._store_url)
        before, self._settings = self._settings, settings
        note_reload(self._store, self._clock, before, settings)
        self._dispatcher.reload(settings)
        self._prober.stop()
        self._prober = self._start_prober()
