"""The dispatcher: one worker for each channel, woken when rows are committed for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from amt_console.alerts import DeliveryReading
from amt_console.clock import Clock
from amt_console.model.notifications import DeliveryState, OutboxEntry
from amt_console.notify.channels.channel import Channel
from amt_console.notify.health import ChannelHealth
from amt_console.notify.outbox import ChannelHistory, Outbox
from amt_console.notify.settings import AllDelivery
from amt_console.notify.worker import LOG, ChannelWorker, SendOutcome
from amt_console.store import DeliveryMark, Store, StoreError, StoreFull
from amt_console.text import safe_text

POLL = 1.0
"""Seconds between two looks when nobody tells of a commit."""
RESTART_PAUSE = 1.0
REFRESH = 15.0
"""Seconds between two looks at what other processes sent."""
REMOVED = "the channel is configured no more, or switched off"


@dataclass(frozen=True, slots=True)
class DispatcherStatus:
    """The dispatcher at one moment."""

    running: bool = False
    looks: int = 0
    """How often it has looked into the outbox; it stands still when the dispatcher does."""
    restarts: int = 0
    fault: str | None = None
    """Why nothing can be sent: the database does not answer."""
    lines: tuple[str, ...] = ()
    """What is wrong with channels, for people."""


@dataclass(slots=True)
class _Running:
    worker: ChannelWorker
    task: asyncio.Task[None]
    seen: int = 0
    """The newest row that it was told of."""


class Dispatcher:
    """Lives on one event loop; ``status`` may be read from any thread.

    Args:
        channels: By name.
        settings: Times and limits.
        store: Open for writing; stays open.
        clock: The time.
        on_reading: Called on the loop when a channel ceases to deliver, and when it delivers again; must be quick.
        cancels: Whether rows of channels that are configured no more are cancelled: one process of a database does.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        *,
        settings: AllDelivery,
        store: Store,
        clock: Clock,
        on_reading: Callable[[DeliveryReading], None] = lambda _: None,
        cancels: bool = True,
    ) -> None:
        self.status = DispatcherStatus()
        self._attempts: Counter[tuple[str, str]] = Counter()
        self._channels = dict(channels)
        self._settings = settings
        self._clock = clock
        self._outbox = Outbox(store, clock)
        self._on_reading = on_reading
        self._health = ChannelHealth(clock)
        self._refreshed_at = clock.monotonic()
        self._cancels = cancels
        self._running: dict[str, _Running] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._stop = asyncio.Event()
        self._drain = 2.0
        self._reload: tuple[Mapping[str, Channel], AllDelivery] | None = None

    @property
    def attempts(self) -> Mapping[tuple[str, str], int]:
        """Attempts by channel and what became of them: ``delivered``, ``retried``, ``dead``."""
        return self._attempts.copy()

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    def page_directly(self, entries: Sequence[OutboxEntry]) -> None:
        """Send pages that cannot be stored."""
        for name, running in self._running.items():
            mine = [entry for entry in entries if entry.channel == name]
            if mine:
                LOG.warning("%d pages on %s are sent directly: they cannot be stored", len(mine), name)
                running.worker.page_directly(mine)

    def stop(self, drain: float = 2.0) -> None:
        """Ask ``run`` to end, and to send what is ready for so many seconds at most."""
        self._drain = drain
        self._stop.set()
        self._woken.set()

    def use(self, channels: Mapping[str, Channel], settings: AllDelivery) -> None:
        """Send on these channels from now on."""
        self._reload = (channels, settings)
        self._woken.set()

    async def run(self) -> bool:
        """Send until ``stop``, and then what is ready. Returns whether nothing was cut off."""
        self.status = replace(self.status, running=True)
        taken_over = False
        while True:
            self._woken.clear()
            try:
                if not taken_over:
                    with suppress(StoreFull):
                        await self._outbox.take_over()
                    taken_over = True
                await self._take_channels()
                await self._look()
                await self._refresh()
                self._seen(fault=None)
            except StoreError as error:
                self._seen(fault=safe_text(str(error)))
            except Exception:
                LOG.exception("The dispatcher failed and goes on.")
                self.status = replace(self.status, restarts=self.status.restarts + 1)
            if self._stop.is_set():
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL)
        return await self._end(self._drain)

    async def _take_channels(self) -> None:
        taken, self._reload = self._reload, None
        if taken is not None:
            self._channels, self._settings = dict(taken[0]), taken[1]
            for name in [name for name in self._running if name not in self._channels]:
                leaving = asyncio.create_task(self._end_worker(self._running.pop(name)))
                self._leaving.add(leaving)
                leaving.add_done_callback(self._leaving.discard)
            self._health.keep(frozenset(self._channels))
            for name, running in self._running.items():
                await running.worker.use(self._channels[name], self._settings.of(name))
        for name, channel in self._channels.items():
            if name not in self._running:
                await self._begin(name, channel)

    async def _begin(self, name: str, channel: Channel) -> None:
        history = await self._outbox.history(name)
        worker = ChannelWorker(
            channel, outbox=self._outbox, settings=self._settings.of(name), clock=self._clock, on_outcome=self._hear
        )
        worker.seed(history.sent)
        self._remember(name, history)
        self._running[name] = _Running(worker, asyncio.create_task(self._keep(worker), name=f"channel {name}"))

    def _hear(self, outcome: SendOutcome) -> None:
        became = "retried" if outcome.state is DeliveryState.QUEUED else outcome.state.value
        self._attempts[outcome.channel, became] += 1
        reading = self._health.hear(outcome)
        if reading is not None:
            self._on_reading(reading)

    def _remember(self, name: str, history: ChannelHistory) -> None:
        if history.newest is not None:
            reading = self._health.remember(name, history.newest)
            if reading is not None:
                self._on_reading(reading)

    async def _refresh(self) -> None:
        """On a server, learn what other processes sent."""
        now = self._clock.monotonic()
        if not self._outbox.is_shared or now - self._refreshed_at < REFRESH:
            return
        self._refreshed_at = now
        for name in list(self._running):
            self._remember(name, await self._outbox.history(name))

    async def _keep(self, worker: ChannelWorker) -> None:
        """Run a worker; after a fault again."""
        while True:
            try:
                return await worker.run()
            except Exception:
                LOG.exception("The worker of a channel failed and starts again.")
                self.status = replace(self.status, restarts=self.status.restarts + 1)
                await asyncio.sleep(RESTART_PAUSE)

    async def _look(self) -> None:
        """Wake the workers that have new rows; cancel the rows that no channel is left for."""
        for name, newest in (await self._outbox.channels()).items():
            running = self._running.get(name)
            if running is None:
                if self._cancels:
                    await self._cancel(name)
            elif newest > running.seen:
                running.seen = newest
                running.worker.wake()

    async def _cancel(self, name: str) -> None:
        now = self._clock.now()
        self._outbox.look_again()
        rows = await self._outbox.waiting(name)
        ids = tuple(row.id for row in rows if row.leased_until is None or row.leased_until <= now)
        if not ids:
            return
        mark = DeliveryMark(ids, DeliveryState.CANCELLED, now, reason=REMOVED)
        await self._outbox.cancel(mark, name)
        LOG.warning("%d messages on %s are cancelled: %s", len(ids), safe_text(name), REMOVED)

    def _seen(self, *, fault: str | None) -> None:
        faults = [fault, *(running.worker.fault for running in self._running.values())]
        self.status = replace(
            self.status,
            looks=self.status.looks + (fault is None),
            fault=next((each for each in faults if each is not None), None),
            lines=self._health.lines,
        )

    async def _end(self, drain: float) -> bool:
        """Let the workers send what is ready; what cannot go in time stays queued."""
        workers = [running.worker for running in self._running.values()]
        with suppress(TimeoutError, StoreError):
            async with asyncio.timeout(drain):
                await self._look()
                for worker in workers:
                    await worker.idle()
        for worker in workers:
            worker.end()
        tasks = [*(running.task for running in self._running.values()), *self._leaving]
        _, cut_off = await asyncio.wait(tasks, timeout=max(0.2, drain / 4)) if tasks else (set(), set())
        for task in cut_off:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._outbox.release()
        for running in self._running.values():
            await running.worker.aclose()
        self._outbox.close()
        self.status = replace(self.status, running=False)
        return not cut_off

    async def _end_worker(self, running: _Running) -> None:
        running.worker.end()
        await asyncio.gather(running.task, return_exceptions=True)
        await running.worker.aclose()
