"""PostgreSQL only: partitions by day, a lease that can be lost, notifications."""

from __future__ import annotations

import gc
import os
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, make_url, text
from support.fair_time import fair_time
from support.stores import START, at, empty, result

from amt_console.clock import FakeClock, SystemClock
from amt_console.store import Lease, LeaseLost, Store, lease_holder, lease_is_free, take_lease
from amt_console.store.engines.partitions import (
    AHEAD,
    day_number,
    days_present,
    drop_expired,
    make_room,
    partition_name,
)
from amt_console.store.engines.postgresql import Postgresql
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy

pytestmark = pytest.mark.postgres
DAY = 86_400
TODAY = day_number(START)


@pytest.fixture
def store_url(new_schema: str) -> Iterator[str]:
    """A database without rows and without the partitions of whatever was there before."""
    empty(new_schema)
    engine = create_engine(new_schema)
    with engine.begin() as connection:
        for name in days_present(connection, "monitoring_logs").values():
            connection.execute(text(f"DROP TABLE {name}"))
    yield new_schema
    with engine.begin() as connection:
        make_room(connection, "monitoring_logs", {day_number(SystemClock().now())})
    engine.dispose()


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    made = create_engine(store_url)
    yield made
    made.dispose()


def add(store: Store, *seconds: float) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=each) for each in seconds])


