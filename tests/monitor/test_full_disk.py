"""A full disk: the monitor continues in memory, reports it, frees space if possible, and loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from support.monitored import Monitored, monitored
from support.platform import Platform, serving
from support.small_disk import SmallDisk, small_disk
from support.stores import START, result

from amt_console.clock import FakeClock, SystemClock
from amt_console.config.sections.program import RetentionSettings
from amt_console.model import AlertState, ProbeResult, ServiceState
from amt_console.monitor.engine import EngineLimits
from amt_console.monitor.upkeep.housekeeping import Housekeeping, UpkeepPace
from amt_console.store import Store, StoreFull

pytestmark = pytest.mark.slow

CLOCK = SystemClock()
DISK_MIB = 6
DAY = 86_400.0
PACE = UpkeepPace(first=0.0, every=0.2, pause=0.0, share=0.0, busy=0.01)
T = TypeVar("T")


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as served:
        yield served


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", megabytes=DISK_MIB) as mounted:
        yield mounted


def document(platform: Platform) -> dict[str, object]:
    return {
        "services": [{"name": f"web-{i}", "url": platform.url, "interval": 1} for i in range(10)],
        "retention": {"least_free_mib": 0},
    }


def limits(first: float) -> EngineLimits:
    return EngineLimits(pace=replace(PACE, first=first))


def stored(monitor: Monitored) -> int:
    with monitor.store.read() as reads:
        return len(
            reads.services.results(
                service=None, start=CLOCK.now() - timedelta(hours=1), end=CLOCK.now() + timedelta(hours=1), limit=10**6
            )
        )


def test_results_and_alerts_wait_in_memory_until_there_is_room(platform: Platform, disk: SmallDisk) -> None:
    path = disk.folder / "monitoring.db"
    with monitored(path, document(platform), limits=limits(3600.0)) as monitor:
        monitor.wait_status(lambda engine: engine.status.probes_run > 20)
        disk.fill()
        monitor.wait_status(lambda engine: "full" in (engine.status.store_error or ""), timeout=30.0)
        platform.status = 503
        monitor.wait_status(
            lambda engine: any("Not stored yet: CRITICAL" in notice for notice in engine.status.notices), timeout=30.0
        )
        assert any("free some room" in notice for notice in monitor.engine.status.notices)
        before = stored(monitor)
        waiting = monitor.engine.status.buffered
        assert waiting > 0
        disk.make_room()
        monitor.wait_status(lambda engine: engine.status.store_error is None, timeout=30.0)
        monitor.wait(lambda _: stored(monitor) >= before + waiting // 2, timeout=30.0)
        assert monitor.episode("service_down", "web-0", AlertState.FIRING).fired_at is not None
        assert monitor.engine.status.dropped == 0
        assert monitor.engine.status.restarts == 0
        probed = monitor.engine.status.probes_run
        monitor.wait(lambda _: stored(monitor) >= probed, timeout=30.0)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_expired_data_makes_room_by_itself(platform: Platform, disk: SmallDisk) -> None:
    path = disk.folder / "monitoring.db"
    with monitored(path, document(platform), limits=limits(0.0)) as monitor:
        monitor.wait_status(lambda _: path.with_name("monitoring.db.reserve").exists())
        start = CLOCK.now() - timedelta(days=45)
        old = [
            ProbeResult("old", start + timedelta(minutes=i), ServiceState.UP, interval=60, response_time_ms=7.0)
            for i in range(6000)
        ]
        with monitor.store.transaction() as writes:
            writes.add_results(old)
        monitor.store.checkpoint(truncate=True)
        disk.fill()
        monitor.wait(lambda reads: not reads.services.results(service="old", start=start, end=CLOCK.now(), limit=1))
        probed = monitor.engine.status.probes_run
        monitor.wait(lambda _: stored(monitor) >= probed)
        monitor.wait_status(lambda engine: engine.status.store_error is None)
        assert monitor.engine.status.dropped == 0


class BusyWriter:
    """Stores a batch of new results after each piece of work, as an engine does that is behind."""

    behind = False
    full = False

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batches = 0

    async def run_on_writer(self, work: Callable[[], T]) -> T:
        try:
            return work()
        finally:
            self.store_results()

    def store_results(self) -> None:
        self._batches += 1
        new = [result(f"web-{i % 10}", 45 * DAY + 50 * self._batches + i) for i in range(50)]
        try:
            with self._store.transaction() as writes:
                writes.add_results(new)
            self.full = False
        except StoreFull:
            self.full = True


async def test_results_that_come_in_meanwhile_do_not_use_up_the_room_for_deleting(disk: SmallDisk) -> None:
    clock = FakeClock(START)
    with Store.open(f"sqlite:///{disk.folder / 'monitoring.db'}", clock=clock) as store:
        writer = BusyWriter(store)
        kept = RetentionSettings.model_validate({"least_free_mib": 0})
        minder = Housekeeping(store=store, settings=kept, writer=writer, clock=clock, pace=PACE)
        await minder.look()
        await minder.look()
        assert (disk.folder / "monitoring.db.reserve").exists()
        with store.transaction() as writes:
            writes.add_results([result("old", 60 * minute) for minute in range(6000)])
        clock.advance(45 * DAY)
        store.checkpoint(truncate=True)
        disk.fill()
        writer.store_results()
        assert writer.full
        await minder.look()
        assert not writer.full
        with store.read() as reads:
            assert reads.services.results(service="old", start=START, end=clock.now(), limit=1) == []
