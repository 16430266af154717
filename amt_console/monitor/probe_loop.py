"""Runs the schedule: starts each probe on time and passes its result on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Protocol

from amt_console.clock import Clock
from amt_console.model import ProbeResult, ServiceState, Target
from amt_console.monitor.buffer import Collected, FigureReading
from amt_console.monitor.probing import FigureReader, Prober, worth_a_recheck
from amt_console.monitor.schedule import Run, Schedule
from amt_console.monitor.status import Counters
from amt_console.monitor.supervise import LOG

Emit = Callable[[Collected | FigureReading, bool], None]
"""Takes an item, and whether it is urgent."""


class Slots(Protocol):
    """Which slots of the schedule are this monitor's, where several monitors share them."""

    @property
    def location(self) -> str | None:
        """Where this monitor probes from; ``None`` if it names no location."""

    @property
    def reads_figures(self) -> bool:
        """Whether this monitor stores the figures of the platform."""

    async def claim(self, target: str, interval: float) -> bool:
        """Whether to probe now."""


class ProbeLoop:
    """One task that waits for the next slot, and one short task per running probe.

    Args:
        schedule: When each target is due; its targets are those of ``targets``.
        emit: Takes each item. A result that may change a state or an alert is urgent.
        touchy: Whether a subject has an open alert, so that each of its results is urgent.
        slots: Says which slots are this monitor's, where several share them.
    """

    def __init__(
        self,
        *,
        schedule: Schedule,
        targets: Iterable[Target],
        prober: Prober,
        figures: FigureReader,
        clock: Clock,
        counters: Counters,
        emit: Emit,
        touchy: Callable[[str], bool],
        slots: Slots | None = None,
    ) -> None:
        self.schedule = schedule
        self._targets: Mapping[str, Target] = {target.name: target for target in targets}
        self._prober = prober
        self._figures = figures
        self._clock = clock
        self._counters = counters
        self._emit = emit
        self._touchy = touchy
        self._slots = slots
        self._states: dict[str, ServiceState] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._no_room = False

    async def run(self) -> None:
        """Start probes until cancelled. Running probes continue."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            for run in self.schedule.take(self._clock.monotonic()):
                self._start(run)
            due = self.schedule.next_due()
            self._no_room = due is None
            # A timer and an event: wait_for would create a task for every wake-up.
            alarm = None if due is None else loop.call_later(max(0.0, due - self._clock.monotonic()), self._wake.set)
            try:
                await self._wake.wait()
            finally:
                if alarm is not None:
                    alarm.cancel()

    def probe_now(self, names: Iterable[str]) -> None:
        """Probe these at once, beside their grid."""
        self.schedule.probe_now(names, now=self._clock.monotonic())
        self._wake.set()

    def replace(self, targets: Iterable[Target], *, recheck: tuple[float, ...]) -> None:
        """Use other targets. New and changed ones are probed at once."""
        before = self._targets
        self._targets = {target.name: target for target in targets}
        now = self._clock.monotonic()
        intervals = {name: target.interval for name, target in self._targets.items()}
        self.schedule.replace(intervals, now=now, recheck=recheck)
        changed = [name for name, target in self._targets.items() if name in before and before[name] != target]
        self.probe_now(changed)

    async def cancel(self, seconds: float) -> bool:
        """Cancel the running probes. Returns whether all ended within ``seconds``."""
        for task in self._tasks:
            task.cancel()
        if not self._tasks:
            return True
        _, left = await asyncio.wait(tuple(self._tasks), timeout=seconds)
        return not left

    def _start(self, run: Run) -> None:
        self._counters.late.append(run.late)
        task = asyncio.create_task(self._probe(run), name=f"probe {run.name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("A probe failed inside the monitor.", exc_info=error)

    async def _probe(self, run: Run) -> None:
        target = self._targets.get(run.name)
        failed = False
        try:
            if target is not None and await self._is_ours(target, run):
                result = await self._prober.probe(target, run.attempt)
                failed = worth_a_recheck(target, result)
                self._counters.probes_run += 1
                if run.name in self._targets:
                    await self._hand_on(target, result, failed=failed)
        finally:
            recheck = self.schedule.finish(run.name, now=self._clock.monotonic(), failed=failed)
            if recheck or self._no_room:
                self._wake.set()

    async def _is_ours(self, target: Target, run: Run) -> bool:
        return self._slots is None or not run.planned or await self._slots.claim(target.name, target.interval)

    async def _hand_on(self, target: Target, result: ProbeResult, *, failed: bool) -> None:
        known = self._states.get(target.name)
        self._states[target.name] = result.state
        urgent = failed or known is not result.state or self._touchy(target.name)
        location = None if self._slots is None else self._slots.location
        stored = result
        if result.body is not None or location is not None:
            stored = replace(result, body=None, location=location)
        self._emit(Collected(stored, self._clock.instant()), urgent)
        if self._slots is not None and not self._slots.reads_figures:
            return
        figures = await self._figures.read(target, result)
        if figures is not None:
            self._emit(FigureReading(figures, self._clock.instant()), False)
