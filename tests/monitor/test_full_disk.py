"""A disk that is really full: the monitor goes on in memory, says so, makes room if it can, and loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support.monitored import Monitored, monitored
from support.platform import Platform, serving
from support.small_disk import SmallDisk, small_disk

from amt_console.clock import SystemClock
from amt_console.model import AlertState, ProbeResult, ServiceState
from amt_console.monitor.engine import EngineLimits
from amt_console.monitor.upkeep.housekeeping import Pace

pytestmark = pytest.mark.slow

CLOCK = SystemClock()
DISK_MIB = 6


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
    return EngineLimits(pace=Pace(first=first, every=0.2, pause=0.0, share=0.0, busy=0.01))


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
        monitor.wait_status(lambda engine: any("Expired data" in each for each in engine.status.notices), timeout=30.0)
        monitor.wait_status(lambda engine: engine.status.store_error is None, timeout=30.0)
        probed = monitor.engine.status.probes_run
        monitor.wait(lambda _: stored(monitor) >= probed, timeout=30.0)
        with monitor.store.read() as reads:
            assert reads.services.results(service="old", start=start, end=CLOCK.now(), limit=10) == []
        assert monitor.engine.status.dropped == 0
