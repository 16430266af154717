"""The lock file beside a database: deleting it lets no second monitor in, and nobody can plant another one."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import make_url
from support.stores import result

from amt_console.clock import FakeClock
from amt_console.store import Lease, LeaseLost, Store, StoreUnavailable, lease_holder, take_lease
from amt_console.store.cluster import file_lease

LISTEN = """
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print("listens", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def database(sqlite_url: str) -> Path:
    path = Path(make_url(sqlite_url).database or "")
    path.parent.mkdir(mode=0o700)
    return path


@pytest.fixture
def lock(database: Path) -> Path:
    return database.with_name(database.name + ".lock")


@pytest.fixture
def lease(sqlite_url: str, database: Path, clock: FakeClock) -> Iterator[Lease]:
    taken = take_lease(sqlite_url, clock=clock)
    assert taken is not None
    with taken:
        yield taken


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/dev/fd"))


def test_a_deleted_lock_file_is_replaced_by_its_holder(
    lease: Lease, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    before = open_files()
    lock.unlink()
    assert not lease.lost
    assert lock.exists()
    assert take_lease(sqlite_url, clock=clock) is None
    assert open_files() == before
    holder = lease_holder(sqlite_url)
    assert holder is not None
    assert holder.pid == os.getpid()


def test_who_has_lost_the_lock_file_to_another_one_writes_nothing_more(
    lease: Lease, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        lease.guard(store)
        lock.unlink()
        second = take_lease(sqlite_url, clock=clock)
        assert second is not None
        with second:
            with pytest.raises(LeaseLost, match="was deleted"), store.transaction() as writes:
                writes.add_results([result()])
            assert lease.lost
            assert not second.lost


def test_a_monitor_that_listens_holds_the_lease_although_its_lock_file_is_gone(
    database: Path, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    address = database.with_name(database.name + ".sock")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", LISTEN, str(address)], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == "listens\n"
        assert take_lease(sqlite_url, clock=clock) is None
        other.stdin.close()
        other.wait(10)
    lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None, "a socket that nobody serves holds nothing"
    lease.release()


@pytest.mark.parametrize("made", ["link", "hard link", "pipe", "folder"])
def test_what_was_planted_is_refused_and_left_alone(
    database: Path, lock: Path, sqlite_url: str, clock: FakeClock, made: str
) -> None:
    victim = database.with_name("victim")
    victim.write_text("precious")
    if made == "link":
        lock.symlink_to(victim)
    elif made == "hard link":
        lock.hardlink_to(victim)
    elif made == "pipe":
        os.mkfifo(lock)
    else:
        lock.mkdir()
    before = open_files()
    with pytest.raises(StoreUnavailable, match="is a symbolic link" if made == "link" else "lock file"):
        take_lease(sqlite_url, clock=clock)
    assert victim.read_text() == "precious"
    assert open_files() == before


def test_a_folder_that_everybody_may_write_is_refused_unless_it_is_sticky(
    database: Path, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    database.parent.chmod(0o777)
    with pytest.raises(StoreUnavailable, match="chmod o-w"):
        take_lease(sqlite_url, clock=clock)
    assert not lock.exists()
    database.parent.chmod(0o1777)
    lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    lease.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else, and drop to a user")
def test_a_lock_file_of_another_user_is_refused(database: Path, lock: Path, sqlite_url: str, clock: FakeClock) -> None:
    lock.touch(mode=0o666)
    lock.chmod(0o666)
    os.chown(lock, 4711, 4711)
    database.parent.chmod(0o1777)
    for folder in database.parents:
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    os.seteuid(4712)
    try:
        with pytest.raises(StoreUnavailable, match="belongs to another user"):
            take_lease(sqlite_url, clock=clock)
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else, and drop to a user")
def test_root_may_lock_a_file_of_anybody_and_anybody_one_of_root(
    database: Path, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    lock.touch()
    os.chown(lock, 4711, 4711)
    lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    lease.release()
    os.chown(lock, 0, 0)
    lock.chmod(0o666)
    database.parent.chmod(0o1777)
    for folder in database.parents:
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    os.seteuid(4712)
    try:
        lease = take_lease(sqlite_url, clock=clock)
    finally:
        os.seteuid(0)
    assert lease is not None
    lease.release()


def test_a_lease_whose_folder_is_gone_is_not_lost_and_makes_no_new_folder(lease: Lease, lock: Path) -> None:
    shutil.rmtree(lock.parent)
    assert not lease.lost
    assert not lock.parent.exists()


def test_a_lock_file_that_cannot_be_replaced_is_lost_only_to_what_stands_in_its_place(lease: Lease, lock: Path) -> None:
    lock.unlink()
    lock.parent.chmod(0o777)
    assert not lease.lost, "nobody else can have locked one in a folder that is refused"
    lock.parent.chmod(0o700)
    lock.mkdir()
    assert lease.lost


def test_a_link_to_the_lock_file_in_its_place_is_not_the_lock_file(lease: Lease, lock: Path) -> None:
    moved = lock.with_name("moved")
    lock.rename(moved)
    lock.symlink_to(moved)
    assert lease.lost


def test_a_link_to_another_locked_file_tells_no_holder(lease: Lease, lock: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.with_name("other.db.lock").symlink_to(lock)
    assert lease_holder(f"sqlite:///{other}") is None


def test_the_folder_of_a_new_database_is_private(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "deep" / "down"
    lease = take_lease(f"sqlite:///{folder / 'monitoring.db'}", clock=clock)
    assert lease is not None
    lease.release()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_lock_file_that_is_deleted_again_and_again_is_an_error(
    database: Path, sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lease, "_is_at", lambda _path, _descriptor: False)
    before = open_files()
    with pytest.raises(StoreUnavailable, match="again and again"):
        take_lease(sqlite_url, clock=clock)
    assert open_files() == before


def test_what_stood_in_the_lock_file_is_replaced_and_goes_at_the_release(
    database: Path, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    lock.write_text("x" * 1000)
    lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    assert lease_holder(sqlite_url) == lease.this
    lease.release()
    assert lock.read_bytes() == b""


def test_somebody_who_only_looks_does_not_keep_the_lease_from_being_taken(
    database: Path, lock: Path, sqlite_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lock.open("w") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)

        def wait(_seconds: float) -> None:
            fcntl.flock(looking, fcntl.LOCK_UN)

        pause = SimpleNamespace(Event=lambda: SimpleNamespace(wait=wait), Lock=threading.Lock)
        monkeypatch.setattr(file_lease, "threading", pause)
        lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    lease.release()


def test_a_socket_at_which_nobody_answers_holds_up_nobody(database: Path, sqlite_url: str, clock: FakeClock) -> None:
    address = str(database.with_name(database.name + ".sock"))
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(address)
        listener.listen(0)
        waiting.connect(address)
        lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    lease.release()
