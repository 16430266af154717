"""Batches on their way to the database: nothing is lost while it refuses, and nothing blocks the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import pytest

from amt_console.clock import Clock, FakeClock, SystemClock
from amt_console.model import HostSample, ProbeResult, ServiceState
from amt_console.monitor import flush, quarantine
from amt_console.monitor.buffer import Buffer, Collected, HostReading, Item
from amt_console.monitor.flush import Flusher
from amt_console.monitor.status import Counters
from amt_console.monitor.supervise import Backoff
from amt_console.store import StoreBusy, StoreFull


class Disk:
    """Takes batches, or raises what it is told to; remembers both."""

    def __init__(self) -> None:
        self.stored: list[Item] = []
        self.batches: list[int] = []
        self.previewed: list[Item] = []
        self.faults: list[Exception] = []
        self.poison: list[Item] = []
        self.refused: tuple[type[Item], ...] = ()
        self.tried: list[Item] = []
        self.waiting_since: list[datetime | None] = []
        self.threads: set[str] = set()
        self.slots = threading.Event()
        self.slots.set()

    def write(self, items: Sequence[Item], waiting_since: datetime | None) -> None:
        self.threads.add(threading.current_thread().name)
        self.slots.wait(10)
        if self.faults:
            raise self.faults.pop(0)
        self.tried += items
        if any(item in self.poison for item in items):
            raise ValueError("cannot be stored")
        if any(isinstance(item, self.refused) for item in items):
            raise AttributeError("no such column")
        self.stored += items
        self.waiting_since.append(waiting_since)
        self.batches.append(len(items))

    def preview(self, items: Sequence[Item]) -> None:
        self.previewed += items


class Bench:
    """A flusher on a disk, with waiting for commits."""

    def __init__(self, disk: Disk, limit: int = 10_000, clock: Clock | None = None) -> None:
        self.disk = disk
        self.buffer = Buffer(limit)
        self.counters = Counters()
        self.commits = 0
        self._committed = asyncio.Event()
        self.flusher = Flusher(
            buffer=self.buffer,
            write=disk.write,
            preview=disk.preview,
            clock=clock or SystemClock(),
            counters=self.counters,
            on_commit=self._on_commit,
            every=0.01,
        )

    def _on_commit(self) -> None:
        self.commits += 1
        self._committed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0)

    async def stored(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.disk.stored) < count:
                self._committed.clear()
                await self._committed.wait()


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[Bench]:
    task = asyncio.create_task(bench.flusher.run())
    try:
        yield bench
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        bench.flusher.close()


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flush, "RETRY", Backoff(first=0.001, longest=0.005))
    monkeypatch.setattr(flush, "URGENT_AFTER", 0.001)


def items(count: int) -> list[Collected]:
    clock = FakeClock()
    made = []
    for _ in range(count):
        made.append(Collected(ProbeResult("web", clock.now(), ServiceState.UP, 1.0), clock.instant()))
        clock.advance(1)
    return made


async def test_everything_is_stored_in_order_on_one_thread() -> None:
    made = items(1200)
    async with running(Bench(Disk())) as bench:
        for item in made:
            bench.flusher.add(item)
        await bench.stored(len(made))
    assert bench.disk.stored == made
    assert max(bench.disk.batches) == flush.BATCH
    assert len(bench.disk.threads) == 1
    assert threading.current_thread().name not in bench.disk.threads


async def test_a_refusing_database_is_tried_again_and_loses_nothing() -> None:
    made = items(30)
    disk = Disk()
    disk.faults = [StoreFull("No room on the disk."), StoreBusy("Busy."), StoreBusy("Busy.")]
    async with running(Bench(disk)) as bench:
        for item in made:
            bench.flusher.add(item, urgent=True)
        await bench.stored(len(made))
        assert bench.flusher.store_error is None
    assert disk.stored == made
    assert disk.previewed == made, "each is evaluated in memory once"


async def test_the_error_is_told_while_it_lasts_and_the_oldest_go_when_there_is_no_room() -> None:
    made = items(20)
    disk = Disk()
    disk.faults = [StoreFull("No room on the disk.")] * 10_000
    bench = Bench(disk, limit=15)
    async with running(bench):
        for item in made:
            bench.flusher.add(item, urgent=True)
        async with asyncio.timeout(10):
            while bench.flusher.store_error is None:  # noqa: ASYNC110
                await asyncio.sleep(0)
        assert bench.flusher.store_error == "No room on the disk."
    assert bench.buffer.dropped == 5


async def test_one_item_that_cannot_be_stored_does_not_stop_the_others() -> None:
    made = items(5)
    disk = Disk()
    disk.poison = [made[2]]
    async with running(Bench(disk)) as bench:
        for item in made:
            bench.flusher.add(item)
        await bench.stored(4)
        await bench.until(lambda: bench.counters.rejected == 1)
        assert bench.flusher.store_error is None
    assert sorted(disk.stored, key=made.index) == [*made[:2], *made[3:]]
    assert bench.flusher.waiting == 0


async def test_several_bad_items_side_by_side_do_not_stop_the_others_for_ever() -> None:
    made = items(8)
    disk = Disk()
    disk.poison = made[2:5]
    async with running(Bench(disk)) as bench:
        for item in made:
            bench.flusher.add(item)
        await bench.until(lambda: bench.counters.rejected == 3)
        await bench.stored(5)
    assert sorted(disk.stored, key=made.index) == [*made[:2], *made[5:]]


@pytest.mark.slow
async def test_a_fault_that_hits_every_result_drops_none_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    made = items(20)
    disk = Disk()
    disk.refused = (Collected,)
    async with running(Bench(disk)) as bench:
        for item in made:
            bench.flusher.add(item)
        await bench.until(lambda: len(disk.tried) > 200)
        assert bench.flusher.store_error == "internal fault (AttributeError: no such column), the log says more."
        assert bench.flusher.waiting == 20
        assert disk.stored == []
        assert len([record for record in caplog.records if record.exc_info]) == 1
        disk.refused = ()
        await bench.stored(20)
        assert bench.flusher.store_error is None
    assert sorted(disk.stored, key=made.index) == made, "each once"
    assert bench.counters.rejected == 0


async def test_a_fault_that_hits_all_host_samples_holds_up_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "RETRY_EVERY", 0.01)
    made = items(20)
    clock = FakeClock()
    hosts = [HostReading(HostSample(clock.now(), memory, 2.0, 3.0), clock.instant()) for memory in range(4)]
    disk = Disk()
    disk.refused = (HostReading,)
    async with running(Bench(disk)) as bench:
        for item in [*made[:2], *hosts, *made[2:]]:
            bench.flusher.add(item)
        await bench.stored(20)
        assert disk.stored == made
        assert bench.flusher.store_error is not None
        disk.refused = ()
        bench.flusher.add(items(1)[0])
        await bench.until(lambda: len(disk.stored) == 25)
        assert bench.flusher.store_error is None
    assert disk.stored.count(hosts[0]) == 1
    assert disk.waiting_since[-1] is None


async def test_the_sign_of_life_reaches_to_the_oldest_result_that_waits() -> None:
    made = items(flush.BATCH + 1)
    disk = Disk()
    bench = Bench(disk)
    for item in made:
        bench.flusher.add(item)
    assert await bench.flusher.drain()
    assert disk.waiting_since == [made[-1].at.wall, None]
    bench.flusher.close()


async def test_what_is_set_aside_is_tried_once_more_at_the_stop_and_told() -> None:
    made = items(3)
    disk = Disk()
    disk.refused = (Collected,)
    bench = Bench(disk)
    task = asyncio.create_task(bench.flusher.run())
    for item in made:
        bench.flusher.add(item)
    await bench.until(lambda: bench.flusher.store_error is not None)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not await bench.flusher.drain()
    assert bench.flusher.waiting == 3
    disk.refused = ()
    assert await bench.flusher.drain()
    assert sorted(disk.stored, key=made.index) == made
    bench.flusher.close()


async def test_host_samples_that_are_set_aside_are_tried_once_more_at_the_stop() -> None:
    clock = FakeClock()
    hosts = [HostReading(HostSample(clock.now(), memory, 2.0, 3.0), clock.instant()) for memory in range(3)]
    disk = Disk()
    disk.refused = (HostReading,)
    bench = Bench(disk)
    task = asyncio.create_task(bench.flusher.run())
    for item in hosts:
        bench.flusher.add(item)
    await bench.until(lambda: bench.flusher.store_error is not None)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    disk.refused = ()
    assert await bench.flusher.drain()
    assert sorted(disk.stored, key=hosts.index) == hosts
    bench.flusher.close()


class Patience:
    """A back-off without a pause that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def delay(self, failures: int) -> float:
        self.asked.append(failures)
        return 0.0


