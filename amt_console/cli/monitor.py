"""``monitor``: probe, store and alert without a screen."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import get_context
from amt_console.cli.startup.errors import CommandError
from amt_console.clock import SystemClock
from amt_console.runtime.logs import start_logging

if TYPE_CHECKING:
    from amt_console.config import Settings
    from amt_console.monitor.status import EngineStatus
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.signals import Signals
    from amt_console.runtime.systemd import Notifier, Supervision
    from amt_console.store import Lease

logger = logging.getLogger("amt_console.monitor")


def monitor(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run every collector once, store, evaluate, and exit.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="With --once: print the results as JSON.")] = False,
    location: Annotated[
        str | None,
        typer.Option(
            "--location",
            metavar="NAME",
            help="Location of this monitor, e.g. fra, where several share a PostgreSQL database: each location "
            "probes everything itself, and more than half must agree.",
        ),
    ] = None,
) -> None:
    """Probe, store and alert without a screen, until SIGTERM or ctrl+c. SIGHUP reads the configuration again."""
    context = get_context(ctx)
    if json_output and not once:
        raise CommandError("--json goes with --once", ExitCode.USAGE)
    if location is not None and once:
        raise CommandError("--location is for a monitor that goes on, not for --once", ExitCode.USAGE)
    if once:
        from amt_console.cli.monitor_once import run_once

        raise typer.Exit(run_once(context, json_output=json_output))
    raise typer.Exit(
        run_monitor(
            settings=context.settings,
            store_url=context.store_url,
            config_path=context.loaded.path,
            location=_location(context.settings, context.store_url, location),
        )
    )


def _location(settings: Settings, store_url: str, given: str | None) -> str | None:
    """The location. Raises ConfigError; CommandError where the database is a file."""
    from amt_console.config import location_of

    found = location_of(settings, override=given)
    if found is None:
        return None
    location, named_by = found
    if store_url.startswith("sqlite"):
        raise CommandError(
            f"location {location} ({named_by}) needs a database on a server: the file {_shown(store_url)} has one "
            "monitor on one host; name a PostgreSQL database with --db, or no location",
            ExitCode.USAGE,
        )
    return location


def run_monitor(
    *, settings: Settings, store_url: str, config_path: Path | None = None, location: str | None = None
) -> int:
    """Be the monitor until told to stop; returns the exit code.

    Where another one runs, a monitor on a server probes beside it until it can take over. Raises CommandError when
    another monitor runs on a file, or has taken over.
    """
    from amt_console.runtime.holder import Holder
    from amt_console.runtime.signals import Signals
    from amt_console.runtime.systemd import Notifier
    from amt_console.store import Store

    start_logging(to_stderr=True)
    clock, signals = SystemClock(), Signals()
    if store_url.startswith("sqlite"):
        lease = acquire_lease(store_url)
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
            return int(ExitCode.OK)
        lease, settings = found
    try:
        store = Store.open(store_url, clock=clock)
        try:
            lease.guard(store)
            holder = Holder(settings=settings, store=store, store_url=store_url, clock=clock, location=location)
            signals.listen()
            try:
                holder.start()
                where = "" if location is None else f", location {location}"
                logger.info("monitor runs, pid %d, database %s%s", os.getpid(), _shown(store_url), where)
                notifier = Notifier()
                notifier.send(f"READY=1\nSTATUS=Monitoring {holder.engine.status.targets} targets.")
                supervision = _supervision(notifier, settings, store_url)
                _wait_for_the_end(holder, config_path, supervision, lease, signals)
                notifier.send("STOPPING=1")
            finally:
                lost = lease.lost
                clean = holder.stop()
        finally:
            store.close()
    finally:
        lease.release()
    if lost:
        raise CommandError(
            f"another process has become the monitor of {_shown(store_url)}, because this one was not heard of in time",
            ExitCode.UNAVAILABLE,
        )
    return _exit_code(holder.engine.status, clean=clean)


def _exit_code(status: EngineStatus, *, clean: bool) -> int:
    """0 when everything that was collected is stored. Raises CommandError otherwise."""
    if status.failure is not None:
        raise CommandError(f"the monitor has failed: {status.failure}; the log says where", ExitCode.INTERNAL)
    if status.buffered:
        raise CommandError(
            f"the monitor has stopped, but {status.buffered} of its results could not be stored: "
            f"{status.store_error or 'there was no time left'}",
            ExitCode.IO,
        )
    logger.info(
        "monitor stopped" if clean else "monitor stopped; all is stored, but a part of it had to be left behind"
    )
    return int(ExitCode.OK)


def acquire_lease(store_url: str) -> Lease:
    """The right to write this database. Raises CommandError naming who has it."""
    from amt_console.store import Lease

    lease = Lease.acquire(store_url, clock=SystemClock())
    if lease is None:
        holder = Lease.holder(store_url)
        who = f"pid {holder.pid} on {holder.host}" if holder else "another process"
        raise CommandError(
            f"{who} is already the monitor of {_shown(store_url)}; "
            "look at it with 'amt-console' or 'amt-console status'",
            ExitCode.BUSY,
        )
    return lease


class ConfigWatch:
    """Notices that the configuration file has other content than when last asked."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen = self._stamp()
        self._content = self._fingerprint()

    def changed(self) -> bool:
        """Whether the content changed since the last call. Cheap while nobody touches the file."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        before, self._content = self._content, self._fingerprint()
        return self._content not in ("", before)

    def _stamp(self) -> tuple[int, int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    def _fingerprint(self) -> str:
        from amt_console.config import fingerprint

        return fingerprint(self._path) if self._path is not None else ""


def _supervision(notifier: Notifier, settings: Settings, store_url: str) -> Supervision:
    from amt_console.config import targets
    from amt_console.runtime.systemd import Progress, Supervision

    intervals = [target.interval for target in targets(settings, store_url=store_url)]
    clock = SystemClock()
    return Supervision(notifier, Progress(clock, max(60.0, 3 * min(intervals, default=60.0))), clock)


def _wait_for_the_end(
    holder: Holder,
    config_path: Path | None,
    supervision: Supervision,
    lease: Lease,
    signals: Signals,
) -> None:
    stop, reload = signals.stop, signals.reload
    watched = ConfigWatch(config_path)
    while not stop.wait(0.5) and not lease.lost:
        status = holder.engine.status
        if status.failure is not None:
            return
        supervision.tick(status)
        if reload.is_set() or watched.changed():
            reload.clear()
            _reload(holder, config_path)


def _reload(holder: Holder, config_path: Path | None) -> None:
    from amt_console.config import ConfigError, load_config

    try:
        holder.reload(load_config(config_path).settings)
    except ConfigError as error:
        logger.error("the running configuration stays, the new one is not usable:\n%s", error)
    else:
        logger.info("configuration read again")


def _shown(store_url: str) -> str:
    from amt_console.text import public_url

    return public_url(store_url)
