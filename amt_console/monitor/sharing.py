"""Sharing the probes with other monitors of the same server database.

Each target falls to one of the living monitors by its name, the same for all that look. Before each scheduled probe its
slot is claimed in the database, so that nothing is probed twice even while two of them count differently who lives.
"""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from amt_console.clock import Clock
from amt_console.model import ProbeResult
from amt_console.monitor.supervise import LOG
from amt_console.store import Store, StoreError
from amt_console.store.sharing import Sharer, Sharing

CHECK_IN_EVERY = 1.5
"""Seconds between two signs of life, and between two looks at who else lives."""
PATIENCE = 3.0
"""Seconds that a claim may take, and after which a server that did not answer is asked again."""
FETCH_EVERY = 0.5
"""Seconds between two looks for results of others."""


def falls_to(target: str, monitors: Sequence[str]) -> str:
    """The monitor that a target falls to; the end of one moves only its own targets."""
    return max(monitors, key=lambda name: (zlib.crc32(f"{name}\0{target}".encode("utf-8", "backslashreplace")), name))


class Gate:
    """Asks before each scheduled probe whether it is this monitor's. Lives on one event loop.

    Args:
        store: On a server.
        clock: The time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.sharing = Sharing(store, Sharer(name, socket.gethostname(), os.getpid(), clock.now()))
        self._clock = clock
        self._ask_again_at = float("-inf")
        self._alive: tuple[str, ...] = (name,)
        self._mine: set[str] = set()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="amt-sharing")
        self._checked_in = asyncio.Event()

    async def run(self) -> None:
        """Show signs of life until cancelled."""
        while True:
            await self._check_in()
            await asyncio.sleep(CHECK_IN_EVERY)

    async def claim(self, target: str, interval: float) -> bool:
        """Whether to probe now. While the server does not answer, everybody goes on with what was theirs."""
        await self._checked_in.wait()
        if self._clock.monotonic() < self._ask_again_at:
            return target in self._mine
        mine = falls_to(target, self._alive) == self.sharing.me.name
        try:
            async with asyncio.timeout(PATIENCE):
                won = await self.call(lambda: self.sharing.claim(target, interval, mine=mine))
        except (StoreError, TimeoutError):
            self._ask_again_at = self._clock.monotonic() + PATIENCE
            return target in self._mine
        (self._mine.add if won else self._mine.discard)(target)
        return won

    async def call(self, work: Callable[[], object]) -> bool:
        """Do something with the database off the loop."""
        return bool(await asyncio.get_running_loop().run_in_executor(self._executor, work))

    async def aclose(self) -> None:
        """Let others take over at once."""
        try:
            await self.call(self.sharing.leave)
        except StoreError as error:
            LOG.info("The other monitors could not be told of the end: %s", error)
        self._executor.shutdown(wait=False)

    async def _check_in(self) -> None:
        found: list[tuple[str, ...]] = []
        try:
            await self.call(lambda: found.append(self.sharing.check_in()))
        except StoreError as error:
            LOG.info("The server does not say who else probes: %s", error)
        if found and found[0] != self._alive:
            self._alive = found[0] or (self.sharing.me.name,)
            LOG.info("%d monitors share the probing.", len(self._alive))
        self._checked_in.set()


class Fetcher:
    """Brings the results of the other monitors to the one that evaluates.

    Each is dropped from the database by the transaction that stores it, so whoever evaluates next finds what is not.

    Args:
        gate: To the database.
        store: The same.
        emit: Takes a result, its number, and whether a newer one of its service was evaluated already.
        waits_since: When the oldest result came in that is not stored yet, by the monotonic clock.
        clock: The time.
    """

    def __init__(
        self,
        gate: Gate,
        store: Store,
        emit: Callable[[ProbeResult, int, bool], None],
        waits_since: Callable[[], float | None],
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._store = store
        self._emit = emit
        self._waits_since = waits_since
        self._clock = clock
        self._newest: dict[str, datetime] | None = None
        self._emitted: dict[int, float] = {}

    async def run(self) -> None:
        """Fetch until cancelled."""
        while True:
            try:
                await self._fetch()
            except StoreError as error:
                LOG.info("The results of other monitors cannot be fetched: %s", error)
            await asyncio.sleep(FETCH_EVERY)

    async def _fetch(self) -> None:
        waits_since = self._waits_since()
        let_go = [number for number, at in self._emitted.items() if waits_since is None or at < waits_since]
        there: set[int] = set()
        found: list[tuple[int, ProbeResult]] = []

        def look() -> None:
            left, new = self._handed_in()
            there.update(left)
            found.extend(new)

        await self._gate.call(look)
        newest = self._newest or {}
        for number in self._emitted.keys() - there:
            del self._emitted[number]
        for number, result in found:
            known = newest.get(result.service)
            late = known is not None and result.timestamp <= known
            if not late:
                newest[result.service] = result.timestamp
            self._emit(result, number, late)
            self._emitted[number] = self._clock.monotonic()
        # Neither stored nor waiting: nobody watches it any more, or it was counted as lost.
        if given_up := there.intersection(let_go):
            await self._gate.call(lambda: self._gate.sharing.give_up(given_up))

    def _handed_in(self) -> tuple[set[int], list[tuple[int, ProbeResult]]]:
        if self._newest is None:
            with self._store.read() as reads:
                self._newest = {name: status.last.timestamp for name, status in reads.service_statuses().items()}
        return self._gate.sharing.handed_in(list(self._emitted))
