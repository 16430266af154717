"""Power cuts, lost and foreign companion files, and snapshots that others have overtaken."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.stores import START, at, episode, event, result

from amt_console.clock import FakeClock
from amt_console.model import AlertState, EpisodeChange
from amt_console.store import Store, record


def opened(path: Path) -> Store:
    return Store.open(f"sqlite:///{path}", clock=FakeClock(START))


def copied(source: Path, target: Path) -> Path:
    """Database and log as they lie on the disk at this moment."""
    target.mkdir(exist_ok=True)
    for suffix in ("", "-wal"):
        if Path(f"{source}{suffix}").exists():
            shutil.copy(f"{source}{suffix}", f"{target / source.name}{suffix}")
    return target / source.name


@pytest.fixture(scope="module")
def cut(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[int, int, int]]]:
    """A database whose log holds everything, and what was promised: (length of the log, alerts, results)."""
    folder = tmp_path_factory.mktemp("power")
    path = folder / "monitoring.db"
    shutil.copy(new_database, path)
    promised = []
    with opened(path) as store:
        for number in range(40):
            durable = number % 4 == 0
            with store.transaction(durable=durable) as writes:
                writes.add_results([result(f"s{k}", 60 * number) for k in range(5)])
                if durable:
                    opening = event("opened", 60 * number, AlertState.PENDING)
                    record(writes, EpisodeChange(episode(f"e{number}", 60 * number), (opening,)))
            if durable:
                promised.append((store.log_bytes(), number // 4 + 1, number + 1))
        copy = copied(path, folder / "copy")
    return copy, promised


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_power_cut_loses_no_synced_alert_and_at_most_the_newest_results(
    cut: tuple[Path, list[tuple[int, int, int]]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path, promised = cut
    log = Path(f"{path}-wal").read_bytes()
    end = data.draw(st.integers(0, len(log)), label="bytes of the log that reached the disk")
    torn = data.draw(st.binary(max_size=64), label="what stands behind them")
    folder = tmp_path_factory.mktemp("cut")
    copy = folder / path.name
    shutil.copy(path, copy)
    Path(f"{copy}-wal").write_bytes(log[:end] + torn)
    with opened(copy) as store:
        assert store.check(full=True) == ()
        with store.read() as reads:
            alerts = len(reads.alerts.open())
            kept = len(reads.services.results(service="s3", start=at(-1), end=at(1e6), limit=1000))
            total = reads.services.totals(start=START, end=at(1e6)).get("s3")
        # Transactions come back whole and in order: what is there is a beginning of what was written.
        assert kept == (total.samples if total else 0)
        assert alerts == -(-kept // 4)
        synced = [(alerts_then, kept_then) for length, alerts_then, kept_then in promised if length <= end]
        if synced:
            assert alerts >= synced[-1][0]
            assert kept >= synced[-1][1]
    shutil.rmtree(folder)


def test_a_lost_log_is_no_empty_database(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with opened(path) as store:
        with store.transaction() as writes:
            writes.add_results([result(seconds=0)])
        store.checkpoint()
        with store.transaction() as writes:
            writes.add_results([result(seconds=60)])
        copy = copied(path, tmp_path / "copy")
    Path(f"{copy}-wal").unlink()
    with opened(copy) as store, store.read() as reads:
        assert store.check(full=True) == ()
        found = reads.services.results(service="api", start=at(-1), end=at(1e6), limit=9)
        assert [each.timestamp for each in found] == [START], "what had been moved into the file is there"


def test_a_new_database_that_loses_its_log_keeps_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with opened(path):
        copy = copied(path, tmp_path / "copy")
    Path(f"{copy}-wal").unlink(missing_ok=True)
    with Store.open(f"sqlite:///{copy}", clock=FakeClock(START), read_only=True) as store, store.read() as reads:
        assert reads.services.statuses() == {}


def test_a_left_over_index_of_the_log_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with opened(path) as store:
        with store.transaction() as writes:
            writes.add_results([result(seconds=0)])
        copy = copied(path, tmp_path / "copy")
    shm = Path(f"{copy}-shm")
    for leftover in (b"", b"\xff" * 32_768, b"\x00" * 100):
        shm.write_bytes(leftover)
        with opened(copy) as store, store.read() as reads:
            assert len(reads.services.results(service="api", start=at(-1), end=at(1e6), limit=9)) == 1
        shm.unlink(missing_ok=True)


@pytest.mark.slow
def test_a_torn_copy_of_a_log_is_not_read_beyond_its_last_whole_transaction(tmp_path: Path) -> None:
    path, other = tmp_path / "monitoring.db", tmp_path / "other.db"
    with opened(path) as store, store.transaction() as writes:
        writes.add_results([result("mine", seconds=0)])
    with opened(other) as store:
        with store.transaction() as writes:
            writes.add_results([result("theirs", seconds=60 * i) for i in range(100)])
        foreign = Path(f"{other}-wal").read_bytes()
    Path(f"{path}-wal").write_bytes(foreign[: len(foreign) // 2 + 7])
    with opened(path) as store, store.read() as reads:
        assert set(reads.services.statuses()) == {"mine"}
        assert store.check(full=True) == ()


def test_a_snapshot_that_others_have_overtaken_stops_no_writer(tmp_path: Path) -> None:
    path = tmp_path / "monitoring.db"
    with opened(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as naive:
        # What a transaction that begins by reading runs into, at once and whatever the waiting time.
        naive.execute("PRAGMA busy_timeout=5000")
        naive.execute("BEGIN")
        naive.execute("SELECT count(*) FROM audit").fetchone()
        with store.transaction() as writes:
            writes.add_results([result(seconds=0)])
        with pytest.raises(sqlite3.OperationalError) as caught:
            naive.execute("INSERT INTO store_meta (key) VALUES ('x')")
        assert caught.value.sqlite_errorname == "SQLITE_BUSY_SNAPSHOT"
        naive.execute("ROLLBACK")
        # Ours hold the lock before they read, so there is nothing to overtake.
        with opened(path) as second:
            for number in range(1, 20):
                for writer in (store, second):
                    with writer.transaction() as writes:
                        writes.services.statuses()
                        writes.add_results([result(f"s{id(writer)}", 60 * number)])
        with store.read() as reads:
            assert sum(each.samples for each in reads.services.totals(start=START, end=at(1e6)).values()) == 39
