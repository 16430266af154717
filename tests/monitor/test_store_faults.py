"""Temporary failures of the database: probing continues, people are informed, nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support.monitored import Monitored, monitored
from support.platform import Platform, serving

from amt_console.clock import SystemClock
from amt_console.model import AlertState

pytestmark = [pytest.mark.slow, pytest.mark.waits]

CLOCK = SystemClock()


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as served:
        yield served


def document(platform: Platform) -> dict[str, object]:
    return {"services": [{"name": "web", "url": platform.url, "interval": 1}]}


def stored(monitor: Monitored) -> int:
    hour = timedelta(hours=1)
    with monitor.store.read() as reads:
        return len(reads.services.results(service=None, start=CLOCK.now() - hour, end=CLOCK.now() + hour, limit=10**6))


def everything_is_stored(monitor: Monitored) -> None:
    """And the engine needed no restart."""
    monitor.wait_status(lambda engine: engine.status.store_error is None, timeout=30.0)
    probed = monitor.engine.status.probes_run
    monitor.wait(lambda _: stored(monitor) >= probed, timeout=30.0)
    assert monitor.engine.status.dropped == 0
    assert monitor.engine.status.restarts == 0


def test_a_database_locked_for_longer_than_anybody_waits(platform: Platform, tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with (
        monitored(path, document(platform)) as monitor,
        closing(sqlite3.connect(path, isolation_level=None, timeout=5)) as intruder,
    ):
        monitor.wait(lambda reads: reads.services.statuses().get("web"))
        intruder.execute("BEGIN IMMEDIATE")
        before = stored(monitor)
        platform.status = 503
        monitor.wait_status(lambda engine: "locked by another program" in (engine.status.store_error or ""))
        probed = monitor.engine.status.probes_run
        monitor.wait_status(lambda engine: engine.status.probes_run > probed)
        # Evaluated in memory though nothing can be stored.
        monitor.wait_status(lambda engine: any("Not stored yet: CRITICAL" in each for each in engine.status.notices))
        assert stored(monitor) == before
        intruder.execute("ROLLBACK")
        everything_is_stored(monitor)
        fired = monitor.episode("service_down", "web", AlertState.FIRING)
        assert monitor.kinds(fired).count("fired") == 1


def test_a_database_that_turns_read_only_while_it_runs(platform: Platform, tmp_path: Path) -> None:
    with monitored(tmp_path / "monitoring.db", document(platform)) as monitor:
        monitor.wait(lambda reads: reads.services.statuses().get("web"))
        set_read_only(monitor, True)
        monitor.wait_status(lambda engine: "may not be written" in (engine.status.store_error or ""))
        probed = monitor.engine.status.probes_run
        monitor.wait_status(lambda engine: engine.status.probes_run > probed + 1)
        assert any("wait in memory" in notice for notice in monitor.engine.status.notices)
        set_read_only(monitor, False)
        everything_is_stored(monitor)


def set_read_only(monitor: Monitored, on: bool) -> None:
    """SQLite answers as it does on a disk that the system has turned read-only after an error."""
    with monitor.store._maintained() as connection:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if on else 'OFF'}")
