"""Housekeeping: expired data is deleted without delaying the monitor."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from support.monitored import monitored
from support.platform import Platform, serving
from support.stores import START, at, laid_out, result

from amt_console.clock import FakeClock, SystemClock
from amt_console.config.sections.program import RetentionSettings
from amt_console.model import Rollup, ServiceState
from amt_console.monitor.engine import EngineLimits
from amt_console.monitor.upkeep import housekeeping as module
from amt_console.monitor.upkeep.housekeeping import Housekeeping, UpkeepPace
from amt_console.monitor.upkeep.log_readers import readers_of
from amt_console.store import Store, StoreFull

pytestmark = pytest.mark.slow

T = TypeVar("T")
DAY = 86_400.0
QUICK = UpkeepPace(first=0.0, every=0.02, pause=0.0, share=0.0, busy=0.001)


class DirectWriter:
    """Runs the work at once, and counts it."""

    def __init__(self) -> None:
        self.behind = False
        self.full = False
        self.steps = 0
        self.waited = 0

    async def run_on_writer(self, work: Callable[[], T]) -> T:
        self.steps += 1
        return work()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with Store.open(laid_out(tmp_path / "monitoring.db"), clock=clock) as opened:
        yield opened


def fill(store: Store, minutes: int, first: int = 0) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=60 * i) for i in range(first, first + minutes)])


def count(store: Store) -> int:
    with store.read() as reads:
        return len(reads.services.results(service=None, start=at(-1e9), end=at(1e9), limit=1_000_000))


def settings(**more: object) -> RetentionSettings:
    return RetentionSettings.model_validate({"monitoring_logs": "1d", "least_free_mib": 0} | more)


async def test_expired_rows_go_hourly_and_the_file_shrinks(store: Store, clock: FakeClock) -> None:
    fill(store, 12_000)
    clock.advance(20 * DAY)
    writer = DirectWriter()
    minder = Housekeeping(store=store, settings=settings(), writer=writer, clock=clock, pace=QUICK)
    size = Path(store.place).stat().st_size + store.log_bytes()
    await minder.look()
    assert count(store) == 0
    assert minder.deleted >= 12_000
    assert writer.steps > 10
    store.checkpoint(truncate=True)
    # What is left is what new rows will soon fill.
    assert store.free_bytes() <= module.MIB
    assert Path(store.place).stat().st_size < size - module.MIB / 2
    assert minder.notices == ()

    fill(store, 100, first=20 * 1440)
    clock.advance(3 * DAY)
    clock.step_wall(-2 * DAY)
    await minder.look()
    assert count(store) == 100
    clock.step_wall(2 * DAY)
    await minder.look()
    assert count(store) == 100, "an hour has not passed"
    clock.advance(3600)
    await minder.look()
    assert count(store) == 0


async def test_times_of_other_programs_are_mended_or_told_of(store: Store, clock: FakeClock) -> None:
    with closing(sqlite3.connect(store.place)) as connection:
        rows = [("2026-01-05T11:00:00Z",), ("garbage",)]
        connection.executemany(
            "INSERT INTO monitoring_logs (timestamp, service_name, status) VALUES (?, 'x', 'up')", rows
        )
        connection.commit()
        minder = Housekeeping(store=store, settings=settings(), writer=DirectWriter(), clock=clock, pace=QUICK)
        await minder.look()
        (notice,) = minder.notices
        assert notice.startswith("A row of monitoring_logs without a readable time (id 2) cannot be shown.")
        with store.read() as reads:
            (found,) = reads.services.results(service="x", start=at(-3600), end=at(0), limit=9)
        assert found.timestamp == at(-3600)
        connection.execute("DELETE FROM monitoring_logs WHERE timestamp = 'garbage'")
        connection.commit()
        await minder.look()
        assert minder.notices == ()


async def test_it_waits_while_results_wait(store: Store, clock: FakeClock) -> None:
    fill(store, 3000)
    clock.advance(20 * DAY)
    writer = DirectWriter()
    writer.behind = True
    minder = Housekeeping(store=store, settings=settings(), writer=writer, clock=clock, pace=QUICK)
    looking = asyncio.create_task(minder.look())
    await asyncio.sleep(0.05)
    assert (writer.steps, count(store)) == (0, 3000)
    writer.behind = False
    await looking
    assert count(store) == 0


async def test_a_disk_with_little_room_is_told_and_expired_data_goes_at_once(store: Store, clock: FakeClock) -> None:
    writer = DirectWriter()
    minder = Housekeeping(
        store=store, settings=settings(least_free_mib=1_000_000), writer=writer, clock=clock, pace=QUICK
    )
    await minder.look()
    fill(store, 3000)
    clock.advance(20 * DAY)
    # Neither the hour nor a quiet moment is waited for.
    writer.behind = writer.full = True
    await minder.look()
    assert count(store) == 0
    assert len(minder.notices) == 1
    assert "free on the disk" in minder.notices[0]
    minder.configure(settings())
    writer.behind = writer.full = False
    await minder.look()
    assert minder.notices == ()


async def test_faults_of_the_database_are_tried_again(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, 100)
    clock.advance(20 * DAY)

    class Refusing(DirectWriter):
        async def run_on_writer(self, work: Callable[[], T]) -> T:
            if self.steps < 3:
                self.steps += 1
                raise StoreFull("no room")
            return await super().run_on_writer(work)

    minder = Housekeeping(store=store, settings=settings(), writer=Refusing(), clock=clock, pace=QUICK)
    for _ in range(4):
        await minder.look()
        clock.advance(module.AGAIN_AFTER)
    assert count(store) == 0
    assert "no room" in caplog.text


READER = """
import os, signal, sys
from amt_console.clock import SystemClock
from amt_console.store import Store
store = Store.open(sys.argv[1], clock=SystemClock(), read_only=True)
with store.read() as reads:
    reads.services.statuses()
    print("reading", flush=True)
    sys.stdin.readline()
