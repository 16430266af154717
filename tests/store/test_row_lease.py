"""The lease on a server: renewed while its holder lives, taken over when it expires, and never held by two."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from support.programs import until
from support.stores import result

from amt_console.clock import FakeClock
from amt_console.store import LeaseLost, Store, StoreError, StoreUnavailable, lease_holder, take_lease
from amt_console.store.cluster import row_lease
from amt_console.store.cluster.leases import lease_is_free
from amt_console.store.cluster.row_lease import RowLease
from amt_console.store.engines import postgresql

pytestmark = pytest.mark.postgres
EXPIRE = text("UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'")
LEFT = text("SELECT extract(epoch FROM expires_at - clock_timestamp()) FROM lease")


@pytest.fixture
def program() -> str:
    """The name under which the server knows the connections of this test's program."""
    return f"amt-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def url(server_url: str, program: str) -> str:
    """A database with all tables and no lease."""
    return make_url(server_url).update_query_dict({"application_name": program}).render_as_string(hide_password=False)


@pytest.fixture
def server(url: str) -> Iterator[Engine]:
    """The same database, as an administrator sees it."""
    engine = create_engine(make_url(url).update_query_dict({"application_name": "test"}))
    yield engine
    engine.dispose()


def run(server: Engine, statement: str) -> None:
    with server.begin() as connection:
        connection.execute(text(statement))


def connections(server: Engine, program: str) -> int:
    with server.connect() as connection:
        found = connection.execute(
            text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name"), {"name": program}
        ).scalar()
    return int(found or 0)


def seconds_left(server: Engine) -> float:
    with server.connect() as connection:
        return float(connection.execute(LEFT).scalar() or 0)


def take(url: str, clock: FakeClock) -> RowLease:
    lease = take_lease(url, clock=clock)
    assert isinstance(lease, RowLease)
    return lease


@pytest.fixture
def quick_renewal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_lease, "RENEW_EVERY", 0.02)
    monkeypatch.setattr(row_lease, "_AGAIN_AFTER", 0.01)


def expire(server: Engine) -> None:
    with server.begin() as connection:
        connection.execute(EXPIRE)


def test_a_lease_is_free_until_it_is_taken_and_again_when_it_expires(
    url: str, server: Engine, clock: FakeClock
) -> None:
    with Store.open(url, clock=clock) as store:
        assert lease_is_free(store)
        with take(url, clock) as lease:
            assert not lease_is_free(store)
            assert 0 < seconds_left(server) <= row_lease.TERM
            expire(server)
            assert lease_is_free(store)
            assert lease_holder(url) is None
            assert not lease.lost, "nobody else has taken it"


def test_an_empty_database_has_no_holder_and_gets_its_tables_with_the_first_one(
    postgres_url: str, clock: FakeClock
) -> None:
    assert lease_holder(postgres_url) is None
    with take(postgres_url, clock) as lease:
        assert lease_holder(postgres_url) == lease.this


@pytest.mark.usefixtures("quick_renewal")
def test_a_held_lease_is_renewed(url: str, server: Engine, clock: FakeClock) -> None:
    with take(url, clock):
        run(server, "UPDATE lease SET expires_at = clock_timestamp() + interval '0.5 second'")
        until(lambda: seconds_left(server) > row_lease.TERM - 1)
        expire(server)
        until(lambda: seconds_left(server) > row_lease.TERM - 1)


