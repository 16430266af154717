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

    def __init__(self, disk: Disk, limit: int = 10_000, clock: Clock | None = None, *, every: float = 0.01) -> None:
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
            every=every,
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


async def test_one_item_that_cannot_be_stored_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
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
    (dropped,) = [line for line in caplog.messages if line.startswith("An item is dropped")]
    assert repr(made[2]) in dropped


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


async def test_a_fault_that_hits_all_host_samples_holds_up_no_result(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
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
        assert not any("can be written again" in line for line in caplog.messages)
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
    assert bench.commits == len(disk.batches)
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


async def test_a_batch_on_its_way_still_waits_until_the_store_has_it() -> None:
    made = items(3)
    disk = Disk()
    disk.slots.clear()
    async with running(Bench(disk)) as bench:
        assert (bench.flusher.waiting, bench.flusher.waits_since()) == (0, None)
        bench.flusher.add(made[0], urgent=True)
        assert bench.flusher.waits_since() == made[0].at.monotonic
        await bench.until(lambda: bool(disk.threads))
        bench.flusher.add(made[1])
        assert (bench.flusher.waiting, bench.flusher.waits_since()) == (2, made[0].at.monotonic)
        disk.slots.set()
        await bench.stored(2)
        await bench.until(lambda: bench.flusher.waiting == 0)
        assert bench.flusher.waits_since() is None


async def test_what_is_set_aside_waits_since_it_came_in() -> None:
    made = items(3)
    disk = Disk()
    disk.refused = (Collected,)
    async with running(Bench(disk)) as bench:
        for item in made:
            bench.flusher.add(item)
        await bench.until(lambda: bench.flusher.store_error is not None)
        assert (bench.flusher.waiting, bench.flusher.waits_since()) == (3, made[0].at.monotonic)


async def test_the_monitor_is_behind_when_more_waits_than_one_batch_holds_or_nothing_can_be_stored() -> None:
    disk = Disk()
    bench = Bench(disk)
    for item in items(flush.BATCH):
        bench.flusher.add(item)
    assert not bench.flusher.behind
    bench.flusher.add(items(1)[0])
    assert bench.flusher.behind
    assert await bench.flusher.drain()
    assert not bench.flusher.behind
    disk.faults = [StoreBusy("Busy.")]
    bench.flusher.add(items(1)[0])
    assert not await bench.flusher.drain()
    assert bench.flusher.behind
    bench.flusher.close()


async def test_a_full_disk_is_told_until_another_fault_or_a_success() -> None:
    disk = Disk()
    bench = Bench(disk)
    told = []
    for faults in ([StoreFull("No room.")], [StoreBusy("Busy.")], [StoreFull("No room.")], []):
        disk.faults = list(faults)
        bench.flusher.add(items(1)[0])
        await bench.flusher.drain()
        told.append((bench.flusher.full, bench.flusher.store_error))
    assert told == [(True, "No room."), (False, "Busy."), (True, "No room."), (False, None)]
    bench.flusher.close()


async def test_the_log_has_a_line_when_a_fault_begins_changes_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    bench = Bench(disk)
    bench.flusher.add(items(1)[0])
    for fault in (StoreBusy("Busy."), StoreBusy("Busy."), StoreFull("No room.")):
        disk.faults = [fault]
        assert not await bench.flusher.drain()
    assert await bench.flusher.drain()
    told = [
        "A batch of 1 items could not be stored: Busy.",
        "A batch of 1 items could not be stored: No room.",
        "The database can be written again; 0 items wait.",
    ]
    assert caplog.messages == told
    bench.flusher.add(items(1)[0])
    assert await bench.flusher.drain()
    assert caplog.messages == told
    assert all(record.exc_info is None for record in caplog.records), "such faults are not the program's"
    bench.flusher.close()


async def test_a_batch_under_way_is_settled_when_there_is_no_more_time() -> None:
    made = items(2)
    disk = Disk()
    bench = Bench(disk)
    await bench.flusher.give_up()
    for item, fault in zip(made, (None, StoreBusy("Busy.")), strict=True):
        disk.slots.clear()
        disk.threads.clear()
        disk.faults = [] if fault is None else [fault]
        task = asyncio.create_task(bench.flusher.run())
        bench.flusher.add(item, urgent=True)
        await bench.until(lambda: bool(disk.threads))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        disk.slots.set()
        await bench.flusher.give_up()
        assert bench.flusher.store_error == (None if fault is None else "Busy.")
    assert (disk.stored, bench.commits, bench.flusher.waiting) == (made[:1], 1, 1)
    bench.flusher.close()


async def test_a_store_that_does_not_answer_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flush, "GIVE_UP_SECONDS", 0.01)
    disk = Disk()
    disk.slots.clear()
    bench = Bench(disk)
    task = asyncio.create_task(bench.flusher.run())
    bench.flusher.add(items(1)[0], urgent=True)
    await bench.until(lambda: bool(disk.threads))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await bench.flusher.give_up()
    assert (bench.flusher.waiting, bench.commits) == (1, 0)
    disk.slots.set()
    bench.flusher.close()


