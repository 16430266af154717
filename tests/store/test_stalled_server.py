"""A server that neither answers nor closes its connections: every use of it ends in time, and the next one works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from support.programs import until
from support.stalling_proxy import Stall, StallingProxy, stalling_proxy
from support.stores import at, result

from amt_console.clock import FakeClock, SystemClock
from amt_console.store import Store, StoreError, StoreUnavailable, lease_holder, take_lease
from amt_console.store.cluster.members import Cluster, Member
from amt_console.store.cluster.presence import PresenceBoard
from amt_console.store.cluster.row_lease import TERM
from amt_console.store.engines import postgresql

pytestmark = [pytest.mark.postgres, pytest.mark.waits]
T = TypeVar("T")
PATIENCE = 1.0
"""Seconds that the tests wait for an answer, in place of the program's own."""
ENDS = 15.0
"""Seconds after which a call counts as one that never ends."""
LEASE = text("SELECT expires_at, extract(epoch FROM expires_at - clock_timestamp()) FROM lease")
SESSION = text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid")
WAITS = text("SELECT cardinality(pg_blocking_pids(:pid)) > 0")
kinds = pytest.mark.parametrize("kind", Stall)


@pytest.fixture
def proxy(new_schema: str) -> Iterator[StallingProxy]:
    server = make_url(new_schema)
    with stalling_proxy(server.host or "127.0.0.1", server.port or 5432) as made:
        yield made


@pytest.fixture
def url(store_url_on_server: str, proxy: StallingProxy) -> str:
    """The database as it is reached through the proxy."""
    through = make_url(store_url_on_server).set(host="127.0.0.1", port=proxy.port)
    return through.render_as_string(hide_password=False)


@pytest.fixture
def store_url_on_server(server_url: str) -> str:
    return server_url


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", PATIENCE)
    monkeypatch.setattr(postgresql, "CONTROL_SECONDS", PATIENCE)


def ended(call: Callable[[], T]) -> T:
    """What a call returns or raises; it has to end."""
    outcome: list[T] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(ENDS)
    assert not thread.is_alive(), "the call never ends"
    if faults:
        raise faults[0]
    return outcome[0]


def add(store: Store, seconds: float) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=seconds)])


def stored(url: str, clock: FakeClock) -> list[float]:
    """Seconds of the stored results."""
    with Store.open(url, clock=clock, read_only=True) as store, store.read() as reads:
        found = reads.services.results(service="api", start=at(-1), end=at(999), limit=99, newest_first=False)
    return [(each.timestamp - at(0)).total_seconds() for each in found]


@kinds
def test_a_write_fails_in_time_and_the_next_one_is_stored(
    url: str, store_url_on_server: str, proxy: StallingProxy, clock: FakeClock, kind: Stall
) -> None:
    with Store.open(url, clock=clock) as store:
        add(store, 0)
        proxy.stall(kind)
        with pytest.raises(StoreUnavailable, match="does not answer"):
            ended(lambda: add(store, 60))
        ended(lambda: add(store, 60))
    assert stored(store_url_on_server, clock) == [0, 60]


@kinds
def test_a_stall_in_the_middle_of_a_write_holds_up_no_other_writer_for_long(
    url: str, store_url_on_server: str, proxy: StallingProxy, clock: FakeClock, kind: Stall
) -> None:
    def stalled() -> None:
        with store.transaction() as writes:
            writes.add_results([result(seconds=60)])
            proxy.stall(kind)
            writes.add_results([result(seconds=120)])

    with Store.open(url, clock=clock) as store, Store.open(store_url_on_server, clock=clock) as other:
        with pytest.raises(StoreUnavailable):
            ended(stalled)
        # The server ends the abandoned transaction by itself; it cannot hear from the client.
        ended(lambda: add(other, 180))
    assert stored(store_url_on_server, clock) == [180]


def test_the_server_ends_a_transaction_whose_client_stops_after_many_rows(url: str, clock: FakeClock) -> None:
    def stopped(server: Connection) -> None:
        with store.transaction() as writes:
            pid = writes._connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            writes.add_results([result(name) for name in ("api", "web", "wiki")])
            until(lambda: server.execute(SESSION, {"pid": pid}).first() is None, ENDS)

    with Store.open(url, clock=clock) as store, watching(url) as server, pytest.raises(StoreUnavailable):
        stopped(server)


