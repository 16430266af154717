"""The lock file beside a database: deleting it lets no second monitor in, and nobody can plant another one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url
from support.stores import result

from amt_console.clock import FakeClock
from amt_console.store import Lease, LeaseLost, Store, StoreUnavailable, lease_holder, take_lease

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


def test_a_deleted_lock_file_is_replaced_by_its_holder(
    lease: Lease, lock: Path, sqlite_url: str, clock: FakeClock
) -> None:
    lock.unlink()
    assert not lease.lost
    assert lock.exists()
    assert take_lease(sqlite_url, clock=clock) is None
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
    with pytest.raises(StoreUnavailable, match="lock file"):
        take_lease(sqlite_url, clock=clock)
    assert victim.read_text() == "precious"


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
