"""The engine: builds the loops, runs them side by side, and stops them without losing results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.alerts import DeliveryReading, NetworkReading, ReportReading
from amt_console.clock import Clock
from amt_console.config.sections.program import RetentionSettings
from amt_console.model import NETWORK_SUBJECT, Commits, HostSample, ProbeResult, ServiceState
from amt_console.model.notifications import OutboxEntry
from amt_console.monitor.buffer import (
    DEFAULT_LIMIT,
    Buffer,
    Collected,
    EvidenceReading,
    FigureReading,
    HostReading,
    NoData,
    Pause,
)
from amt_console.monitor.cluster.standalone import peers_of
from amt_console.monitor.flush import Flusher
from amt_console.monitor.inbound.watch import InboundWatch
from amt_console.monitor.notices import engine_faults, engine_notices
from amt_console.monitor.probe_loop import ProbeLoop
from amt_console.monitor.probing import Collectors, FigureReader, Prober, known_figures
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.schedule import DEFAULT_CAPACITY, Schedule
from amt_console.monitor.status import Counters, EngineStatus
from amt_console.monitor.supervise import CANCEL_SECONDS, DRAIN_SECONDS, LOG, Restarts, supervise
from amt_console.monitor.tally import ProbeTally
from amt_console.monitor.unstored_pages import DIRECT_AFTER
from amt_console.monitor.upkeep.housekeeping import Housekeeping, UpkeepPace
from amt_console.monitor.watches.commit_watch import CommitWatch
from amt_console.monitor.watches.evidence import EvidenceCollector
from amt_console.monitor.watches.information import InformationWatch
from amt_console.monitor.watches.network import NetworkWatch
from amt_console.monitor.watches.no_data import NoDataWatch
from amt_console.monitor.watches.watch import HostLoop, TickLoop
from amt_console.store import Store


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """How much the engine may do at once."""

    capacity: int = DEFAULT_CAPACITY
    """Probes."""
    buffer: int = DEFAULT_LIMIT
    """Items waiting to be stored."""
    pace: UpkeepPace = field(default_factory=UpkeepPace)
    """Of the upkeep."""


@dataclass(slots=True)
class _Life:
    started_at: datetime | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    clean: bool = True


class Engine:
    """Lives on one event loop. Only ``status`` may be read from other threads.

    Args:
        ruleset: What to watch.
        store: Where to store; stays open.
        clock: The time.
        collectors: The real ones by default.
        on_change: Called on the engine's loop after each commit; must be quick.
        on_unstored: Called on the engine's loop with pages that cannot be stored; must be quick.
        limits: How much it may do at once.
        retention: How long data is kept.
        location: The location of this monitor, for a database on a server.
    """

    def __init__(
        self,
        *,
        ruleset: Ruleset,
        store: Store,
        clock: Clock,
        collectors: Collectors | None = None,
        on_change: Callable[[], None] | None = None,
        on_unstored: Callable[[Sequence[OutboxEntry]], None] = lambda _: None,
        limits: EngineLimits = EngineLimits(),
        retention: RetentionSettings | None = None,
        location: str | None = None,
    ) -> None:
        now = clock.monotonic()
        schedule = Schedule(ruleset.intervals, now=now, capacity=limits.capacity, recheck=ruleset.recheck)
        sources = collectors or Collectors.real(clock)
        self._clock = clock
        self._store = store
        self._ruleset = ruleset
        self._on_change = on_change
        self._on_unstored = on_unstored
        self._life = _Life()
        self._counters = Counters()
        self.tally = ProbeTally()
        self._restarts = Restarts()
        self._buffer = Buffer(limits.buffer)
        self._recorder = Recorder(store=store, ruleset=ruleset, clock=clock)
        self._flusher = Flusher(
            buffer=self._buffer,
            write=self._recorder.write,
            preview=self._recorder.preview,
            clock=clock,
            counters=self._counters,
            on_commit=self._committed,
        )
        self._commits = CommitWatch(store, self._flusher, clock)
        self._maintenance = Housekeeping(
            store=store,
            settings=retention or RetentionSettings(),
            writer=self._flusher,
            clock=clock,
            pace=limits.pace,
        )
        self._prober = Prober(http=sources.http, database=sources.database, others=sources.others, clock=clock)
        self._figures = FigureReader(clock=clock, sources=ruleset.figures, known=known_figures(store))
        self._no_data_watch = NoDataWatch(ruleset.intervals, now=now)
        self._peers = peers_of(store, clock, location)
        self._peers.configure(ruleset)
        self._probes = ProbeLoop(
            schedule=schedule,
            targets=ruleset.targets,
            prober=self._prober,
            figures=self._figures,
            clock=clock,
            counters=self._counters,
            emit=self._collected,
            touchy=lambda subject: subject in self._recorder.open_subjects,
            slots=self._peers.slots,
        )
        self._network = NetworkWatch(
            ruleset.targets,
            ruleset.canaries,
            probe=self._prober.probe,
            clock=clock,
            emit=self._network_read,
            alert_is_open=lambda: NETWORK_SUBJECT in self._recorder.open_subjects,
        )
        self._evidence = EvidenceCollector(
            clock=clock, processes=sources.processes, host=lambda: self._host.latest, emit=self._evidence_read
        )
        self._host = HostLoop(collector=sources.host, clock=clock, emit=self._host_read)
        self._information = InformationWatch(
            store=store, clock=clock, ruleset=ruleset, emit=lambda reading: self._flusher.add(reading)
        )
        self._inbound = InboundWatch(
            store=store, clock=clock, ruleset=ruleset, emit=lambda item: self._flusher.add(item, urgent=True)
        )
        self._ticks = TickLoop(
            clock=clock,
            no_data_watch=self._no_data_watch,
            on_pause=self._paused,
            on_no_data=self._no_data,
            on_sign_of_life=self._flusher.keep_alive,
            on_tick=self._tick,
        )

    async def run(self) -> bool:
        """Run until ``stop``. Returns whether every task ended and every result was stored."""
        self._life.started_at = self._clock.now()
        self._flusher.beat(urgent=True)
        await self._peers.take_up()
        await self._inbound.take_up()
        tasks = [
            asyncio.create_task(supervise(name, run, clock=self._clock, restarts=self._restarts), name=name)
            for name, run in (
                ("probes", self._probes.run),
                ("host", self._host.run),
                ("network", self._network.run),
                ("clock", self._ticks.run),
                ("writer", self._flusher.run),
                ("maintenance", self._maintenance.run),
                ("information", self._information.run),
                ("inbound", self._inbound.run),
                *self._peers.works(self._fetched, self._flusher.waits_since),
            )
        ]
        try:
            await self._life.stop.wait()
        finally:
            clean = await self._end(tasks)
        return clean

    def stop(self) -> None:
        """Ask ``run`` to end."""
        self._life.stop.set()

    def probe_now(self, names: Sequence[str]) -> None:
        """Probe these targets at once."""
        self._probes.probe_now(names)

    def look_inbound(self) -> None:
        """Take at once what came in from outside."""
        self._inbound.poke()

    def hear(self, reading: DeliveryReading | ReportReading) -> None:
        """Take note of what became of messages on a channel, or of a scheduled report."""
        self._flusher.add(reading, urgent=True)

    def reload(self, ruleset: Ruleset, retention: RetentionSettings | None = None) -> None:
        """Use another ruleset. Unchanged targets keep their slots and alerts."""
        if retention is not None:
            self._maintenance.configure(retention)
        self._ruleset = ruleset
        self._figures.configure(ruleset.figures)
        self._recorder.configure(ruleset)
        self._peers.configure(ruleset)
        self._information.configure(ruleset)
        self._inbound.configure(ruleset)
        self.tally.keep(ruleset.intervals)
        self._no_data_watch.replace(ruleset.intervals, now=self._clock.monotonic())
        self._network.replace(ruleset.targets, ruleset.canaries)
        self._probes.replace(ruleset.targets, recheck=ruleset.recheck)
        self._flusher.beat(urgent=True)

    @property
    def commits(self) -> Commits:
        """Whether batches are stored."""
        return self._commits.state

    @property
    def host(self) -> HostSample | None:
        """The newest sample of this host."""
        return self._host.latest

    @property
    def status(self) -> EngineStatus:
        """The engine now."""
        started_at = self._life.started_at
        schedule = self._probes.schedule
        commits = self._commits.state
        faults = engine_faults(
            commit_fault=commits.fault,
            store_error=self._flusher.store_error,
            waiting=self._flusher.waiting,
            unsaved=self._recorder.unsaved,
        )
        return EngineStatus(
            running=started_at is not None and not self._life.stop.is_set(),
            started_at=started_at,
            commits=commits,
            database_lost=self._commits.given_up,
            targets=len(self._ruleset.targets),
            probes_run=self._counters.probes_run,
            probes_running=schedule.running,
            skipped_slots=schedule.skipped,
            lateness_ms=self._counters.lateness_ms,
            buffered=self._flusher.waiting,
            dropped=self._buffer.dropped,
            restarts=self._restarts.total,
            callback_errors=self._counters.callback_errors,
            store_error=self._flusher.store_error,
            host=self._host.latest,
            faults=faults,
            notices=self._notices(faults),
        )

    def _notices(self, faults: tuple[str, ...]) -> tuple[str, ...]:
        notices = engine_notices(
            now=self._clock.now(),
            faults=faults,
            dropped=self._buffer.dropped,
            rejected=self._counters.rejected,
            restarts=self._restarts,
            wall_step=self._ticks.wall_step,
        )
        return (*notices, *self._maintenance.notices, *self._inbound.notices(), *self._peers.notices())

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> bool:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended = await self._probes.cancel(CANCEL_SECONDS)
        await self._evidence.aclose()
        stored = await self._drain()
        await self._prober.aclose()
        await self._peers.aclose()
        if not (ended and stored):
            LOG.warning(
                "Stopped, but %s.", "a probe did not end" if stored else f"{self._flusher.waiting} items are lost"
            )
        return ended and stored

    async def _drain(self) -> bool:
        self._flusher.beat()
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                stored = await self._flusher.drain()
                if stored:
                    await self._flusher.run_on_writer(lambda: self._recorder.checkpoint(force=True))
                return stored
        except TimeoutError:
            self._store.hurry()
            await self._flusher.give_up()
            return False
        finally:
            self._flusher.close()

    def _without_commit(self) -> float:
        last = self._flusher.last_commit
        return 0.0 if last is None else self._clock.monotonic() - last.monotonic

    def _collected(self, item: Collected | FigureReading, urgent: bool) -> None:
        if isinstance(item, FigureReading):
            self._flusher.add(item, urgent=urgent)
            return
        for each in self._peers.together(item):
            self._hear(each.result)
            self._flusher.add(each, urgent=urgent)

    def _hear(self, result: ProbeResult) -> None:
        self.tally.hear(result)
        self._network.hear(result)
        self._evidence.hear(result, has_alert=result.service in self._recorder.open_subjects)
        if result.state is ServiceState.UNKNOWN:
            self._no_data_watch.unmeasured(result.service, result.error or "it could not be measured")
        else:
            self._no_data_watch.heard(result.service, self._clock.monotonic())

    def _fetched(self, result: ProbeResult, number: int, late: bool) -> None:
        if result.service in self._ruleset.by_target:
            urgent = result.state is ServiceState.DOWN or result.service in self._recorder.open_subjects
            self._collected(Collected(result, self._clock.instant(), number, late), urgent)

    def _tick(self) -> None:
        self._commits.tick()
        if self._flusher.full or self._without_commit() >= DIRECT_AFTER:
            pages = self._recorder.unstored_pages.take()
            if pages:
                self._on_unstored(pages)
        if self._recorder.open_subjects:
            # The timers of open alerts (escalation, reminders, ends of silences) are looked at with each batch.
            self._flusher.beat()

    def _network_read(self, reading: NetworkReading) -> None:
        self._flusher.add(reading, urgent=True)

    def _evidence_read(self, reading: EvidenceReading) -> None:
        self._flusher.add(reading, urgent=True)

    def _host_read(self, reading: HostReading) -> None:
        self._flusher.add(reading)

    def _paused(self, pause: Pause) -> None:
        self._inbound.paused(pause.gap)
        self._flusher.add(pause, urgent=True)

    def _no_data(self, missing: NoData) -> None:
        self._flusher.add(missing, urgent=True)

    def _committed(self) -> None:
        if self._on_change is None:
            return
        try:
            self._on_change()
        except Exception:
            self._counters.callback_errors += 1
            if self._counters.callback_errors == 1:
                LOG.exception("The callback on changes failed; it stays registered.")
