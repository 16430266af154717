"""Faults of disks, other programs and people: a clear error, nothing lost, and the store continues."""

from __future__ import annotations

import math
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from support import template_process
from support.stores import START, at, result

from amt_console.clock import FakeClock
from amt_console.model.inbound import Ping, PingKind
from amt_console.model.notifications import NoticeKind, OutboxEntry
from amt_console.store import Store, StoreBusy, StoreCorrupt, StoreFull, StoreUnavailable


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def count(store: Store, service: str = "api") -> int:
    with store.read() as reads:
        return len(reads.services.results(service=service, start=at(-1e6), end=at(1e6), limit=1_000_000))


def add(store: Store, *seconds: float, durable: bool = False) -> None:
    with store.transaction(durable=durable) as writes:
        writes.add_results([result(seconds=each) for each in seconds])


@contextmanager
def unprivileged() -> Iterator[None]:
    """As an ordinary user where the tests run as root: root may write anywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("umask", [0, 0o777])
def test_files_are_private_whatever_the_umask(tmp_path: Path, clock: FakeClock, umask: int) -> None:
    path = tmp_path / "a" / "b" / "monitoring.db"
    before = os.umask(umask)
    try:
        with Store.open(f"sqlite:///{path}", clock=clock) as store:
            add(store, 0)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"monitoring.db": 0o600, "monitoring.db-wal": 0o600, "monitoring.db-shm": 0o600}
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]


def test_a_folder_is_no_database(tmp_path: Path, clock: FakeClock) -> None:
    for read_only in (False, True):
        with pytest.raises(StoreUnavailable, match=r"is a folder.*--db"):
            Store.open(f"sqlite:///{tmp_path}", clock=clock, read_only=read_only)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/db", "nonsense"])
def test_a_url_that_names_no_database_is_refused(url: str, clock: FakeClock) -> None:
    with pytest.raises(StoreUnavailable, match="sqlite:///"):
        Store.open(url, clock=clock)


def test_a_folder_that_may_not_be_written(tmp_path: Path, clock: FakeClock) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    home = tmp_path / "closed"
    home.mkdir(mode=0o755)
    if os.geteuid():
        home.chmod(0o555)
    with unprivileged(), pytest.raises(StoreUnavailable, match=r"cannot be created: Permission denied.*--db"):
        Store.open(f"sqlite:///{home / 'monitoring.db'}", clock=clock)
    assert list(home.iterdir()) == []


def test_reading_what_does_not_exist_or_is_empty(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "monitoring.db"
    with pytest.raises(StoreUnavailable, match=r"no database at .* Start the console"):
        Store.open(f"sqlite:///{path}", clock=clock, read_only=True)
    assert not path.exists()
    path.touch()
    with pytest.raises(StoreUnavailable, match="is empty"):
        Store.open(f"sqlite:///{path}", clock=clock, read_only=True)
    assert path.stat().st_size == 0


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "monitoring.db"
    path.write_bytes(b"all my notes\n" * 500)
    for read_only in (False, True):
        with pytest.raises(StoreCorrupt, match=r"no database.*restore a backup"):
            Store.open(f"sqlite:///{path}", clock=clock, read_only=read_only)
    assert path.read_bytes() == b"all my notes\n" * 500


@pytest.mark.slow
def test_a_damaged_page_is_told_in_words(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        for begin in range(0, 3000, 100):
            add(store, *range(begin, begin + 100))
    path = file_of(sqlite_url)
    with path.open("r+b") as file:
        file.seek(4096 * 8)
        file.write(b"\xff" * (path.stat().st_size - 4096 * 8))
    with pytest.raises(StoreCorrupt, match=r"damaged.*restore"), Store.open(sqlite_url, clock=clock) as store:
        count(store)


@pytest.mark.slow
def test_a_full_disk_loses_nothing_and_it_goes_on_when_there_is_room(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        add(store, 0)
        store.checkpoint(truncate=True)
        with closing(sqlite3.connect(file_of(sqlite_url))) as other:
            pages = other.execute("PRAGMA page_count").fetchone()[0]
        connection = store._writing_connection()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        connection.rollback()
        with pytest.raises(StoreFull, match=r"full.*free some room"):
            add(store, *range(1, 3000))
        assert count(store) == 1
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
        connection.rollback()
        add(store, *range(1, 3000))
        assert count(store) == 3000
        with store.read() as reads:
            assert reads.services.totals(start=START, end=at(3600))["api"].samples == 3000


@pytest.mark.slow
def test_a_writer_waits_for_another_program(sqlite_url: str, clock: FakeClock) -> None:
    with (
        Store.open(sqlite_url, clock=clock) as store,
        closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None, check_same_thread=False)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.7, lambda: other.execute("COMMIT"))
        release.start()
        add(store, 0)
        release.join()
        assert count(store) == 1


def test_a_writer_that_waits_too_long_says_busy_and_can_try_again(sqlite_url: str, clock: FakeClock) -> None:
    with (
        Store.open(sqlite_url, clock=clock) as store,
        closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as other,
    ):
        store._writing_connection().exec_driver_sql("PRAGMA busy_timeout=100")
        store._writing_connection().rollback()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match=r"locked by another program.*try again"):
            add(store, 0)
        assert count(store) == 0
        other.execute("COMMIT")
        add(store, 0)
        assert count(store) == 1


def test_two_stores_write_in_turns_and_neither_is_fooled_by_what_it_remembers(store_url: str, clock: FakeClock) -> None:
    with Store.open(store_url, clock=clock) as one, Store.open(store_url, clock=clock) as two:
        for i in range(0, 40, 2):
            add(one, 60 * i)
            add(two, 60 * (i + 1))
        add(one, 60 * 39, 60 * 3)
        assert count(one) == count(two) == 40
        with two.read() as reads:
            total = reads.services.totals(start=START, end=at(2400))["api"]
            assert (total.samples, total.up_s) == (40, 39 * 60)


def test_threads_write_in_turns(store: Store) -> None:
    def work(name: str) -> None:
        for i in range(10):
            with store.transaction() as writes:
                writes.add_results([result(name, 60 * i)])

    threads = [threading.Thread(target=work, args=(f"s{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as reads:
        totals = reads.services.totals(start=START, end=at(600))
    assert {name: total.samples for name, total in totals.items()} == {f"s{k}": 10 for k in range(4)}


def test_a_transaction_in_a_transaction_is_a_mistake(store: Store) -> None:
    with store.transaction(), pytest.raises(RuntimeError, match="already"), store.transaction():
        pass
    add(store, 0)


@pytest.mark.parametrize("reading", [False, True], ids=["writing", "reading"])
def test_an_interrupt_is_not_hidden_by_the_failing_rollback_of_what_it_broke(store: Store, reading: bool) -> None:
    def interrupted() -> None:
        with store.read() if reading else store.transaction() as opened:
            opened._connection.connection.driver_connection.close()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    add(store, 0)
    assert count(store) == 1


def test_a_failure_while_an_interrupt_is_handled_is_told(store_url: str, clock: FakeClock) -> None:
    with Store.open(store_url, clock=clock, read_only=True) as watcher:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            with pytest.raises(StoreUnavailable):
                add(watcher, 0)


def test_a_queue_of_a_file_changes_with_what_is_queued_and_with_the_commits_of_others(
    tmp_path: Path, clock: FakeClock
) -> None:
    url = f"sqlite:///{tmp_path / 'queues.db'}"
    with Store.open(url, clock=clock) as store, Store.open(url, clock=clock) as other:

        def versions() -> tuple[object, object]:
            return store.queue_version("outbox"), store.queue_version("arrivals")

        seen = versions()
        add(store, 0)
        assert versions() == seen
        with suppress(ZeroDivisionError), store.transaction() as writes:
            writes.inbound.arrivals.add_pings([Ping("backup", PingKind.SUCCESS, clock.now())])
            raise ZeroDivisionError
        assert versions() == seen
        with store.transaction() as writes:
            writes.inbound.arrivals.add_pings([Ping("backup", PingKind.SUCCESS, clock.now())])
        assert (versions()[0] == seen[0], versions()[1] == seen[1]) == (True, False)
        seen = versions()
        with store.transaction() as writes:
            writes.inbound.arrivals.remove([1])
        assert versions()[1] != seen[1]
        before = store.queue_count("outbox")
        with store.transaction(durable=True) as writes:
            writes.queue_once(
                [OutboxEntry("ops", "ops", NoticeKind.DIGEST, "a summary", clock.now(), text="words", dedup_key="key")]
            )
        assert store.queue_count("outbox") == before + 1
        assert versions()[0] != seen[0]
        seen = versions()
        add(other, 60)
        assert all(new != old for new, old in zip(versions(), seen, strict=True))
        with store.transaction():
            # Whoever asks meanwhile does not wait, and looks into the queue itself.
            assert versions()[0] != versions()[0]


def test_everybody_sees_that_somebody_wrote(store_url: str, clock: FakeClock) -> None:
    with Store.open(store_url, clock=clock) as writer, Store.open(store_url, clock=clock, read_only=True) as watcher:
        seen = (writer.data_version(), watcher.data_version())
        assert (writer.data_version(), watcher.data_version()) == seen
        add(writer, 0)
        now = (writer.data_version(), watcher.data_version())
        assert all(new != old for new, old in zip(now, seen, strict=True))
        assert (writer.data_version(), watcher.data_version()) == now
        assert count(watcher) == 1


def test_a_reader_may_not_write(store_url: str, clock: FakeClock) -> None:
    with Store.open(store_url, clock=clock, read_only=True) as watcher:
        with pytest.raises(StoreUnavailable, match="read-only"):
            add(watcher, 0)
        with pytest.raises(StoreUnavailable, match=r"may not be written|does not permit"), watcher.read() as reads:
            reads._connection.execute(text("DELETE FROM audit"))


def test_a_reader_sees_one_moment_while_others_write(store: Store) -> None:
    add(store, 0)
    with store.read() as reads:
        before = reads.services.results(service="api", start=at(0), end=at(1000), limit=10)
        add(store, 60)
        assert reads.services.results(service="api", start=at(0), end=at(1000), limit=10) == before
    assert count(store) == 2


def test_a_long_reader_holds_the_log_and_lets_it_go(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        with store.read() as reads:
            reads.services.statuses()
            for begin in range(0, 2000, 100):
                add(store, *range(begin, begin + 100))
            assert store.checkpoint() > 0
            assert store.log_bytes() > 100_000
        assert store.checkpoint(truncate=True) == 0
        assert store.log_bytes() == 0
        assert count(store) == 2000


def test_a_reader_does_not_hold_up_the_shortening_of_the_log(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        add(store, *range(100))
        with store.read() as reads:
            reads.services.statuses()
            store._writing_connection().exec_driver_sql("PRAGMA busy_timeout=600000")
            shortening = threading.Thread(target=lambda: store.checkpoint(truncate=True), daemon=True)
            shortening.start()
            shortening.join(60)
            assert not shortening.is_alive()
            assert store.log_bytes() > 0
            add(store, 100)
        assert store.checkpoint(truncate=True) == 0
        assert store.log_bytes() == 0
        assert count(store) == 101


def test_a_durable_transaction_is_synced(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        found = []
        for durable in (True, False, True):
            with store.transaction(durable=durable) as writes:
                found.append(writes._connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert found == [2, 1, 2]


def test_a_deleted_log_of_a_running_store_is_not_taken_for_an_empty_database(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        add(store, 0)
        store.checkpoint(truncate=True)
    path = file_of(sqlite_url)
    Path(f"{path}-wal").write_bytes(b"left over from something else")
    with Store.open(sqlite_url, clock=clock) as store:
        assert count(store) == 1
        add(store, 60)
    with Store.open(sqlite_url, clock=clock) as store:
        assert count(store) == 2


WRITER = """
import sys
from datetime import timedelta
from support.stores import START, event, episode, result
from amt_console.clock import FakeClock
from amt_console.model import AlertState, EpisodeChange
from amt_console.store import Store, record

