"""The engine on its own thread and event loop, so that neither a screen nor a terminal can delay a probe."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from amt_console.clock import Clock
from amt_console.config import Settings
from amt_console.config import targets as configured_targets
from amt_console.model import Commits, HostSample
from amt_console.model.counts import MonitorCounts
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.monitor.status import EngineStatus
from amt_console.monitor.supervise import LOG
from amt_console.store import Store
from amt_console.text import safe_text

if TYPE_CHECKING:
    from amt_console.alerts import DeliveryReading, ReportReading
    from amt_console.model.notifications import OutboxEntry
    from amt_console.monitor.engine import Engine, EngineLimits
    from amt_console.monitor.probing import Collectors

SWITCH_INTERVAL = 0.0005
"""Switch interval of the interpreter in seconds; the default of 5 ms would distort measured times."""


class EngineThread:
    """Controls the engine from other threads. It never touches a screen.

    Args:
        settings: The configuration. Raises ConfigError when a secret in it cannot be resolved.
        store: An open, writable store; it stays open after ``stop``.
        store_url: Its URL; it is probed like any other database.
        clock: The time.
        on_change: Called after each commit, on the engine's thread: it must be quick and safe to call there.
        on_unstored: Called with pages that cannot be stored, on the engine's thread, like ``on_change``.
        collectors: In place of the real ones.
        limits: How much the engine may do at once.
        location: The location of this monitor, for a database on a server.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        store_url: str,
        clock: Clock,
        on_change: Callable[[], None] | None = None,
        on_unstored: Callable[[Sequence[OutboxEntry]], None] = lambda _: None,
        collectors: Collectors | None = None,
        limits: EngineLimits | None = None,
        location: str | None = None,
    ) -> None:
        self._store = store
        self._store_url = store_url
        self._clock = clock
        self._on_change = on_change
        self._on_unstored = on_unstored
        self._collectors = collectors
        self._limits = limits
        self._location = location
        self._ruleset = self._build(settings)
        self._retention = settings.retention
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._stopping = False
        self._clean = False
        self._failure: str | None = None

    @property
    def status(self) -> EngineStatus:
        """The engine's status; safe from any thread, also before ``start`` and after ``stop``."""
        engine = self._engine
        if self._failure is not None:
            notice = f"The monitor has stopped: {self._failure}."
            targets = len(self._ruleset.targets)
            return EngineStatus(targets=targets, failure=self._failure, faults=(notice,), notices=(notice,))
        return EngineStatus(targets=len(self._ruleset.targets)) if engine is None else engine.status

    @property
    def commits(self) -> Commits:
        """``status.commits`` without the rest; safe from any thread."""
        engine = self._engine
        return Commits() if engine is None or self._failure is not None else engine.commits

    @property
    def host(self) -> HostSample | None:
        """``status.host`` without the rest; safe from any thread."""
        engine = self._engine
        return None if engine is None or self._failure is not None else engine.host

    @property
    def counts(self) -> MonitorCounts:
        """What was counted since the start, without messages; safe from any thread."""
        engine, status = self._engine, self.status
        if engine is None:
            return MonitorCounts()
        return MonitorCounts(
            checks=engine.tally.checks,
            durations=engine.tally.durations,
            buffered=status.buffered,
            dropped=status.dropped,
            restarts=status.restarts,
            skipped=status.skipped_slots,
            lateness_seconds=status.lateness_ms / 1000,
        )

    def start(self) -> None:
        """Start and return at once: heavy imports happen on its thread. Raises RuntimeError on a second call."""
        with self._guard:
            if self._thread is not None:
                raise RuntimeError("an engine is started once")
            self._thread = threading.Thread(target=self._main, name="amt-engine", daemon=True)
            self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Stop within ``timeout`` seconds. Returns whether everything ended and was stored. Idempotent."""
        with self._guard:
            self._stopping = True
            thread = self._thread
            self._tell(lambda engine: engine.stop())
        if thread is None:
            return True
        thread.join(timeout)
        return not thread.is_alive() and self._clean

    def probe_now(self, *names: str) -> None:
        """Probe these targets, or all, at once and beside the schedule. Raises KeyError with a name that is none."""
        for name in names:
            if name not in self._ruleset.by_target:
                raise KeyError(name)
        wanted = names or tuple(self._ruleset.by_target)
        with self._guard:
            self._tell(lambda engine: engine.probe_now(wanted))

    def look_inbound(self) -> None:
        """Take at once what came in from outside."""
        with self._guard:
            self._tell(lambda engine: engine.look_inbound())

    def hear(self, reading: DeliveryReading | ReportReading) -> None:
        """Take note of what became of messages on a channel, or of a scheduled report."""
        with self._guard:
            self._tell(lambda engine: engine.hear(reading))

    def reload(self, settings: Settings) -> None:
        """Use another configuration without a restart. Raises ConfigError and keeps the running one."""
        ruleset = self._build(settings)
        with self._guard:
            self._ruleset, self._retention = ruleset, settings.retention
            self._tell(lambda engine: engine.reload(ruleset, settings.retention))

    def _build(self, settings: Settings) -> Ruleset:
        return build_ruleset(settings, configured_targets(settings, store_url=self._store_url))

    def _tell(self, action: Callable[[Engine], None]) -> None:
        """Run an action on the engine's loop; does nothing without one."""
        engine, loop = self._engine, self._loop
        if engine is not None and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(action, engine)

    def _main(self) -> None:
        switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL)
        try:
            self._clean = asyncio.run(self._run())
        except BaseException as error:
            self._failure = safe_text(f"{type(error).__name__}: {error}")
            LOG.exception("The engine ended by a fault.")
        finally:
            sys.setswitchinterval(switch_interval)
            gc.unfreeze()

    async def _run(self) -> bool:
        from amt_console.monitor.engine import Engine, EngineLimits

        with self._guard:
            if self._stopping:
                return True
            self._loop = asyncio.get_running_loop()
            self._engine = Engine(
                ruleset=self._ruleset,
                store=self._store,
                clock=self._clock,
                collectors=self._collectors,
                on_change=self._on_change,
                on_unstored=self._on_unstored,
                limits=self._limits or EngineLimits(),
                retention=self._retention,
                location=self._location,
            )
        return await self._engine.run()
