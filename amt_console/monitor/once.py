"""One round: every collector once, stored and evaluated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from amt_console.clock import Clock
from amt_console.config import Settings
from amt_console.config import targets as configured_targets
from amt_console.model import BusinessFigures, Episode, HostSample, ProbeResult, ServiceState, Target
from amt_console.monitor.buffer import Collected, FigureReading, HostReading, Item
from amt_console.monitor.probing import Collectors, FigureReader, Prober, known_figures, worth_a_recheck
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import Ruleset, build_ruleset
from amt_console.monitor.schedule import DEFAULT_CAPACITY
from amt_console.store import Store

HOST_SECONDS = 1.0
"""Shortest period for measuring CPU usage."""


@dataclass(frozen=True, slots=True)
class OnceSummary:
    """The result of one round."""

    results: tuple[ProbeResult, ...]
    """The last attempt for each target, in the order of the configuration."""
    attempts: tuple[ProbeResult, ...]
    """Every attempt, re-checks included, in order of completion."""
    host: HostSample
    figures: tuple[BusinessFigures, ...]
    alerts: tuple[Episode, ...]
    """Open alerts after the round, including pending ones."""

    @property
    def down(self) -> tuple[ProbeResult, ...]:
        """Targets that are down."""
        return tuple(result for result in self.results if result.state is ServiceState.DOWN)


def run_once(
    *, settings: Settings, store: Store, store_url: str, clock: Clock, collectors: Collectors | None = None
) -> OnceSummary:
    """Probe every target once (with its quick re-checks), sample the host, evaluate, store.

    Raises:
        ConfigError: A secret of the configuration cannot be resolved.
        StoreError: Nothing could be stored.
    """
    ruleset = build_ruleset(settings, configured_targets(settings, store_url=store_url))
    items, host = asyncio.run(_collect(ruleset, clock, collectors or Collectors.real(clock), known_figures(store)))
    recorder = Recorder(store=store, ruleset=ruleset, clock=clock, continuous=False)
    recorder.write(items)
    recorder.checkpoint(force=True)
    with store.read() as reads:
        alerts = tuple(reads.alerts.open())
    attempts = tuple(item.result for item in items if isinstance(item, Collected))
    last = {result.service: result for result in attempts}
    return OnceSummary(
        results=tuple(last[target.name] for target in ruleset.targets),
        attempts=attempts,
        host=host,
        figures=tuple(item.figures for item in items if isinstance(item, FigureReading)),
        alerts=alerts,
    )


async def _collect(
    ruleset: Ruleset, clock: Clock, collectors: Collectors, known: Iterable[BusinessFigures]
) -> tuple[Sequence[Item], HostSample]:
    prober = Prober(http=collectors.http, database=collectors.database, others=collectors.others, clock=clock)
    figures = FigureReader(clock=clock, sources=ruleset.figures, known=known)
    room = asyncio.Semaphore(DEFAULT_CAPACITY)
    items: list[Item] = []

    async def one(target: Target) -> None:
        for attempt, delay in enumerate((*ruleset.recheck, None), 1):
            async with room:
                result = await prober.probe(target, attempt)
            items.append(Collected(replace(result, body=None), clock.instant()))
            read = await figures.read(target, result)
            if read is not None:
                items.append(FigureReading(read, clock.instant()))
            if delay is None or not worth_a_recheck(target, result):
                return
            await asyncio.sleep(delay)

    async def sample() -> HostSample:
        await asyncio.to_thread(collectors.host.sample)
        await asyncio.sleep(HOST_SECONDS)
        return await asyncio.to_thread(collectors.host.sample)

    try:
        sampling = asyncio.create_task(sample())
        await asyncio.gather(*(one(target) for target in ruleset.targets))
        host = await sampling
    finally:
        await prober.aclose()
    return [*items, HostReading(host, clock.instant())], host
