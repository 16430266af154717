"""Stores collected items, one batch a second, without blocking the loop or losing a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from amt_console.clock import Clock, Instant
from amt_console.monitor.buffer import Buffer, Collected, Item
from amt_console.monitor.quarantine import Quarantine, fault, origin
from amt_console.monitor.status import Counters
from amt_console.monitor.supervise import LOG, Backoff
from amt_console.store import StoreError, StoreFull
from amt_console.text import safe_text

T = TypeVar("T")
BATCH = 500
"""Most samples of one transaction."""
FLUSH_EVERY = 1.0
"""Seconds between transactions when nothing is urgent."""
URGENT_AFTER = 0.05
"""Delay of an urgent batch in seconds; long enough to include related results."""
TURN = 0.15
"""Seconds between a transaction and the next when more waits: another process looks for its turn every 0.1 s."""
GIVE_UP_SECONDS = 1.0
"""Seconds for the batch in progress when there is no time left for it."""
KEEP_ALIVE = 10.0
"""Seconds without a batch before an empty one is stored as a sign of life: each commit makes every console read."""
RETRY = Backoff(first=0.25, factor=2.0, longest=15.0)

Write = Callable[[Sequence[Item], datetime | None], None]
"""Takes a batch, possibly empty, and since when results outside it wait; ``None`` if none wait."""
Preview = Callable[[Sequence[Item]], None]


@dataclass(frozen=True, slots=True)
class _Attempt:
    items: tuple[Item, ...]
    future: asyncio.Future[None]


class Flusher:
    """The only writer of collected items. Lives on the engine's loop; it writes on its own thread.

    Args:
        buffer: The waiting items.
        write: Stores a batch in one transaction, or raises and stores nothing. Called on the writing thread.
        preview: Evaluates items that could not be stored; called on the writing thread, once per item.
        on_commit: Called on the loop after each stored batch; must not raise.
    """

    def __init__(
        self,
        *,
        buffer: Buffer,
        write: Write,
        preview: Preview,
        clock: Clock,
        counters: Counters,
        on_commit: Callable[[], None],
        every: float = FLUSH_EVERY,
    ) -> None:
        self.store_error: str | None = None
        """Why the last batch, or a kind of items, could not be stored; ``None`` when all is well."""
        self.full = False
        """Whether the disk is full."""
        self.last_commit: Instant | None = None
        """When a batch was last stored."""
        self._buffer = buffer
        self._write = write
        self._preview = preview
        self._clock = clock
        self._counters = counters
        self._on_commit = on_commit
        self._every = every
        self._work = asyncio.Event()
        self._urgent = asyncio.Event()
        self._beat = False
        self._unseen: list[Item] = []
        self._failures = 0
        self._batch = BATCH
        self._quarantine = Quarantine(buffer)
        self._told: set[tuple[str, str, int | None]] = set()
        self._not_before = 0.0
        self._turn_of_others = 0.0
        self._attempt: _Attempt | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="amt-writer")

    def add(self, item: Item, *, urgent: bool = False) -> None:
        """Add an item. An urgent one is stored within a fraction of a second."""
        self._buffer.add(item)
        self._unseen.append(item)
        self._work.set()
        if urgent:
            self._urgent.set()

    def beat(self, *, urgent: bool = False) -> None:
        """Request a batch even without items: a sign of life."""
        self._beat = True
        self._work.set()
        if urgent:
            self._urgent.set()

    def keep_alive(self) -> None:
        """Request a sign of life, unless a batch was stored lately: each batch carries one."""
        last = self.last_commit
        if last is None or self._clock.monotonic() - last.monotonic >= KEEP_ALIVE:
            self.beat()

    async def run(self) -> None:
        """Store batches until cancelled."""
        while True:
            if self._attempt is None:
                await self._work.wait()
                await self._pace()
            if not await self._flush():
                await asyncio.sleep(RETRY.delay(self._failures))

    async def drain(self) -> bool:
        """Store all waiting items without pauses, after ``run`` has ended. Returns whether all were stored."""
        if self._attempt is not None and not await self._flush():
            return False
        self._quarantine.release()
        while self._attempt is not None or len(self._buffer) or self._beat:
            if not await self._flush():
                return False
        return not len(self._quarantine)

    async def give_up(self) -> None:
        """Learn what becomes of the batch under way, where the store was told to hurry; then nothing more is stored."""
        attempt = self._attempt
        if attempt is None or not (await asyncio.wait((attempt.future,), timeout=GIVE_UP_SECONDS))[0]:
            return
        self._attempt = None
        error = attempt.future.exception()
        if error is None:
            self._succeeded(attempt)
        elif isinstance(error, Exception):
            self._failed(attempt, error)

    @property
    def waiting(self) -> int:
        """Number of items that are not stored yet, including the batch in progress."""
        attempt = self._attempt
        items = () if attempt is None else attempt.items
        on_their_way = sum(not self._quarantine.holds(item) for item in items)
        return len(self._buffer) + len(self._quarantine) + on_their_way

    def waits_since(self) -> float | None:
        """When the oldest waiting result arrived, by the monotonic clock; ``None`` if none waits."""
        attempt = () if self._attempt is None else self._attempt.items
        on_their_way = next((item for item in attempt if isinstance(item, Collected)), None)
        waiting = (on_their_way, self._quarantine.first_result(()), self._buffer.first_result())
        return min((each.at.monotonic for each in waiting if each is not None), default=None)

    @property
    def behind(self) -> bool:
        """Whether results wait for longer than usual, or cannot be stored."""
        return self.store_error is not None or len(self._buffer) > BATCH

    async def run_on_writer(self, work: Callable[[], T]) -> T:
        """Run a function on the writing thread, after the batches before it."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def close(self) -> None:
        """End the writing thread without waiting for it."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _pace(self) -> None:
        if self._turn_of_others:
            await asyncio.sleep(self._turn_of_others)
        wait = self._not_before - self._clock.monotonic()
        if wait > 0 and not self._urgent.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), wait)
        if self._urgent.is_set():
            await asyncio.sleep(URGENT_AFTER)

    async def _flush(self) -> bool:
        """Store one batch; returns whether to go on without a pause.

        Waits for an attempt of a cancelled call instead of repeating it.
        """
        attempt = self._attempt or self._begin()
        if attempt is None:
            return True
        try:
            await asyncio.shield(attempt.future)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._attempt = None
            return self._failed(attempt, error)
        self._attempt = None
        self._succeeded(attempt)
        return True

    def _begin(self) -> _Attempt | None:
        self._urgent.clear()
        items = self._next()
        beat, self._beat = self._beat, False
        unseen, self._unseen = self._unseen, []
        self._settle_work()
        if not items and not beat:
            return None
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor, self._store, items, unseen, self._waiting_since(items))
        self._attempt = _Attempt(items, future)
        return self._attempt

    def _next(self) -> tuple[Item, ...]:
        if self._quarantine.halted:
            return self._quarantine.candidate()
        again = self._quarantine.due(self._clock.monotonic())
        return again or self._quarantine.sift(self._buffer.take(self._batch))

    def _waiting_since(self, items: Sequence[Item]) -> datetime | None:
        waiting = [self._quarantine.first_result(items), self._buffer.first_result()]
        return min((each.at.wall for each in waiting if each is not None), default=None)

    def _store(self, items: Sequence[Item], unseen: Sequence[Item], waiting_since: datetime | None) -> None:
        try:
            self._write(items, waiting_since)
        except Exception:
            try:
                self._preview(unseen)
            except Exception as error:
                self._log_once(error, "Items that could not be stored could not be evaluated either.")
            raise

    def _succeeded(self, attempt: _Attempt) -> None:
        self._quarantine.stored(attempt.items)
        trouble = self._quarantine.trouble
        if self.store_error is not None and trouble is None:
            LOG.warning("The database can be written again; %d items wait.", self.waiting)
        self.store_error, self.full, self._failures = trouble, False, 0
        self._batch = min(BATCH, 2 * self._batch)
        self.last_commit = now = self._clock.instant()
        arrived = self._buffer.has_arrived
        # Batches that search for an item at fault are short.
        self._turn_of_others = TURN if arrived or len(self._buffer) >= BATCH else 0.0
        self._not_before = now.monotonic + (0.0 if arrived or len(self._buffer) >= self._batch else self._every)
        self._settle_work()
        self._on_commit()

    def _failed(self, attempt: _Attempt, error: Exception) -> bool:
        """Returns whether to continue without a pause, to find the item at fault."""
        self._beat = True
        if isinstance(error, StoreError) or not attempt.items:
            self._buffer.give_back([item for item in attempt.items if not self._quarantine.holds(item)])
            go_on = False
            self._tell(attempt, safe_text(str(error)) if isinstance(error, StoreError) else fault(error))
        elif len(attempt.items) > 1:
            self._buffer.give_back(attempt.items)
            self._batch = len(attempt.items) // 2
            go_on = True
        else:
            go_on = self._failed_alone(attempt.items[0], error)
        self._failures += not go_on
        self.full = isinstance(error, StoreFull)
        self._log_once(error, "Collected items cannot be stored.")
        self._settle_work()
        return go_on

    def _failed_alone(self, item: Item, error: Exception) -> bool:
        if self._quarantine.failed(item, error, self._clock.monotonic()):
            LOG.error("An item is dropped, because it cannot be stored and others of its kind can: %r", item)
            self._counters.rejected += 1
        self.store_error = self._quarantine.trouble
        return not self._quarantine.halted

    def _tell(self, attempt: _Attempt, message: str) -> None:
        if message != self.store_error:
            LOG.error("A batch of %d items could not be stored: %s", len(attempt.items), message)
        self.store_error = message

    def _log_once(self, error: Exception, what: str) -> None:
        """Log a bug with its traceback, once per place."""
        if isinstance(error, StoreError) or (place := origin(error)) in self._told:
            return
        self._told.add(place)
        LOG.error(what, exc_info=error)

    def _settle_work(self) -> None:
        if len(self._buffer) or self._beat:
            self._work.set()
        else:
            self._work.clear()