def test_the_server_ends_a_transaction_whose_client_stops_while_many_rows_are_stored(
    url: str, store_url_on_server: str, proxy: StallingProxy, clock: FakeClock
) -> None:
    pids: list[int] = []

    def write() -> None:
        with suppress(StoreError), store.transaction() as writes:
            pids.append(writes._connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
            writes.add_results([result(name) for name in ("api", "web", "wiki")])

    engine = create_engine(store_url_on_server)
    with Store.open(url, clock=clock) as store, watching(store_url_on_server) as server, engine.connect() as lock:
        lock.execute(text("LOCK TABLE service_state IN SHARE MODE"))
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        until(lambda: pids and server.execute(WAITS, {"pid": pids[0]}).scalar())
        proxy.stall(Stall.SWALLOWED)
        lock.rollback()
        until(lambda: server.execute(SESSION, {"pid": pids[0]}).first() is None, ENDS)
        writer.join(ENDS)
        assert not writer.is_alive()
    engine.dispose()


@contextmanager
def watching(url: str) -> Iterator[Connection]:
    """A connection that sees each moment of the server."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@kinds
def test_reading_fails_in_time_and_works_again(url: str, proxy: StallingProxy, clock: FakeClock, kind: Stall) -> None:
    def read() -> int:
        with store.read() as reads:
            return len(reads.services.results(service=None, start=at(-1), end=at(99), limit=9))

    with Store.open(url, clock=clock) as store:
        add(store, 0)
        assert (read(), store.data_version() > 0) == (1, True)
        proxy.stall(kind)
        with pytest.raises(StoreUnavailable, match="does not answer"):
            ended(store.data_version)
        assert ended(store.data_version) > 0
        assert ended(read) == 1


@kinds
def test_who_waits_for_changes_hears_of_them_after_a_stall(
    url: str, store_url_on_server: str, proxy: StallingProxy, clock: FakeClock, kind: Stall
) -> None:
    with (
        Store.open(url, clock=clock, read_only=True) as waiting,
        Store.open(store_url_on_server, clock=clock) as writer,
    ):
        seen = waiting.data_version()
        assert waiting.wait_for_change(seen, 0.1) == seen
        proxy.stall(kind)
        with pytest.raises(StoreUnavailable):
            ended(lambda: waiting.wait_for_change(seen, 30))
        add(writer, 0)
        assert ended(lambda: waiting.wait_for_change(seen, 30)) > seen


@kinds
def test_a_lease_is_renewed_before_its_time_is_over(
    url: str, store_url_on_server: str, proxy: StallingProxy, kind: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real times are what matters here
    lease = ended(lambda: take_lease(url, clock=SystemClock()))
    assert lease is not None
    engine = create_engine(store_url_on_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        proxy.stall(kind)
        ends_at, left = connection.execute(LEASE).one()
        begun = time.monotonic()
        while (now := connection.execute(LEASE).one())[0] == ends_at:
            assert now[1] > 0, "it was free for others"
            assert time.monotonic() - begun < 2 * TERM
            time.sleep(0.05)
    engine.dispose()
    assert left > 0
    assert not lease.lost
    ended(lease.release)
    assert lease_holder(store_url_on_server) is None


@kinds
def test_members_and_presence_come_back(url: str, proxy: StallingProxy, clock: FakeClock, kind: Stall) -> None:
    with Store.open(url, clock=clock) as store:
        member = Cluster(store, Member("a", "host", 1, clock.now()))
        board = PresenceBoard(store)
        member.check_in()
        board.pin(())
        proxy.stall(kind)
        assert [heard.alive for heard in ended(member.check_in)] == [True]
        ended(lambda: board.pin(()))
        member.leave()
        board.close()


@kinds
def test_a_store_is_closed_although_a_call_still_waits(
    url: str, proxy: StallingProxy, clock: FakeClock, kind: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "ANSWER_SECONDS", 600.0)
    store = Store.open(url, clock=clock)
    add(store, 0)
    store.data_version()
    proxy.stall(kind, new=True)
    faults: list[BaseException] = []

    def stuck(call: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                call()
            except StoreUnavailable as error:
                faults.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    threads = [stuck(lambda: add(store, 60)), stuck(store.data_version)]
    for thread in threads:
        thread.join(0.3)
        assert thread.is_alive()
    begun = time.monotonic()
    ended(store.close)
    assert time.monotonic() - begun < 5
    for thread in threads:
        thread.join(ENDS)
        assert not thread.is_alive()
    assert len(faults) == 2


def test_a_server_that_accepts_and_never_answers_is_unavailable(url: str, proxy: StallingProxy) -> None:
    proxy.stall(Stall.SWALLOWED, new=True)
    with pytest.raises(StoreUnavailable, match="does not answer"):
        ended(lambda: Store.open(url, clock=SystemClock()))
