"""The other monitors of a database, as the evaluator sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from amt_console.clock import Clock
from amt_console.model import DEFAULT_LOCATION, FORGOTTEN_AFTER, ProbeResult, ServiceState, ServiceStatus, series_of
from amt_console.monitor.buffer import Collected
from amt_console.monitor.cluster.locations import LocationMerger
from amt_console.monitor.cluster.slots import PATIENCE, Emit, Fetcher, Newest, SlotClaims
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.supervise import LOG, Work
from amt_console.store import Reads, Store, StoreError


@dataclass(frozen=True, slots=True)
class _Stored:
    """The last stored results of a location for a target."""

    location: str
    results: Sequence[ProbeResult]
    """Newest first, at least one."""
    several: bool
    """Whether it is one of several series."""


class Peers:
    """Shares the probes of this location and combines the results of all locations. Lives on one event loop.

    Args:
        store: On a server.
        clock: The time.
        location: Where this monitor is; ``None`` if it names no location.
    """

    def __init__(self, store: Store, clock: Clock, location: str | None) -> None:
        self.slots = SlotClaims(store, clock, location, evaluates=True)
        self._store = store
        self._clock = clock
        self._depth = 1
        self._merger = LocationMerger(self._depth)
        self._newest: Newest | None = None

    def configure(self, ruleset: Ruleset) -> None:
        """Use another ruleset from now on."""
        self._depth = ruleset.depth
        self._merger.configure(ruleset.depth, ruleset.by_target)

    def works(self, emit: Emit, waits_since: Callable[[], float | None]) -> Sequence[Work]:
        """The tasks to run beside the engine.

        Args:
            emit: As for ``Fetcher``.
            waits_since: As for ``Fetcher``.
        """
        fetcher = Fetcher(self.slots, self.recall, emit, waits_since, self._clock)
        return (("membership", self.slots.run), ("fetching", fetcher.run))

    def together(self, item: Collected) -> list[Collected]:
        """The items to store and judge for a result."""
        return self._merger.arrive(item, self.slots.living)

    async def take_up(self) -> None:
        """Load the last results of each location, so that the first new result is not alone."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.recall()
        except (StoreError, TimeoutError) as error:
            LOG.info("What other locations have measured cannot be read: %s", error)

    async def recall(self) -> Newest:
        """When each location last measured each target, as stored; read once. Raises StoreError."""
        if self._newest is None:
            stored = await self.slots.transfer(self._read)
            now = self._clock.instant()
            self._newest = {(each.results[0].service, each.location): each.results[0].timestamp for each in stored}
            for each in stored:
                age = (now.wall - each.results[0].timestamp).total_seconds()
                if age < FORGOTTEN_AFTER.total_seconds():
                    self._merger.recall(each.location, each.results, now.moved(-max(0.0, age)), several=each.several)
        return self._newest

    def notices(self) -> tuple[str, ...]:
        """The locations without a heartbeat."""
        return tuple(
            f"Location {name} has not been heard of since {since:%H:%M} UTC: the others decide without it."
            for name, since in sorted(self.slots.silent.items())
        )

    async def aclose(self) -> None:
        """Leave the cluster, so that others take over at once."""
        await self.slots.aclose()

    def _read(self) -> list[_Stored]:
        stored: list[_Stored] = []
        with self._store.read() as reads:
            statuses = reads.services.statuses()
            series = {name: found for name in statuses if (found := series_of(name, statuses)) is not None}
            oldest = self._clock.now() - FORGOTTEN_AFTER
            apart = {found[0] for name, found in series.items() if statuses[name].last.timestamp > oldest}
            for name, status in statuses.items():
                if name in series:
                    service, location = series[name]
                    results = [replace(result, service=service) for result in self._newest_of(reads, status)]
                    stored.append(_Stored(location, results, True))
                elif name not in apart:
                    stored.append(_Stored(status.last.location or DEFAULT_LOCATION, [status.last], False))
        return stored

    def _newest_of(self, reads: Reads, status: ServiceStatus) -> Sequence[ProbeResult]:
        """The newest result; of a failing target also those before it: they may have confirmed the fault already."""
        last = status.last
        if status.state is ServiceState.UP:
            return [last]
        end = last.timestamp + timedelta(microseconds=1)
        return reads.services.results(service=last.service, start=status.since, end=end, limit=self._depth) or [last]
