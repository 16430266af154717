"""Shares the probes of a location among its monitors, on one server database.

Each location probes every target. A hash of the target's name selects one of the living monitors, the same on every
monitor. Each scheduled probe first claims its slot in the database: nothing is probed twice, even while two monitors
disagree about who is alive.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import uuid
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from amt_console.clock import Clock
from amt_console.model import DEFAULT_LOCATION, ProbeResult
from amt_console.monitor.cluster.claim_batches import ClaimBatches
from amt_console.monitor.supervise import LOG
from amt_console.store import Store, StoreError
from amt_console.store.cluster.members import Cluster, Heard, Member, SlotClaim

T = TypeVar("T")

CHECK_IN_EVERY = 1.5
"""Seconds between two heartbeats, and between two reads of the other members."""
PATIENCE = 3.0
"""Deadline of a claim in seconds, and the pause before a silent server is asked again."""
LEAVE_SECONDS = 2.0
"""Longest wait for the server at the end; without the notice the others take over when they miss the heartbeat."""
FETCH_EVERY = 0.5
"""Seconds between two reads of relayed results."""


def falls_to(target: str, monitors: Sequence[str]) -> str:
    """The monitor of a target (rendezvous hashing): when one ends, only its own targets move."""
    return max(monitors, key=lambda name: (_weight(name, target), name))


def _weight(name: str, target: str) -> bytes:
    # Not a CRC: it is linear, so a few bits of the target's own CRC would decide, and its phase comes from the same.
    return hashlib.blake2b(f"{name}\0{target}".encode("utf-8", "backslashreplace"), digest_size=8).digest()


class SlotClaims:
    """Claims the slot of each scheduled probe. Lives on one event loop.

    Args:
        store: On a server.
        clock: The time.
        location: Where this monitor is; ``None`` if it names no location.
        evaluates: Whether this monitor stores and evaluates all results.
    """

    def __init__(self, store: Store, clock: Clock, location: str | None, *, evaluates: bool) -> None:
        name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        started_at, place = clock.now(), location or DEFAULT_LOCATION
        self.location = location
        me = Member(name, socket.gethostname(), os.getpid(), started_at, place, evaluates)
        self.cluster = Cluster(store, me)
        self._clock = clock
        self._ask_again_at = float("-inf")
        self._heard: tuple[Heard, ...] = (Heard(me, 0.0),)
        self.silent: dict[str, datetime] = {}
        """Locations that fell silent without a goodbye, with the time of their last heartbeat."""
        self._claims = ClaimBatches(lambda claims: _run(self._control, lambda: self.cluster.claim(claims)))
        # Two threads: a slow transfer of results must hold up neither claims nor heartbeats.
        self._control = ThreadPoolExecutor(1, thread_name_prefix="amt-cluster")
        self._transfers = ThreadPoolExecutor(1, thread_name_prefix="amt-relay")
        self._checked_in = asyncio.Event()

    @property
    def living(self) -> frozenset[str]:
        """The locations with a living monitor, this one included."""
        return frozenset((self.cluster.me.location, *(heard.member.location for heard in self._heard if heard.alive)))

    @property
    def reads_figures(self) -> bool:
        """Whether this location reads the platform's figures: it evaluates, or the evaluator is unknown."""
        here = self.cluster.me.location
        places = {heard.member.location for heard in self._heard if heard.alive and heard.member.evaluates}
        return here in places or not places

    async def run(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            await self._check_in()
            await asyncio.sleep(CHECK_IN_EVERY)

    async def claim(self, target: str, interval: float) -> bool:
        """Whether to probe now. While the server does not answer, each monitor probes what falls to it."""
        await self._checked_in.wait()
        mine = falls_to(target, self._names_here()) == self.cluster.me.name
        if self._clock.monotonic() < self._ask_again_at:
            return mine
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._claims.claim(SlotClaim(target, interval, mine))
        except (StoreError, TimeoutError):
            self._ask_again_at = self._clock.monotonic() + PATIENCE
            return mine

    async def transfer(self, work: Callable[[], T]) -> T:
        """Run a call that transfers results off the loop."""
        return await _run(self._transfers, work)

    async def aclose(self) -> None:
        """Let others take over at once."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await _run(self._control, self.cluster.leave)
        except StoreError as error:
            LOG.info("The other monitors could not be notified of the end: %s", error)
        except TimeoutError:
            LOG.info("The other monitors could not be notified of the end: the server does not answer.")
        for executor in (self._control, self._transfers):
            executor.shutdown(wait=False)

    def _names_here(self) -> list[str]:
        me = self.cluster.me
        here = (heard.member for heard in self._heard if heard.alive and heard.member.location == me.location)
        return list({me.name, *(sharer.name for sharer in here)})

    async def _check_in(self) -> None:
        try:
            heard = await _run(self._control, self.cluster.check_in)
        except StoreError as error:
            LOG.info("The members of the cluster cannot be read: %s", error)
        else:
            before = self._alive()
            self._heard = heard
            self._note_silent()
            if (alive := self._alive()) != before:
                LOG.info("Members of the cluster: %s.", ", ".join(sorted(alive)))
        self._checked_in.set()

    def _note_silent(self) -> None:
        known, self.silent = self.silent, {}
        for heard in sorted(self._heard, key=lambda each: each.silent):
            place = heard.member.location
            if place not in self.living and place not in self.silent:
                self.silent[place] = known.get(place) or self._clock.now() - timedelta(seconds=heard.silent)

    def _alive(self) -> set[str]:
        return {f"{each.member.name} ({each.member.location})" for each in self._heard if each.alive}


async def _run(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, work)


Emit = Callable[[ProbeResult, int, bool], None]
"""Takes a relayed result, its number, and whether a newer result of the target and location was judged already."""
Newest = dict[tuple[str, str], datetime]
"""Time of the newest result by target and location."""


class Fetcher:
    """Fetches the relayed results of the other monitors for the evaluator.

    The transaction that stores a result deletes its relayed row, so the next evaluator finds what is not stored yet.

    Args:
        slots: To the database.
        recall: Returns what is stored already; kept up to date here. Raises StoreError.
        emit: Takes each result.
        waits_since: When the oldest result arrived that is not stored yet, by the monotonic clock.
        clock: The time.
    """

    def __init__(
        self,
        slots: SlotClaims,
        recall: Callable[[], Awaitable[Newest]],
        emit: Emit,
        waits_since: Callable[[], float | None],
        clock: Clock,
    ) -> None:
        self._slots = slots
        self._recall = recall
        self._emit = emit
        self._waits_since = waits_since
        self._clock = clock
        self._emitted: dict[int, float] = {}

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            try:
                await self._fetch()
            except StoreError as error:
                LOG.info("Relayed results cannot be fetched: %s", error)
            await asyncio.sleep(FETCH_EVERY)

    async def _fetch(self) -> None:
        newest = await self._recall()
        waits_since = self._waits_since()
        let_go = [number for number, at in self._emitted.items() if waits_since is None or at < waits_since]
        known = list(self._emitted)
        there, found = await self._slots.transfer(lambda: self._slots.cluster.handed_in(known))
        for number in self._emitted.keys() - there:
            del self._emitted[number]
        for number, result in found:
            key = result.service, result.location or DEFAULT_LOCATION
            late = key in newest and result.timestamp <= newest[key]
            if not late:
                newest[key] = result.timestamp
            self._emit(result, number, late)
            self._emitted[number] = self._clock.monotonic()
        # Neither stored nor waiting: its target was removed, or it was counted as lost.
        if given_up := there.intersection(let_go):
            await self._slots.transfer(lambda: self._slots.cluster.give_up(given_up))