print("done", flush=True)
sys.stdin.readline()
"""


def start_reader(place: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", READER, f"sqlite:///{place}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


def suspend(process: subprocess.Popen[str]) -> None:
    """As ctrl+z does, and wait until it is."""
    os.kill(process.pid, signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


async def test_a_suspended_reader_is_named_stops_the_deleting_and_harms_nobody(
    store: Store, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STUCK_LOG", 256 * 1024)
    monkeypatch.setattr(module, "LOG_CHECKPOINT", 64 * 1024)
    fill(store, 3000)
    clock.advance(20 * DAY)
    reader = start_reader(store.place)
    assert reader.stdout is not None
    assert reader.stdin is not None
    try:
        assert reader.stdout.readline() == "reading\n"
        suspend(reader)
        fill(store, 5000, first=20 * 1440)
        minder = Housekeeping(store=store, settings=settings(), writer=DirectWriter(), clock=clock, pace=QUICK)
        await minder.look()
        (notice,) = minder.notices
        assert "write-ahead log" in notice
        assert f"pid {reader.pid}, suspended" in notice
        assert count(store) == 8000
        # Nobody else is held up: others write and read.
        fill(store, 10, first=30 * 1440)
        assert count(store) == 8010

        os.kill(reader.pid, signal.SIGCONT)
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "done\n"
        assert readers_of(Path(f"{store.place}-shm")) == ()
        await minder.look()
        assert minder.notices == ()
        assert store.checkpoint(truncate=True) == 0
        assert store.log_bytes() == 0
    finally:
        reader.kill()
        reader.communicate()


class LaterClock(SystemClock):
    """The machine's clock as it will be in forty days."""

    def now(self):  # type: ignore[no-untyped-def]
        return super().now() + timedelta(days=40)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as served:
        yield served


def test_an_engine_deletes_what_has_expired_while_it_probes(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    now = SystemClock().now()
    with Store.open(f"sqlite:///{path}", clock=SystemClock()) as store, store.transaction() as writes:
        start = (now - START).total_seconds()
        old = [result("old", start - 60 * i, ServiceState.DOWN if i % 7 else ServiceState.UP) for i in range(4000)]
        writes.add_results(old)
    with Store.open(f"sqlite:///{path}", clock=SystemClock()) as store:
        before = whole_rollups(store, now)
    document = {"services": [{"name": "web", "url": platform.url, "interval": 1}]}
    limits = EngineLimits(pace=UpkeepPace(first=0.0, every=0.1, pause=0.001, share=1.0, busy=0.01))
    with monitored(path, document, clock=LaterClock(), limits=limits) as monitor:

        def pruned(reads: object) -> bool:
            return not monitor_rows(monitor.store, "old")

        monitor.wait(pruned, timeout=30.0)
        monitor.wait(lambda _: len(monitor_rows(monitor.store, "web")) >= 3)
        assert monitor.engine.status.restarts == 0
        assert whole_rollups(monitor.store, now) == before


def whole_rollups(store: Store, end: datetime) -> list[Rollup]:
    """The five minutes of ``old`` that were over at ``end``."""
    begin = end.replace(hour=0) - timedelta(days=4)
    with store.read() as reads:
        found = reads.services.rollups(resolution=300, start=begin, end=end)["old"]
    return [each for each in found if each.start + timedelta(minutes=5) <= end]


def monitor_rows(store: Store, service: str) -> list[object]:
    with store.read() as reads:
        now = SystemClock().now()
        return list(
            reads.services.results(
                service=service, start=now - timedelta(days=30), end=now + timedelta(days=99), limit=20_000
            )
        )


def test_only_other_processes_are_named(tmp_path: Path) -> None:
    assert readers_of(tmp_path / "missing") == ()
    with Store.open(f"sqlite:///{tmp_path / 'monitoring.db'}", clock=SystemClock()) as store, store.read() as reads:
        reads.services.statuses()
        assert readers_of(Path(f"{store.place}-shm")) == (), "this process itself"
