"""Upkeep of the database beside the monitor: retention, free disk space, the length of the write-ahead log.

Work is done in steps of some milliseconds on the writing thread, with pauses between them: a batch of results waits for
one step at most, and the engine's loop never.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from amt_console.clock import Clock
from amt_console.config.sections.program import RetentionSettings
from amt_console.monitor.supervise import LOG
from amt_console.monitor.upkeep.log_readers import Reader, readers_of
from amt_console.monitor.upkeep.retention_policy import retention_policy
from amt_console.store import Store, StoreError, StoreFull
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy
from amt_console.store.upkeep.time_mender import TimeMender
from amt_console.store.upkeep.vacuum import STEP_PAGES
from amt_console.text import byte_size

T = TypeVar("T")
MIB = 1024 * 1024
RESERVE_BYTES = 2 * MIB
EXPIRED_EVERY = 3600.0
"""Seconds between two runs of the retention."""
AGAIN_AFTER = 60.0
"""The same after a run that could not be finished."""
OPTIMIZE_EVERY = 86_400.0
SPARE_SHARE = 0.1
"""Part of the file that may stay unused: new rows fill it."""
LOG_CHECKPOINT = 4 * MIB
STUCK_LOG = 16 * MIB
"""Size of the write-ahead log at which a long reader is reported and deleting stops."""
PAGE = 4096


class Reserve:
    """A file without content beside the database: room for deleting, which writes too, on a full disk.

    Args:
        path: Where.
        size: Bytes.
    """

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size

    def keep(self, least_free: int) -> None:
        """Create the file if ``least_free`` bytes stay free. Ignores failures."""
        with suppress(OSError):
            if self._path.exists() or shutil.disk_usage(self._path.parent).free < self._size + least_free:
                return
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            except OSError:
                self._path.unlink()
                raise
            finally:
                os.close(descriptor)

    def release(self) -> None:
        """Delete the file."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class UpkeepPace:
    """The pace of the upkeep, in seconds."""

    first: float = 20.0
    """Before the first check."""
    every: float = 15.0
    """Between two checks."""
    pause: float = 0.02
    """Between two steps, at least."""
    share: float = 4.0
    """Pause after a step, as a multiple of its length."""
    busy: float = 0.25
    """Between two checks of a writer that is behind."""


class Writer(Protocol):
    """The engine's writing thread."""

    @property
    def behind(self) -> bool:
        """Whether results wait, or cannot be stored."""
        ...

    @property
    def full(self) -> bool:
        """Whether the disk was full for the last batch."""
        ...

    async def run_on_writer(self, work: Callable[[], T]) -> T:
        """Run a function on the writing thread, after the batches before it."""
        ...