@pytest.mark.usefixtures("quick_renewal")
def test_a_renewal_that_fails_is_tried_again(
    url: str, server: Engine, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    with take(url, clock) as lease:
        usual = lease._ended.wait

        def wait(seconds: float) -> bool:
            pauses.append(seconds)
            return usual(seconds)

        monkeypatch.setattr(lease._ended, "wait", wait)
        run(server, "ALTER TABLE lease RENAME TO hidden")
        until(lambda: row_lease._AGAIN_AFTER in pauses)
        run(server, "ALTER TABLE hidden RENAME TO lease")
        expire(server)
        until(lambda: seconds_left(server) > row_lease.TERM - 1)
        pauses.clear()
        until(lambda: row_lease.RENEW_EVERY in pauses)
        assert not lease.lost


@pytest.mark.usefixtures("quick_renewal")
def test_the_holder_notices_that_another_process_has_taken_it(url: str, server: Engine, clock: FakeClock) -> None:
    with take(url, clock) as lease:
        run(server, "UPDATE lease SET epoch = epoch + 1")
        until(lambda: lease.lost)
        lease._thread.join(10)
        assert not lease._thread.is_alive(), "it does not renew the lease of another one"


def test_who_has_lost_the_lease_writes_nothing_more(url: str, server: Engine, clock: FakeClock) -> None:
    with Store.open(url, clock=clock) as store, take(url, clock) as first:
        first.guard(store)
        with store.transaction() as writes:
            writes.add_results([result()])
        expire(server)
        with take(url, clock) as second:
            assert second.epoch == first.epoch + 1
            with pytest.raises(LeaseLost, match="Another process has become the monitor"), store.transaction():
                pass
            assert first.lost
            assert not second.lost


def test_an_expired_lease_is_not_taken_while_its_holder_writes(
    url: str, server: Engine, clock: FakeClock, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "CONTROL_SECONDS", 0.3)
    with take(url, clock) as lease, Store.open(url, clock=clock) as store:
        lease.guard(store)
        expire(server)
        with store.transaction():
            before = connections(server, program)
            assert take_lease(url, clock=clock) is None
            until(lambda: connections(server, program) == before)


def test_a_lease_that_cannot_be_read_or_taken_is_an_error(
    url: str, server: Engine, clock: FakeClock, program: str
) -> None:
    run(server, "ALTER TABLE lease RENAME COLUMN host TO machine")
    try:
        for ask in (lambda: lease_holder(url), lambda: take_lease(url, clock=clock)):
            with pytest.raises(StoreError, match="refused"):
                ask()
    finally:
        run(server, "ALTER TABLE lease RENAME COLUMN machine TO host")
    until(lambda: connections(server, program) == 0)


def test_the_password_reaches_the_tables_that_are_made(
    postgres_url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_password = make_url(postgres_url).set(password="secret").render_as_string(hide_password=False)
    opened: list[str] = []
    usual = Store.open

    def watched(url: str, *, clock: FakeClock) -> Store:
        opened.append(url)
        return usual(url, clock=clock)

    monkeypatch.setattr(row_lease.Store, "open", watched)
    take(with_password, clock).release()
    assert [make_url(url).password for url in opened] == ["secret"]


def test_a_server_that_is_not_there_is_an_error(clock: FakeClock) -> None:
    nowhere = "postgresql+psycopg://postgres@127.0.0.1:1/test"
    for ask in (lambda: lease_holder(nowhere), lambda: take_lease(nowhere, clock=clock)):
        with pytest.raises(StoreUnavailable, match="does not answer"):
            ask()


def test_nothing_stays_connected(url: str, server: Engine, clock: FakeClock, program: str) -> None:
    lease = take(url, clock)
    assert lease._thread.daemon, "it does not keep a process alive that ends without a release"
    held = connections(server, program)
    assert take_lease(url, clock=clock) is None
    assert lease_holder(url) == lease.this
    until(lambda: connections(server, program) == held)
    lease.release()
    assert not lease._thread.is_alive()
    until(lambda: connections(server, program) == 0)
    lease.release()
    assert connections(server, program) == 0, "a second release does nothing"


def test_a_release_wakes_who_waits_for_changes(url: str, clock: FakeClock) -> None:
    from amt_console.store.engines.opening import dialect_of

    dialect = dialect_of(url)
    assert isinstance(dialect, postgresql.Postgresql)
    lease = take(url, clock)
    with closing(dialect.listener()) as listener:
        lease.release()
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1


def test_a_release_without_the_server_is_no_error(url: str, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = take(url, clock)
    patience: list[float] = []
    monkeypatch.setattr(lease._dialect, "hurry", patience.append)

    def gone() -> None:
        raise OperationalError("UPDATE", {}, Exception("the server is gone"))

    monkeypatch.setattr(lease._engine, "begin", gone)
    lease.release()
    assert lease.lost
    assert patience == [1.0], "seconds for each answer, so that a stop does not wait for it"
