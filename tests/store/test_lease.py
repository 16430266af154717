"""The lease: one named holder, free as soon as it dies."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from support import template_process
from support.stores import START

from amt_console.clock import FakeClock
from amt_console.store import LeaseHolder, Store, StoreUnavailable, lease_holder, take_lease
from amt_console.store.cluster.leases import lease_is_free
from amt_console.store.cluster.row_lease import RowLease

HOLDER = """
import sys
from support.stores import START
from amt_console.clock import FakeClock
from amt_console.store import Lease, lease_holder, take_lease
lease = take_lease(sys.argv[1], clock=FakeClock(START))
print("held" if lease else "not held", flush=True)
sys.stdin.read()
"""


def lock_of(url: str) -> Path:
    return Path(f"{make_url(url).database}.lock")


def child(url: str) -> subprocess.Popen[str]:
    process = template_process.start(
        [sys.executable, "-c", HOLDER, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_one_holds_it_and_others_read_who(store_url: str, clock: FakeClock) -> None:
    assert lease_holder(store_url) is None
    lease = take_lease(store_url, clock=clock)
    assert lease is not None
    with lease as entered:
        assert entered is lease
        assert not lease.lost
        assert take_lease(store_url, clock=clock) is None
        assert lease_holder(store_url) == lease.this == LeaseHolder(socket.gethostname(), os.getpid(), START)
    assert lease.lost
    assert lease_holder(store_url) is None
    lease.release()
    again = take_lease(store_url, clock=clock)
    assert again is not None
    again.release()


@pytest.mark.slow
def test_a_killed_holder_frees_a_file_at_once(sqlite_url: str, clock: FakeClock) -> None:
    with child(sqlite_url) as process:
        held = lease_holder(sqlite_url)
        assert held is not None
        assert held.pid == process.pid
        assert take_lease(sqlite_url, clock=clock) is None
        process.kill()
        process.wait()
        assert lease_holder(sqlite_url) is None
        lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    with lease:
        assert lease_holder(sqlite_url) == lease.this


def test_only_a_row_can_be_taken_from_a_living_holder(store_url: str, clock: FakeClock) -> None:
    lease = take_lease(store_url, clock=clock)
    assert lease is not None
    with lease:
        assert lease.revocable is isinstance(lease, RowLease)


def test_the_lease_of_a_file_always_looks_free(sqlite_url: str, clock: FakeClock) -> None:
    with Store.open(sqlite_url, clock=clock) as store:
        assert lease_is_free(store), "to try it costs less than to look"


def test_the_lock_file_is_private_and_stays(sqlite_url: str, clock: FakeClock) -> None:
    lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    assert lock_of(sqlite_url).stat().st_mode & 0o777 == 0o600
    lease.release()
    assert lock_of(sqlite_url).exists()


def test_nonsense_in_a_locked_file_is_an_unknown_holder(sqlite_url: str, clock: FakeClock) -> None:
    lease = take_lease(sqlite_url, clock=clock)
    assert lease is not None
    with lease:
        lock_of(sqlite_url).write_text("[1, 2")
        held = lease_holder(sqlite_url)
        assert held is not None
        assert (held.host, held.pid) == ("unknown", 0)


def test_a_lock_that_cannot_be_tried_is_an_error(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "monitoring.db.lock").mkdir()
    with pytest.raises(StoreUnavailable, match="lock file"):
        take_lease(f"sqlite:///{tmp_path / 'monitoring.db'}", clock=clock)


@pytest.mark.postgres
def test_an_expired_row_is_taken_over_with_a_new_epoch(server_url: str, clock: FakeClock) -> None:
    Store.open(server_url, clock=clock).close()
    first = take_lease(server_url, clock=clock)
    assert isinstance(first, RowLease)
    engine = create_engine(server_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'"))
    engine.dispose()
    second = take_lease(server_url, clock=clock)
    assert isinstance(second, RowLease)
    assert second.epoch == first.epoch + 1
    first.release()
    assert lease_holder(server_url) == second.this
    second.release()
    assert lease_holder(server_url) is None
