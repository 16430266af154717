"""A monitor beside the evaluator: probes its share and relays the results."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

from amt_console.clock import Clock
from amt_console.config import Settings
from amt_console.config import targets as configured_targets
from amt_console.model import BusinessFigures, ProbeResult
from amt_console.monitor.buffer import Collected, FigureReading
from amt_console.monitor.cluster.slots import SlotClaims
from amt_console.monitor.probe_loop import ProbeLoop
from amt_console.monitor.probing import Collectors, FigureReader, Prober, known_figures
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.monitor.schedule import Schedule
from amt_console.monitor.status import Counters
from amt_console.monitor.supervise import CANCEL_SECONDS, DRAIN_SECONDS, LOG, Restarts, supervise
from amt_console.store import Store, StoreError

HAND_IN_EVERY = 0.2
LIMIT = 20_000
"""Results kept while the server does not answer; the oldest are dropped first."""


@dataclass(slots=True)
class _Waiting:
    results: list[ProbeResult] = field(default_factory=list)
    figures: list[BusinessFigures] = field(default_factory=list)


class ProbingMonitor:
    """Probes its share on its own thread and event loop until stopped.

    Args:
        settings: The same configuration as the other monitors'. Raises ConfigError.
        store: On a server; stays open.
        store_url: Its URL.
        clock: The time.
        collectors: In place of the real ones.
        location: Its location; without one it shares the probes of all monitors without one.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        store_url: str,
        clock: Clock,
        collectors: Collectors | None = None,
        location: str | None = None,
    ) -> None:
        self._location = location
        self._ruleset = build_ruleset(settings, configured_targets(settings, store_url=store_url))
        self._store = store
        self._clock = clock
        self._collectors = collectors
        self._waiting = _Waiting()
        self._counters = Counters()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="amt-prober", daemon=True)

    @property
    def probes_run(self) -> int:
        """Re-checks included."""
        return self._counters.probes_run

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Relay the last results, release the targets, and end. Returns whether it ended in time."""
        self._ready.wait(timeout)
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception:
            LOG.exception("Sharing the probes ended by a fault.")

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        slots = SlotClaims(self._store, self._clock, self._location, evaluates=False)
        sources = self._collectors or Collectors.real(self._clock)
        prober = Prober(http=sources.http, database=sources.database, others=sources.others, clock=self._clock)
        probes = self._probe_loop(self._ruleset, prober, slots)
        restarts = Restarts()
        works = (("membership", slots.run), ("probes", probes.run), ("handing in", lambda: self._hand_in(slots)))
        tasks = [
            asyncio.create_task(supervise(name, run, clock=self._clock, restarts=restarts), name=name)
            for name, run in works
        ]
        await self._stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await probes.cancel(CANCEL_SECONDS)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._hand_in_once(slots)
        except TimeoutError:
            LOG.warning("The server does not answer: what was measured since is lost.")
            self._store.hurry()
        await slots.aclose()
        await prober.aclose()

    def _probe_loop(self, ruleset: Ruleset, prober: Prober, slots: SlotClaims) -> ProbeLoop:
        return ProbeLoop(
            schedule=Schedule(ruleset.intervals, now=self._clock.monotonic(), recheck=ruleset.recheck),
            targets=ruleset.targets,
            prober=prober,
            figures=FigureReader(clock=self._clock, sources=ruleset.figures, known=known_figures(self._store)),
            clock=self._clock,
            counters=self._counters,
            emit=self._collected,
            touchy=lambda _subject: False,
            slots=slots,
        )

    def _collected(self, item: Collected | FigureReading, urgent: bool) -> None:
        waiting = self._waiting
        if isinstance(item, Collected):
            waiting.results.append(item.result)
            del waiting.results[:-LIMIT]
        else:
            waiting.figures.append(item.figures)
            del waiting.figures[:-LIMIT]

    async def _hand_in(self, slots: SlotClaims) -> None:
        while True:
            await asyncio.sleep(HAND_IN_EVERY)
            await self._hand_in_once(slots)

    async def _hand_in_once(self, slots: SlotClaims) -> None:
        results, figures = self._waiting.results, self._waiting.figures
        if not results and not figures:
            return
        self._waiting = _Waiting()
        try:
            await slots.transfer(lambda: self._store_all(slots, results, figures))
        except StoreError as error:
            LOG.info("Results cannot be relayed yet: %s", error)
            self._waiting.results[:0] = results
            self._waiting.figures[:0] = figures

    def _store_all(self, slots: SlotClaims, results: list[ProbeResult], figures: list[BusinessFigures]) -> None:
        if figures:
            with self._store.transaction() as writes:
                for each in figures:
                    writes.add_figures(each)
            figures.clear()
        if results:
            slots.cluster.hand_in(results)