store = Store.open(sys.argv[1], clock=FakeClock(START))
number = int(sys.argv[2])
while True:
    with store.transaction(durable=number % 3 == 0) as writes:
        writes.add_results([result(f"s{k}", 60 * number) for k in range(20)])
        if number % 3 == 0:
            opening = event("opened", 60 * number, AlertState.PENDING)
            record(writes, EpisodeChange(episode(f"e{number}", 60 * number), (opening,)))
    print(number, flush=True)
    if number % 7 == 0:
        store.checkpoint()
    number += 1
"""


@pytest.mark.slow
def test_a_killed_writer_loses_no_committed_row(store_url: str, clock: FakeClock) -> None:
    committed = -1
    for commits in (2, 9):
        with template_process.start(
            [sys.executable, "-c", WRITER, store_url, str(committed + 1)], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout is not None
            for _ in range(commits):
                committed = int(child.stdout.readline())
            child.kill()
            # What it said before it died was committed, too.
            committed = max([committed, *(int(line) for line in child.stdout.read().splitlines() if line)])
        with Store.open(store_url, clock=clock) as store, store.read() as reads:
            for k in (0, 19):
                kept = reads.services.results(service=f"s{k}", start=at(-1), end=at(1e7), limit=100_000)
                assert len(kept) in (committed + 1, committed + 2)
            assert len(reads.alerts.open()) == math.ceil(len(kept) / 3)
            committed = len(kept) - 1
            total = reads.services.totals(start=START, end=at(60 * committed + 1))["s3"]
            assert (total.samples, round(total.up_s)) == (committed + 1, 60 * committed)


def test_an_ill_server_is_told_in_words(clock: FakeClock) -> None:
    with pytest.raises(StoreUnavailable, match=r"does not answer.*Check that the server runs"):
        Store.open("postgresql+psycopg://nobody@127.0.0.1:1/none", clock=clock)


def test_passwords_are_not_in_messages(clock: FakeClock) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store.open("postgresql+psycopg://nobody:hunter2@127.0.0.1:1/none", clock=clock)
    assert "hunter2" not in str(caught.value)


@pytest.mark.postgres
def test_a_busy_server_says_busy(server_url: str, clock: FakeClock) -> None:
    with Store.open(server_url, clock=clock) as store:
        store._writing_connection().exec_driver_sql("SET lock_timeout = '100ms'")
        store._writing_connection().commit()
        engine = create_engine(server_url)
        with engine.begin() as other:
            other.execute(text("UPDATE store_meta SET number = number WHERE key = 'commits'"))
            with pytest.raises(StoreBusy, match="locked by another writer"):
                add(store, 0)
        engine.dispose()
        add(store, 0)
        assert count(store) == 1


@pytest.mark.postgres
def test_a_broken_connection_is_made_anew(server_url: str, clock: FakeClock) -> None:
    with Store.open(server_url, clock=clock) as store:
        add(store, 0)
        mine = store._writing_connection().exec_driver_sql("SELECT pg_backend_pid()").scalar()
        store._writing_connection().rollback()
        engine = create_engine(server_url)
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        engine.dispose()
        with pytest.raises(StoreUnavailable, match="does not answer"):
            add(store, 60)
        add(store, 60)
        assert count(store) == 2
