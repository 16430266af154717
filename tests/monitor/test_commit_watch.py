"""A monitor that stores nothing reports a fault; one with a lost database file ends."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from support.clocks import SkippingClock
from support.monitored import Monitored, monitored
from support.platform import serving

from amt_console.model import ProbeResult
from amt_console.monitor.watches.commit_watch import FAULT_AFTER, GRACE
from amt_console.store import Store, Writes

pytestmark = [pytest.mark.slow, pytest.mark.waits]


@pytest.fixture
def clock() -> SkippingClock:
    return SkippingClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitoring.db"


@pytest.fixture
def monitor(path: Path, clock: SkippingClock) -> Iterator[Monitored]:
    with serving() as platform:
        document = {"services": [{"name": "web", "url": platform.url, "interval": 1}]}
        with monitored(path, document, clock=clock) as running:
            running.wait(lambda reads: reads.services.statuses().get("web"))
            yield running


def fault(monitor: Monitored) -> str:
    return monitor.engine.status.commits.fault or ""


def stored(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT count(*) FROM monitoring_logs WHERE service_name = 'web'").fetchone()[0]
        return count


def test_a_lost_file_is_a_fault_at_once_and_the_end_after_the_grace(
    monitor: Monitored, path: Path, clock: SkippingClock, tmp_path: Path
) -> None:
    other = tmp_path / "other.db"
    Store.open(f"sqlite:///{other}", clock=clock).close()
    before = other.read_bytes()
    other.replace(path)
    monitor.wait_status(lambda _: "was replaced by another file" in fault(monitor))
    status = monitor.engine.status
    assert status.faults[0] == status.notices[0]
    assert fault(monitor) in status.faults[0]
    assert "The monitor ends after 30s unless it is back." in fault(monitor)
    assert "in memory" in status.faults[0]
    probed = status.probes_run
    monitor.wait_status(lambda engine: engine.status.probes_run > probed + 1)
    assert monitor.engine.status.database_lost is None, "it may come back"
    clock.skip(GRACE)
    monitor.wait_status(lambda engine: engine.status.database_lost is not None)
    assert not monitor.engine.stop()
    assert monitor.engine.status.buffered > 1
    monitor.store.close()
    assert path.read_bytes() == before


def test_a_file_that_comes_back_in_time_gets_what_waited(monitor: Monitored, path: Path, clock: SkippingClock) -> None:
    away = path.with_name("away.db")
    path.rename(away)
    monitor.wait_status(lambda _: "was deleted" in fault(monitor))
    probed = monitor.engine.status.probes_run
    monitor.wait_status(lambda engine: engine.status.probes_run > probed + 1)
    away.rename(path)
    monitor.wait_status(lambda _: not fault(monitor))
    clock.skip(GRACE)
    monitor.wait_status(lambda engine: engine.status.store_error is None, timeout=30.0)
    probed = monitor.engine.status.probes_run
    monitor.wait(lambda _: stored(path) >= probed)
    assert monitor.engine.status.database_lost is None


def test_nothing_committed_for_long_is_a_fault_with_its_cause(
    monitor: Monitored, path: Path, clock: SkippingClock
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monitor.wait_status(lambda engine: engine.status.store_error is not None, timeout=30.0)
        assert fault(monitor) == "", "a short wait is none"
        clock.skip(FAULT_AFTER)
        monitor.wait_status(lambda _: "Nothing has been stored since" in fault(monitor))
        assert "was locked by another program" in fault(monitor)
        other.execute("ROLLBACK")
    monitor.wait_status(lambda _: not fault(monitor), timeout=30.0)


def test_a_writer_that_hangs_without_a_word_is_a_fault_too(
    monitor: Monitored, clock: SkippingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, hangs = threading.Event(), threading.Event()
    add_results = Writes.add_results

    def hang(writes: Writes, results: Sequence[ProbeResult]) -> None:
        hangs.set()
        release.wait(60)
        add_results(writes, results)

    monkeypatch.setattr(Writes, "add_results", hang)
    assert hangs.wait(15)
    clock.skip(FAULT_AFTER)
    assert "Nothing has been stored since" in fault(monitor)
    assert "does not answer" in fault(monitor)
    last = monitor.engine.status.commits.last_at
    monkeypatch.setattr(Writes, "add_results", add_results)
    release.set()
    monitor.wait_status(lambda engine: engine.status.commits.last_at != last)
    assert fault(monitor) == ""