def days(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return list(days_present(connection, "monitoring_logs"))


def test_a_row_makes_room_for_its_day_and_the_next_ones(store: Store, engine: Engine) -> None:
    add(store, 0)
    assert days(engine) == list(range(TODAY, TODAY + AHEAD + 1))
    add(store, 2 * DAY)
    assert days(engine) == list(range(TODAY, TODAY + 2 + AHEAD + 1))
    with engine.connect() as connection:
        name = partition_name("monitoring_logs", TODAY)
        assert connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() == 1


def test_late_rows_and_rows_at_both_ends_of_a_day_find_their_place(store: Store, engine: Engine) -> None:
    midnight = DAY / 2
    add(store, midnight - 0.000001, midnight, midnight + DAY - 0.000001)
    add(store, -10 * DAY)
    with engine.connect() as connection:
        counted = [
            connection.execute(text(f"SELECT count(*) FROM {partition_name('monitoring_logs', day)}")).scalar()
            for day in (TODAY - 10, TODAY, TODAY + 1)
        ]
    assert counted == [1, 1, 2]
    with store.read() as reads:
        assert len(reads.services.results(service="api", start=at(-11 * DAY), end=at(3 * DAY), limit=9)) == 4


def test_the_originals_sql_works_on(store: Store, engine: Engine) -> None:
    with store.transaction() as writes:
        writes.add_results([result(seconds=(datetime.now(UTC) - START).total_seconds() // 1)])
    with engine.begin() as connection:
        columns = [each["name"] for each in inspect(connection).get_columns("monitoring_logs")]
        connection.execute(
            text("INSERT INTO monitoring_logs (service_name, status, response_time_ms) VALUES ('web', 'up', 5)")
        )
        found = connection.execute(
            text("SELECT id, status FROM monitoring_logs WHERE timestamp > now() - interval '1 hour' ORDER BY id")
        ).all()
    assert columns[:7] == [
        "id",
        "timestamp",
        "service_name",
        "status",
        "response_time_ms",
        "error_message",
        "metrics",
    ]
    assert [row.status for row in found] == ["up", "up"]
    assert found[0].id < found[1].id


def test_the_indexes_are_a_block_summary_and_one_by_service(store: Store, engine: Engine) -> None:
    add(store, 0)
    with engine.connect() as connection:
        name = partition_name("monitoring_logs", TODAY)
        found = connection.execute(
            text(f"SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = '{name}'")
        )
        definitions = sorted(row.indexdef.partition(" USING ")[2] for row in found)
    assert definitions == ['brin ("timestamp")', 'btree (id, "timestamp")', 'btree (service_name, "timestamp")']


def test_expired_days_go_as_a_whole_and_their_sums_stay(store: Store, engine: Engine, clock: FakeClock) -> None:
    add(store, *(hour * 3600.0 for hour in range(72)))
    clock.advance(3 * DAY)
    policy = RetentionPolicy(monitoring_logs=timedelta(days=1))
    with store.read() as reads:
        before = reads.services.totals(start=at(-DAY / 2), end=at(3 * DAY))
    run = Retention(store, policy, clock=clock)
    steps = []
    while (step := run.step()) is not None:
        steps.append(step)
    assert run.deleted == {"monitoring_logs": 36}
    assert [step.rows for step in steps] == [12, 24]
    assert days(engine)[0] == TODAY + 2
    with store.read() as reads:
        assert reads.services.totals(start=at(-DAY / 2), end=at(3 * DAY)) == before
    add(store, 72 * 3600, -5 * DAY)
    with store.read() as reads:
        assert len(reads.services.results(service="api", start=at(-9 * DAY), end=at(9 * DAY), limit=99)) == 37


def test_a_reader_is_not_waited_for_long(store: Store, engine: Engine) -> None:
    add(store, 0, DAY)
    with engine.connect() as reader, reader.begin(), engine.connect() as other:
        reader.execute(text("SELECT count(*) FROM monitoring_logs")).scalar()
        with other.begin():
            assert drop_expired(other, "monitoring_logs", at(DAY)) == 0
            assert other.execute(text("SHOW lock_timeout")).scalar() == "0"
        with other.begin():
            assert days_present(other, "monitoring_logs")
    with engine.begin() as connection:
        assert drop_expired(connection, "monitoring_logs", at(DAY)) == 1


def test_making_room_waits_for_no_reader(store: Store, engine: Engine) -> None:
    add(store, 0)
    with engine.connect() as reader, reader.begin():
        reader.execute(text("SELECT count(*) FROM monitoring_logs")).scalar()
        add(store, 30 * DAY)
    assert TODAY + 30 in days(engine)


def test_names_of_partitions_that_are_none_are_left_alone(store: Store, engine: Engine) -> None:
    add(store, 0)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE monitoring_logs_p_old PARTITION OF monitoring_logs "
                "FOR VALUES FROM ('1999-01-01 00:00+00') TO ('2000-01-01 00:00+00')"
            )
        )
        assert drop_expired(connection, "monitoring_logs", START) == 0
        assert inspect(connection).has_table("monitoring_logs_p_old")
        connection.execute(text("DROP TABLE monitoring_logs_p_old"))


@contextmanager
def expired(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        connection.execute(text("UPDATE lease SET expires_at = clock_timestamp() - interval '1 second'"))
        yield connection


@pytest.mark.parametrize("which", ["reader", "writer", "control"])
def test_both_ends_of_a_connection_notice_that_the_other_is_gone(store_url: str, which: str) -> None:
    made: Engine = getattr(Postgresql(make_url(store_url), read_only=False, patient=False), which)()
    with made.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            numbers = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
            assert [line.getsockopt(socket.IPPROTO_TCP, number) for number in numbers] == [5, 3, 2, 10_000]
        names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
        assert [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names] == ["5", "3", "2", "10000"]
    made.dispose()


def test_who_has_lost_the_lease_writes_nothing_more(store: Store, engine: Engine, clock: FakeClock) -> None:
    first = take_lease(store.url, clock=clock)
    assert first is not None
    first.guard(store)
    add(store, 0)
    with expired(engine):
        pass
    second = take_lease(store.url, clock=clock)
    assert second is not None
    with second:
        with pytest.raises(LeaseLost, match="Another process has become the monitor"):
            add(store, 60)
        assert first.lost
        assert not second.lost
        with store.read() as reads:
            assert len(reads.services.results(service=None, start=at(-1), end=at(99), limit=9)) == 1
        with Store.open(store.url, clock=clock) as other:
            second.guard(other)
            add(other, 60)
    first.release()


def test_a_lease_is_not_taken_in_the_middle_of_a_write(store: Store, engine: Engine, clock: FakeClock) -> None:
    first = take_lease(store.url, clock=clock)
    assert first is not None
    first.guard(store)
    taken: list[Lease | None] = []
    taking = threading.Thread(target=lambda: taken.append(take_lease(store.url, clock=clock)))
    with expired(engine):
        pass
    with store.transaction() as writes:
        taking.start()
        taking.join(0.3)
        assert taken == []
        writes.add_results([result(seconds=60)])
    taking.join(10)
    (second,) = taken
    if second is not None:
        second.release()
    first.release()


def test_an_expired_lease_that_nobody_took_is_kept_by_its_holder(
    store: Store, engine: Engine, clock: FakeClock
) -> None:
    lease = take_lease(store.url, clock=clock)
    assert lease is not None
    with lease:
        lease.guard(store)
        with expired(engine):
            pass
        assert lease_holder(store.url) is None
        add(store, 0)
        assert not lease.lost


def test_the_lease_of_an_empty_database_brings_its_tables(postgres_url: str, clock: FakeClock) -> None:
    assert lease_holder(postgres_url) is None
    lease = take_lease(postgres_url, clock=clock)
    assert lease is not None
    with lease, Store.open(postgres_url, clock=clock, read_only=True) as store:
        assert not lease_is_free(store)
        lease.release()
        assert lease_is_free(store)


def test_a_commit_wakes_who_waits(store: Store) -> None:
    clock = SystemClock()
    with Store.open(store.url, clock=clock, read_only=True) as other:
        seen = other.data_version()
        assert other.wait_for_change(seen, 0.05) == seen
        writing = threading.Timer(0.2, add, (store, 0))
        begun = fair_time()
        writing.start()
        assert other.wait_for_change(seen, 10) > seen
        assert fair_time() - begun < 1.0
        writing.join()


def test_many_commits_are_few_notifications_and_the_last_is_told(store: Store) -> None:
    dialect = store._dialect
    listener = dialect.listener()  # type: ignore[attr-defined]
    try:
        for second in range(40):
            add(store, second)
        store.close()
        told = [int(each.payload) for each in listener.notifies(timeout=1.0)]
    finally:
        listener.close()
    with Store.open(store.url, clock=SystemClock(), read_only=True) as other:
        assert told[-1] == other.data_version()
    assert len(told) <= 12


def test_closing_ends_the_waiting(store: Store) -> None:
    waiting = threading.Thread(target=store.wait_for_change, args=(store.data_version(), 60))
    waiting.start()
    store.close()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_day_has_a_name() -> None:
    assert partition_name("monitoring_logs", (date(2026, 1, 5) - date(1970, 1, 1)).days) == "monitoring_logs_p20260105"


def test_a_read_that_outlives_the_store_leaves_no_connection_open(store_url: str) -> None:
    store = Store.open(store_url, clock=SystemClock())
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with store.read():
            store.close()
        del store
        gc.collect()
    assert [str(each.message) for each in told] == []


def test_a_listener_that_cannot_listen_is_closed(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amt_console.store.engines.postgresql.CHANNEL", "no_such_function()")
    with Store.open(store_url, clock=SystemClock()) as store, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pytest.raises(psycopg.Error, match="no_such_function"):
            store._dialect.listener()  # type: ignore[attr-defined]
        gc.collect()
        assert [str(each.message) for each in told] == []
