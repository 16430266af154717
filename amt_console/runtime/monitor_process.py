"""The process of a headless monitor: takes the lease, runs the engine and the API, reloads, and ends in order."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from amt_console.clock import Clock, SystemClock
from amt_console.runtime.logs import start_logging
from amt_console.store_url import store_url_is_server
from amt_console.text import public_url

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.monitor.status import EngineStatus
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.signals import Signals
    from amt_console.runtime.systemd import Notifier, Supervision
    from amt_console.store import Lease

logger = logging.getLogger("amt_console.monitor")
PRIVATE = 0o077
"""The umask of a process that keeps data: nobody else reads what it, a plugin or a channel's command creates."""
_LOOK_SECONDS = 0.5
_LONGEST_PROBE_PAUSE = 60.0
"""Seconds without a probe that are never a fault, however short the intervals are."""


class MonitorFailed(Exception):
    """The engine has failed; ``str()`` is the message for people."""


class ResultsNotStored(Exception):
    """The monitor has stopped with results that it could not store."""


def acquire_lease(store_url: str, *, clock: Clock | None = None) -> Lease:
    """The lease of a database. Raises MonitorRuns, naming its holder."""
    from amt_console.store import MonitorRuns, lease_holder, take_lease

    lease = take_lease(store_url, clock=clock or SystemClock())
    if lease is None:
        holder = lease_holder(store_url)
        who = f"pid {holder.pid} on {holder.host}" if holder else "another process"
        raise MonitorRuns(
            f"{who} is already the monitor of {public_url(store_url)}; "
            "look at it with 'amt-console' or 'amt-console status'"
        )
    return lease


def run_monitor(
    *, settings: Settings, store_url: str, config_path: Path | None = None, location: str | None = None
) -> None:
    """Be the monitor until SIGTERM or SIGINT. Beside another monitor on a server, share its probes until it ends.

    Raises:
        MonitorRuns: Another process monitors this file.
        LeaseLost: Another process has taken over.
        MonitorFailed: The engine has failed.
        DatabaseLost: The database file was deleted or replaced.
        ResultsNotStored: Some results could not be stored at the end.
        StoreError: The database cannot be used.
        ConfigError: A secret of the configuration cannot be read.
    """
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.signals import Signals
    from amt_console.runtime.systemd import Notifier, monitoring
    from amt_console.store import LeaseLost, Store, keyring_of

    os.umask(PRIVATE)
    start_logging(to_stderr=True, settings=settings.log)
    clock, signals = SystemClock(), Signals()
    if not store_url_is_server(store_url):
        lease = acquire_lease(store_url, clock=clock)
    else:
        from amt_console.runtime.peer_monitor import share_until_free

        found = share_until_free(
            settings=settings,
            store_url=store_url,
            config_path=config_path,
            clock=clock,
            location=location,
            signals=signals,
        )
        if found is None:
            return
        lease, settings = found
    try:
        store = Store.open(store_url, clock=clock, keys=keyring_of(settings))
        try:
            lease.guard(store)
            holder = Holder(settings=settings, store=store, store_url=store_url, clock=clock, location=location)
            signals.listen()
            try:
                holder.start()
                where = "" if location is None else f", location {location}"
                logger.info("monitor runs, pid %d, database %s%s", os.getpid(), public_url(store_url), where)
                notifier = Notifier()
                notifier.send(f"READY=1\nSTATUS={monitoring(holder.engine.status)}")
                _wait_for_the_end(holder, config_path, _supervision(notifier, settings, store_url), lease, signals)
                notifier.send("STOPPING=1")
            finally:
                lost = lease.lost
                clean = holder.stop()
        finally:
            store.close()
    finally:
        lease.release()
    if lost:
        raise LeaseLost(
            f"another process has become the monitor of {public_url(store_url)}, "
            "because this one did not renew its lease in time"
        )
    _check_end(holder.engine.status, clean=clean)


def _check_end(status: EngineStatus, *, clean: bool) -> None:
    """Raises MonitorFailed, DatabaseLost or ResultsNotStored unless everything that was collected is stored."""
    if status.database_lost is not None:
        from amt_console.store import DatabaseLost

        raise DatabaseLost(
            f"{status.database_lost}; the monitor has stopped, and {status.buffered} of its results are lost"
        )
    if status.failure is not None:
        raise MonitorFailed(f"the monitor has failed: {status.failure}; the log says where")
    if status.buffered:
        raise ResultsNotStored(
            f"the monitor has stopped, but {status.buffered} of its results could not be stored: "
            f"{status.store_error or 'there was no time left'}"
        )
    logger.info(
        "monitor stopped" if clean else "monitor stopped; everything is stored, but some tasks did not end in time"
    )


def _supervision(notifier: Notifier, settings: Settings, store_url: str) -> Supervision:
    from amt_console.config import targets
    from amt_console.runtime.systemd import Progress, Supervision

    intervals = [target.interval for target in targets(settings, store_url=store_url)]
    clock = SystemClock()
    longest = max(_LONGEST_PROBE_PAUSE, 3 * min(intervals, default=_LONGEST_PROBE_PAUSE))
    return Supervision(notifier, Progress(clock, longest), clock)


def _wait_for_the_end(
    holder: Holder, config_path: Path | None, supervision: Supervision, lease: Lease, signals: Signals
) -> None:
    from amt_console.runtime.reload import ConfigWatch, reload_config

    watch = ConfigWatch(config_path)
    while not signals.stop.wait(_LOOK_SECONDS) and not lease.lost:
        status = holder.watch()
        if status.failure is not None or status.database_lost is not None:
            return
        supervision.tick(status)
        if signals.take_reload(watch):
            reload_config(config_path, holder.reload)