class Housekeeping:
    """A task of the engine. ``notices`` may be read from any thread.

    Args:
        store: Open for writing.
        settings: The retention.
        writer: Where the steps run.
        clock: The time.
        pace: The pauses.
    """

    def __init__(
        self,
        *,
        store: Store,
        settings: RetentionSettings,
        writer: Writer,
        clock: Clock,
        pace: UpkeepPace = UpkeepPace(),
    ) -> None:
        self.notices: tuple[str, ...] = ()
        """Notices for people."""
        self.deleted = 0
        """Deleted rows since the start."""
        self._store = store
        self._writer = writer
        self._clock = clock
        self._pace = pace
        self._reserve = Reserve(Path(f"{store.place}.reserve"))
        self._expired_at = self._optimize_at = clock.monotonic()
        self._times = TimeMender(store)
        self._policy: RetentionPolicy = retention_policy(settings)
        self.configure(settings)

    def configure(self, settings: RetentionSettings) -> None:
        """Use another retention from now on."""
        self._policy = retention_policy(settings)
        self._least_free = settings.least_free_mib * MIB
        self._expired_at = self._clock.monotonic()

    async def run(self) -> None:
        """Run until cancelled."""
        await asyncio.sleep(self._pace.first)
        while True:
            await self.look()
            await asyncio.sleep(self._pace.every)

    async def look(self) -> None:
        """Check once and do what is due."""
        stuck = await self._log_notice()
        free = self._free()
        emergency = self._writer.full or (free is not None and free < self._least_free)
        if emergency:
            if self._writer.full:
                self._reserve.release()
            await self._make_room()
            free = self._free()
        elif stuck is None and self._clock.monotonic() >= self._expired_at:
            done = await self._guarded("Expired data could not be deleted", self._expire)
            self._expired_at = self._clock.monotonic() + (EXPIRED_EVERY if done else AGAIN_AFTER)
        elif free is not None:
            self._reserve.keep(self._least_free)
        if not emergency:
            await self._guarded("Times that other programs wrote", self._mend_times)
        room = self._room_notice(free) if emergency else None
        self.notices = (*(notice for notice in (room, stuck) if notice is not None), *self._times.notices)
        if self._clock.monotonic() >= self._optimize_at and not self._writer.behind:
            self._optimize_at = self._clock.monotonic() + OPTIMIZE_EVERY
            await self._guarded("The database's statistics", lambda: self._writer.run_on_writer(self._store.optimize))

    async def _mend_times(self) -> None:
        more = True
        while more:
            await self._turn()
            begin = self._clock.monotonic()
            more = await self._writer.run_on_writer(self._times.step)
            await self._breathe(self._clock.monotonic() - begin)

    async def _expire(self) -> bool:
        """Delete in steps, then return spare space to the disk. Returns whether it finished."""
        run = Retention(self._store, self._policy, clock=self._clock)
        while True:
            await self._turn()
            step = await self._writer.run_on_writer(run.step)
            if step is None:
                break
            self.deleted += step.rows
            if not await self._log_is_short():
                return False
            await self._breathe(step.seconds)
        await self._shrink(SPARE_SHARE)
        return True

    async def _shrink(self, spare: float) -> None:
        left = await self._writer.run_on_writer(self._store.free_bytes)
        while left > spare * self._size() and left > MIB:
            await self._turn()
            begin = self._clock.monotonic()
            before, left = left, await self._writer.run_on_writer(lambda: self._store.give_back(STEP_PAGES))
            if left >= before or not await self._log_is_short():
                return
            await self._breathe(self._clock.monotonic() - begin)

    async def _make_room(self) -> None:
        """On a full or nearly full disk, delete expired rows at once."""
        run = Retention(self._store, self._policy, clock=self._clock)
        tries = 3
        while True:
            try:
                # First: after a checkpoint the log starts over and has room for what follows.
                await self._writer.run_on_writer(self._store.checkpoint)
                step = await self._writer.run_on_writer(run.step)
                while step is not None:
                    self.deleted += step.rows
                    # Each time: once the log has filled the disk, the file cannot grow to take it up.
                    await self._writer.run_on_writer(self._store.checkpoint)
                    await asyncio.sleep(self._pace.pause)
                    step = await self._writer.run_on_writer(run.step)
                await self._shrink(0.0)
                if not await self._writer.run_on_writer(self._store.checkpoint):
                    await self._writer.run_on_writer(lambda: self._store.checkpoint(truncate=True))
                return
            except StoreFull:
                tries -= 1
                if not tries:
                    return
                run.shrink()
            except StoreError as error:
                LOG.warning("No room could be made in the database: %s", error)
                return

    async def _turn(self) -> None:
        """Wait until no results wait."""
        while self._writer.behind and not self._writer.full:  # noqa: ASYNC110
            await asyncio.sleep(self._pace.busy)

    async def _breathe(self, seconds: float) -> None:
        await asyncio.sleep(max(self._pace.pause, seconds * self._pace.share))

    async def _log_is_short(self) -> bool:
        """Keep the log short. Returns False if a long reader prevents it."""
        if self._store.log_bytes() <= LOG_CHECKPOINT:
            return True
        waiting = await self._writer.run_on_writer(self._store.checkpoint)
        return waiting * PAGE <= STUCK_LOG

    async def _log_notice(self) -> str | None:
        size = self._store.log_bytes()
        if size <= STUCK_LOG:
            return None
        waiting = await self._guarded("The log", lambda: self._writer.run_on_writer(self._store.checkpoint))
        if waiting is None or waiting * PAGE <= STUCK_LOG:
            return None
        readers = await asyncio.to_thread(readers_of, Path(f"{self._store.place}-shm"))
        return _log_words(size, readers)

    def _room_notice(self, free: int | None) -> str | None:
        if free is None or (free >= self._least_free and not self._writer.full):
            return None
        return (
            f"Only {byte_size(free)} are free on the disk of {self._store.place}. Expired data has been deleted; make "
            "room, or keep data for a shorter time (retention)."
        )

    def _free(self) -> int | None:
        """Free bytes of the disk; ``None`` for a database on a server."""
        path = Path(self._store.place)
        try:
            return shutil.disk_usage(path.parent).free if path.is_absolute() else None
        except OSError:
            return None

    def _size(self) -> int:
        try:
            return Path(self._store.place).stat().st_size
        except OSError:
            return 0

    async def _guarded(self, what: str, work: Callable[[], Awaitable[T]]) -> T | None:
        """Log a fault of the database: upkeep tries again later."""
        try:
            return await work()
        except StoreError as error:
            LOG.warning("%s: %s", what, error)
            return None


def _log_words(size: int, readers: tuple[Reader, ...]) -> str:
    told = f"The database's write-ahead log has grown to {byte_size(size)} because a program reads an old moment of it"
    stopped = [reader for reader in readers if reader.stopped]
    if not readers:
        return f"{told}."
    names = ", ".join(str(reader) for reader in (stopped or readers)[:3])
    return f"{told}: {names}. Bring it to the foreground (fg) or end it."