async def test_batches_shrink_around_a_bad_item_and_grow_again() -> None:
    made = items(16)
    disk = Disk()
    disk.poison = [made[0]]
    bench = Bench(disk)
    sizes: list[int] = []
    write = disk.write

    def counted(batch: Sequence[Item], waiting_since: datetime | None) -> None:
        sizes.append(len(batch))
        write(batch, waiting_since)

    bench.flusher._write = counted
    for item in made:
        bench.flusher.add(item)
    await bench.flusher.drain()
    assert disk.waiting_since[0] == made[0].at.wall, "the one aside is older than those behind"
    assert sizes == [16, 8, 4, 2, 1, 1, 2, 1, 1, 2, 4, 7], "alone, after another one, and dropped: then they grow"
    bench.flusher.close()


async def test_a_fault_of_the_preview_is_logged_and_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    disk = Disk()
    disk.faults = [StoreBusy("Busy.")]
    bench = Bench(disk)

    def broken(_items: Sequence[Item]) -> None:
        raise ZeroDivisionError

    bench.flusher._preview = broken
    bench.flusher.add(items(1)[0])
    assert not await bench.flusher.drain()
    assert bench.flusher.store_error == "Busy."
    assert "Items that could not be stored could not be evaluated either." in caplog.messages
    bench.flusher.close()


async def test_work_on_the_writer_runs_on_its_thread_behind_the_batches() -> None:
    disk = Disk()
    disk.slots.clear()
    async with running(Bench(disk)) as bench:
        bench.flusher.add(items(1)[0], urgent=True)
        await bench.until(lambda: bool(disk.threads))
        work = asyncio.create_task(
            bench.flusher.run_on_writer(lambda: (threading.current_thread().name, len(disk.stored)))
        )
        await asyncio.sleep(0)
        disk.slots.set()
        name, stored = await work
    assert disk.threads == {name}
    assert stored == 1


async def test_only_what_is_urgent_is_stored_before_its_time() -> None:
    disk = Disk()
    async with running(Bench(disk, every=3600.0)) as bench:
        bench.flusher.add(items(1)[0])
        await bench.stored(1)
        bench.flusher.add(items(1)[0])
        bench.flusher.beat()
        for _ in range(20):
            await bench.flusher.run_on_writer(lambda: None)
        assert disk.batches == [1]
        bench.flusher.add(items(1)[0], urgent=True)
        await bench.stored(3)
        bench.flusher.beat(urgent=True)
        await bench.until(lambda: len(disk.batches) == 3)
    assert disk.batches == [1, 2, 0]


async def test_a_flusher_without_work_does_not_look_for_any() -> None:
    looked: list[int] = []

    class Watched(Buffer):
        def take(self, limit: int) -> tuple[Item, ...]:
            looked.append(limit)
            return super().take(limit)

    bench = Bench(Disk(), every=0.0001)
    bench.flusher._buffer = Watched()
    async with running(bench):
        bench.flusher.add(items(1)[0])
        await bench.stored(1)
        for _ in range(20):
            await bench.flusher.run_on_writer(lambda: None)
    assert len(looked) == 1


async def test_a_monitor_that_has_stored_nothing_yet_gives_a_sign_of_life() -> None:
    bench = Bench(Disk())
    bench.flusher.keep_alive()
    assert await bench.flusher.drain()
    assert bench.disk.batches == [0]
    bench.flusher.close()


