"""Takes what came in out of the database, looks at the time, and hands on what both mean."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from amt_console.clock import Clock
from amt_console.model import Gap
from amt_console.model.inbound import Arrival, ExternalRecord, HeartbeatRecord
from amt_console.monitor.buffer import Arrived
from amt_console.monitor.inbound.jobs import HeartbeatJobs
from amt_console.monitor.inbound.others import OthersAlerts
from amt_console.monitor.ruleset import Ruleset
from amt_console.monitor.supervise import LOG
from amt_console.monitor.watches.gaps import stopped_gap
from amt_console.store import Store, StoreError

EVERY = 1.0
"""Seconds between two looks."""
PATIENCE = 5.0
"""Seconds that the first look may take."""
GAPS_BEFORE = timedelta(days=35)
"""How far back gaps can matter: a monthly job's last report."""


@dataclass(frozen=True, slots=True)
class _Stored:
    records: dict[str, HeartbeatRecord]
    gaps: list[Gap]
    external: list[ExternalRecord]


class InboundWatch:
    """A task of the engine. Lives on its loop.

    What came in stays in the database until the transaction that evaluates it: whoever evaluates next finds the rest.

    Args:
        store: Where it waits.
        clock: The time.
        ruleset: What is watched.
        emit: Takes what it means.
    """

    def __init__(self, *, store: Store, clock: Clock, ruleset: Ruleset, emit: Callable[[Arrived], None]) -> None:
        self._store = store
        self._clock = clock
        self._emit = emit
        self._jobs = HeartbeatJobs(ruleset.heartbeats)
        self._others = OthersAlerts(ruleset.staleness)
        self._shortest = min(ruleset.intervals.values(), default=0.0)
        self._in_hand: set[int] = set()
        self._seen: object = None
        self._recalled = self._taken_up = False
        self._poke = asyncio.Event()

    def configure(self, ruleset: Ruleset) -> None:
        """Use another ruleset from now on."""
        self._jobs.configure(ruleset.heartbeats)
        self._others.configure(ruleset.staleness)
        self._recalled = False
        self._poke.set()

    def poke(self) -> None:
        """Look at once: something came in."""
        self._poke.set()

    def paused(self, gap: Gap) -> None:
        """Nothing could be taken for a while."""
        self._jobs.paused(gap)

    def notices(self) -> tuple[str, ...]:
        """That alerts from outside are refused."""
        if not self._others.refused:
            return ()
        return (f"{self._others.refused} alerts from outside were not taken: {self._others.open} of them are open.",)

    async def take_up(self) -> None:
        """Load what is known, before this monitor says that it works: the time since the last one may be a gap."""
        try:
            async with asyncio.timeout(PATIENCE):
                self._recall(await asyncio.to_thread(self._read_known))
        except (StoreError, TimeoutError) as error:
            LOG.info("What came in from outside before cannot be read yet: %s", error)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                LOG.info("What came in from outside cannot be read: %s", error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), EVERY)
            self._poke.clear()

    async def look(self) -> None:
        """Take what came in, then see what time has changed. Raises StoreError."""
        if not self._recalled:
            self._recall(await asyncio.to_thread(self._read_known))
        found = await asyncio.to_thread(self._read_arrivals, frozenset(self._in_hand))
        if found is not None:
            self._seen, there, new = found
            self._in_hand &= there
            for arrival in new:
                self._in_hand.add(arrival.number)
                self._emit(self._meaning(arrival))
        self._pass_time()

    def _meaning(self, arrival: Arrival) -> Arrived:
        at = self._clock.instant()
        if arrival.ping is not None:
            return Arrived(at, arrival.number, heartbeat=self._jobs.take(arrival.ping, at))
        if arrival.alert is not None:
            return Arrived(at, arrival.number, external=self._others.take(arrival.alert, at))
        return Arrived(at, arrival.number)

    def _pass_time(self) -> None:
        at = self._clock.instant()
        for reading in self._jobs.due(at):
            self._emit(Arrived(at, heartbeat=reading))
        for change in self._others.due(at):
            self._emit(Arrived(at, external=change))

    def _recall(self, stored: _Stored) -> None:
        self._jobs.recall(stored.records, () if self._taken_up else stored.gaps)
        if not self._taken_up:
            self._others.recall(stored.external)
        self._recalled = self._taken_up = True

    def _read_known(self) -> _Stored:
        now = self._clock.now()
        with self._store.read() as reads:
            gaps = reads.monitor.gaps(now - GAPS_BEFORE, now)
            before = reads.monitor.sign_of_life()
            stopped = stopped_gap(None if before is None else before.last_cycle_at, now, self._shortest)
            if stopped is not None:
                gaps.append(stopped)
            return _Stored(reads.inbound.heartbeats(self._jobs.names), gaps, reads.inbound.external())

    def _read_arrivals(self, known: frozenset[int]) -> tuple[object, set[int], list[Arrival]] | None:
        """What waits, after the version that it is of; ``None`` if nothing has changed."""
        version = self._store.queue_version("arrivals")
        if version == self._seen:
            return None
        with self._store.read() as reads:
            return version, *reads.inbound.arrivals.after(known)
