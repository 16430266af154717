"""A monitor beside another one on a server: probes for its location, and becomes the evaluator when there is none."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.runtime.server_watch import ServerWatch
from amt_console.runtime.signals import Signals
from amt_console.runtime.systemd import Notifier

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.monitor.cluster.probing_monitor import ProbingMonitor
    from amt_console.store import Lease, Store

logger = logging.getLogger("amt_console.monitor")


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
    from amt_console.store import Lease, Store

    lease = Lease.acquire(store_url, clock=clock)
    if lease is not None:
        return lease, settings
    with Store.open(store_url, clock=clock) as store:
        return _Share(settings, store, store_url, config_path, clock, location, signals).run()


class _Share:
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

    def run(self) -> tuple[Lease, Settings] | None:
        from amt_console.cli.monitor import ConfigWatch

        self._signals.listen()
        stop, reload = self._signals.stop, self._signals.reload
        watch = ServerWatch(self._store, stop, lambda: None)
        config = ConfigWatch(self._config_path)
        notifier = Notifier()
        helper = self._helper()
        notifier.send("READY=1\nSTATUS=Cluster the probing with other monitors.")
        does = "shares its probing" if self._location is None else f"probes from location {self._location}"
        logger.info("another monitor evaluates; pid %d %s", os.getpid(), does)
        try:
            while not stop.is_set():
                watch.wait()
                notifier.send("WATCHDOG=1")
                if watch.lease_is_free() and (lease := self._lease()) is not None:
                    return lease, self._settings
                if reload.is_set() or config.changed():
                    reload.clear()
                    helper = self._reloaded(helper)
        finally:
            helper.stop()
        logger.info("monitor stopped")
        return None

    def _helper(self) -> ProbingMonitor:
        from amt_console.monitor.cluster.probing_monitor import ProbingMonitor

        helper = ProbingMonitor(
            settings=self._settings,
            store=self._store,
            store_url=self._store_url,
            clock=self._clock,
            location=self._location,
        )
        helper.start()
        return helper

    def _lease(self) -> Lease | None:
        from amt_console.store import Lease, StoreError

        try:
            return Lease.acquire(self._store_url, clock=self._clock)
        except StoreError as error:
            logger.info("the lease could not be taken: %s", error)
            return None

    def _reloaded(self, helper: ProbingMonitor) -> ProbingMonitor:
        from amt_console.config import ConfigError, load_config, targets

        try:
            settings = load_config(self._config_path).settings
            targets(settings, store_url=self._store_url)
        except ConfigError as error:
            logger.error("the running configuration stays, the new one is not usable:\n%s", error)
            return helper
        self._settings = settings
        helper.stop()
        logger.info("configuration read again")
        return self._helper()