async def test_each_failure_in_a_row_waits_longer_and_a_success_ends_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience()
    monkeypatch.setattr(flush, "RETRY", patience)
    disk = Disk()
    disk.faults = [StoreBusy("Busy.")] * 3
    async with running(Bench(disk)) as bench:
        bench.flusher.add(items(1)[0], urgent=True)
        await bench.stored(1)
        disk.faults = [StoreBusy("Busy.")]
        bench.flusher.add(items(1)[0], urgent=True)
        await bench.stored(2)
    assert patience.asked == [1, 2, 3, 1]


async def test_a_slow_disk_does_not_hold_up_the_loop_and_the_stop_waits_for_it() -> None:
    made = items(3)
    disk = Disk()
    disk.slots.clear()
    bench = Bench(disk)
    task = asyncio.create_task(bench.flusher.run())
    bench.flusher.add(made[0], urgent=True)
    async with asyncio.timeout(5):
        while not disk.threads:  # noqa: ASYNC110
            await asyncio.sleep(0)
    bench.flusher.add(made[1])
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    bench.flusher.add(made[2])
    disk.slots.set()
    assert await bench.flusher.drain()
    assert disk.stored == made, "the batch that was on its way is not stored twice"
    bench.flusher.close()


async def test_the_last_batch_says_when_it_could_not_be_stored() -> None:
    disk = Disk()
    disk.faults = [StoreBusy("Busy.")]
    bench = Bench(disk)
    bench.flusher.add(items(1)[0])
    assert not await bench.flusher.drain()
    assert len(bench.buffer) == 1
    bench.flusher.close()


async def test_a_sign_of_life_needs_no_items() -> None:
    async with running(Bench(Disk())) as bench:
        bench.flusher.beat(urgent=True)
        async with asyncio.timeout(5):
            while not bench.commits:  # noqa: ASYNC110
                await asyncio.sleep(0)
    assert bench.disk.batches == [0]


async def test_a_batch_that_was_just_stored_is_the_sign_of_life() -> None:
    clock = FakeClock()
    bench = Bench(Disk(), clock=clock)
    bench.flusher.add(items(1)[0])
    assert await bench.flusher.drain()
    clock.advance(flush.KEEP_ALIVE - 1)
    bench.flusher.keep_alive()
    assert await bench.flusher.drain()
    assert bench.disk.batches == [1]
    clock.advance(1)
    bench.flusher.keep_alive()
    assert await bench.flusher.drain()
    assert bench.disk.batches == [1, 0]
    bench.flusher.close()