async def test_a_batch_under_way_that_fails_at_the_stop_is_not_tried_again() -> None:
    disk = Disk()
    disk.slots.clear()
    disk.faults = [StoreBusy("Busy.")]
    bench = Bench(disk)
    task = asyncio.create_task(bench.flusher.run())
    bench.flusher.add(items(1)[0], urgent=True)
    await bench.until(lambda: bool(disk.threads))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    disk.slots.set()
    assert not await bench.flusher.drain()
    assert disk.batches == []
    bench.flusher.close()


async def test_a_batch_of_nothing_but_set_aside_items_is_none_and_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = Patience()
    monkeypatch.setattr(flush, "RETRY", patience)
    clock = FakeClock()
    hosts = [HostReading(HostSample(clock.now(), memory, 2.0, 3.0), clock.instant()) for memory in range(3)]
    disk = Disk()
    disk.refused = (HostReading,)
    async with running(Bench(disk)) as bench:
        for host in hosts[:2]:
            bench.flusher.add(host)
        await bench.until(lambda: bench.flusher.store_error is not None and len(bench.buffer) == 0)
        await bench.until(lambda: bench.flusher._attempt is None and not bench.flusher._work.is_set())
        batches, failures = list(disk.batches), list(patience.asked)
        bench.flusher.add(hosts[2])
        await bench.until(lambda: len(bench.buffer) == 0)
        assert (disk.batches, patience.asked, bench.flusher.waiting) == (batches, failures, 3)
        await bench.until(lambda: not bench.flusher._work.is_set())
        bench.flusher.add(items(1)[0])
        await bench.stored(1)


async def test_an_urgent_item_waits_a_moment_for_those_that_come_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk()
    pauses: list[float] = []
    usual = asyncio.sleep

    async def sleep(seconds: float) -> None:
        if seconds == flush.URGENT_AFTER:
            pauses.append(seconds)
            bench.flusher.add(items(1)[0])
        await usual(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with running(Bench(disk)) as bench:
        bench.flusher.add(items(1)[0], urgent=True)
        await bench.stored(2)
        assert disk.batches == [2]
        bench.flusher.add(items(1)[0])
        await bench.stored(3)
        bench.flusher.beat()
        await bench.until(lambda: len(disk.batches) == 3)
    assert len(pauses) == 1


async def test_the_end_waits_for_no_batch_and_begins_none() -> None:
    disk = Disk()
    disk.slots.clear()
    bench = Bench(disk)
    task = asyncio.create_task(bench.flusher.run())
    bench.flusher.add(items(1)[0], urgent=True)
    await bench.until(lambda: bool(disk.threads))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    behind = asyncio.create_task(bench.flusher.run_on_writer(lambda: None))
    await asyncio.sleep(0)
    bench.flusher.close()
    assert disk.batches == []
    disk.slots.set()
    with pytest.raises(asyncio.CancelledError):
        await behind
    with pytest.raises(RuntimeError):
        await bench.flusher.run_on_writer(lambda: None)


async def test_full_batches_follow_each_other_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    async def wait_for(*_: object) -> None:
        raise AssertionError("it pauses")

    monkeypatch.setattr(asyncio, "wait_for", wait_for)
    async with running(Bench(Disk(), every=3600.0)) as bench:
        for item in items(2 * flush.BATCH):
            bench.flusher.add(item)
        await bench.stored(2 * flush.BATCH)


async def test_a_heartbeat_that_fails_by_a_bug_is_told_and_tried_again() -> None:
    disk = Disk()
    disk.faults = [ValueError("no such column")]
    bench = Bench(disk)
    bench.flusher.beat()
    assert not await bench.flusher.drain()
    assert bench.flusher.store_error == "internal fault (ValueError: no such column), the log says more."
    assert await bench.flusher.drain()
    assert disk.batches == [0]
    bench.flusher.close()


async def test_at_the_start_all_is_well_and_nothing_is_stored() -> None:
    bench = Bench(Disk())
    flusher = bench.flusher
    assert (flusher.store_error, flusher.full, flusher.last_commit, flusher.behind) == (None, False, None, False)
    assert await flusher.drain()
    assert bench.disk.batches == []
    flusher.close()
