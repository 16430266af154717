"""Times as other programs write them into a file: read where they can be, left out and told of where they cannot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event as sql_event
from support.documents import json_reports
from support.original import ORIGINAL
from support.stores import START, at, episode, event, result

from amt_console.clock import FakeClock
from amt_console.config import Settings, targets
from amt_console.model import AlertState, EpisodeChange, HostSample, ServiceState
from amt_console.operations.local import LocalOperations
from amt_console.store import Store, record
from amt_console.store.foreign_times import HOW_TO_MEND, unreadable_rows
from amt_console.store.upkeep.copying import copy_store
from amt_console.store.upkeep.integrity import disagreements, rebuild_since
from amt_console.store.upkeep.retention import Retention, expired
from amt_console.store.upkeep.retention_rules import RetentionPolicy
from amt_console.store.upkeep.stats import stats
from amt_console.store.upkeep.time_mender import TimeMender

pytestmark = pytest.mark.slow

READABLE: list[tuple[object, datetime]] = [
    ("2026-01-05 11:00:00", at(-3600)),
    ("2026-01-05 11:01:00.25", at(-3539.75)),
    ("2026-01-05T11:02:00", at(-3480)),
    ("2026-01-05T11:03:00.123456Z", at(-3419.876544)),
    ("2026-01-05T13:04:00+02:00", at(-3360)),
    ("2026-01-05 06:05:00-05:00", at(-3300)),
    (START.timestamp() - 3240, at(-3240)),
    (int(START.timestamp() - 3180) * 1000, at(-3180)),
    (" 2026-01-05 11:08 ", at(-3120)),
]
UNREADABLE: list[object] = [
    "garbage",
    "",
    12345,
    -1.5,
    9e99,
    b"\x00\xff",
    "2026-01-05 banana",
    "2026-13-45 99:99:99.000000",
    "5 o'clock",
    "9999-12-31T23:59:59-14:00",
    "\x1b[2J",
]
ROWS = "INSERT INTO monitoring_logs (timestamp, service_name, status) VALUES (?, ?, 'up')"


def write(path: str, *, unreadable: bool = True) -> int:
    """What another program might; returns how many rows of a table have no readable time."""
    odd = UNREADABLE if unreadable else []
    with closing(sqlite3.connect(path)) as connection:
        for time in [*(value for value, _ in READABLE), *odd]:
            connection.execute(ROWS, (time, "theirs"))
            connection.execute("INSERT INTO system_metrics (timestamp, cpu_usage) VALUES (?, 50)", (time,))
            connection.execute(
                "INSERT INTO alerts (timestamp, alert_type, severity, message) VALUES (?, 'x', 'odd', 'theirs')",
                (time,),
            )
            connection.execute(
                "INSERT INTO alerts (timestamp, alert_type, severity, message, resolved, resolved_at) "
                "VALUES ('2026-01-05 10:00:00', 'x', 'odd', 'ended', 1, ?)",
                (time,),
            )
        for time in odd:
            connection.execute(ROWS, (time, "only odd ones"))
        connection.commit()
    return len(odd)


@pytest.fixture
def path(sqlite_url: str, clock: FakeClock) -> str:
    """A file with a little of our own, and what another program wrote beside it."""
    with Store.open(sqlite_url, clock=clock) as store, store.transaction(durable=True) as writes:
        writes.add_results([result(seconds=60 * i - 7200) for i in range(110)])
        writes.add_host_sample(HostSample(at(-60), 1.0, 2.0, 3.0))
        record(writes, EpisodeChange(episode("web", -600), (event("opened", -600, AlertState.PENDING),)))
        writes.sign_of_life(host="here", pid=1, started_at=at(-7200), at=at(0))
        place = store.place
    write(place)
    return place


def mend(store: Store) -> TimeMender:
    mender = TimeMender(store)
    while mender.step():
        pass
    return mender


def test_what_others_write_later_is_looked_at_and_what_the_monitor_writes_is_not(path: str, clock: FakeClock) -> None:
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        mender = mend(store)
        before = mender.notices
        with store.transaction() as writes:
            writes.add_results([result(seconds=7200)])
        with counted(store) as statements:
            assert not mender.step()
        assert statements == []
        write(path)
        while mender.step():
            pass
        assert mender.notices != before


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """The statements that are read with meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    sql_event.listen(store._reader_engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sql_event.remove(store._reader_engine, "before_cursor_execute", note)


def everything(store: Store, clock: FakeClock) -> None:
    """All that a screen, a report or a command asks."""
    start, end = at(-90_000), at(60)
    settings = Settings()
    with store.read() as reads:
        reads.services.statuses()
        reads.services.statuses(at(-3000))
        for resolution in (60, 300, 3600, 86_400):
            reads.services.rollups(resolution=resolution, start=start, end=at(-1000))
            reads.host.rollups(resolution=resolution, start=start, end=end)
        reads.services.totals(start=start, end=end)
        assert {each.timestamp.tzinfo for each in reads.services.results(service=None, start=start, end=end, limit=999)}
        assert reads.host.sample() is not None
        reads.host.sample(at(-3000))
        reads.host.samples(start, end)
        reads.alerts.open()
        reads.alerts.open(at(-3000))
        assert reads.alerts.episodes(start=start, end=end, limit=999)
    operations = LocalOperations(
        store=store, store_url=store.url, settings=settings, targets=targets(settings), clock=clock
    )
    operations.snapshot()
    operations.snapshot(at(-3000))
    assert operations.alerts()
    assert operations.alerts(tuple(AlertState))
    assert len(json_reports(store, clock, hours=24)) == 6
    assert store.check(full=True) == ()
    assert disagreements(store, sample=50)[1] == []
    assert stats(store, RetentionPolicy()).rows > 100
    expired(store, RetentionPolicy(), at(0))


def test_nothing_breaks_before_a_monitor_has_looked_nor_after(path: str, clock: FakeClock) -> None:
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        everything(store, clock)
        mend(store)
        everything(store, clock)
        assert list(rebuild_since(store, at(-90_000), clock=clock))
        everything(store, clock)
        with store.read() as reads:
            assert reads.services.totals(start=at(-7200), end=at(0))["theirs"].samples == len(READABLE)


def test_what_can_be_read_gets_the_form_that_sorts(path: str, clock: FakeClock) -> None:
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        mend(store)
        with store.read() as reads:
            found = reads.services.results(
                service="theirs", start=at(-3600), end=at(-3000), limit=99, newest_first=False
            )
            assert [each.timestamp for each in found] == [moment for _, moment in READABLE]
            samples = reads.host.samples(at(-3600), at(-3000))
            assert [each.timestamp for each in samples] == [moment for _, moment in READABLE]
            ended = [
                each for each in reads.alerts.episodes(start=at(-3600), end=at(0), limit=99) if each.message == "ended"
            ]
            assert {each.resolved_at for each in ended} == {moment for _, moment in READABLE}
            opened = [each.opened_at for each in reads.alerts.open() if each.message == "theirs"]
            assert opened == [moment for _, moment in READABLE]


def test_what_cannot_be_read_is_named_until_it_is_mended(path: str, clock: FakeClock) -> None:
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        mender = mend(store)
        logs, metrics, alerts = mender.notices
        assert logs.startswith(f"{2 * len(UNREADABLE)} rows of monitoring_logs without a readable time")
        assert metrics.startswith(f"{len(UNREADABLE)} rows of system_metrics")
        assert alerts.startswith(f"{len(UNREADABLE)} rows of alerts")
        with store.read() as reads:
            assert [f"{each} {HOW_TO_MEND}" for each in unreadable_rows(reads)] == list(mender.notices)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "UPDATE system_metrics SET timestamp = '2026-01-05T11:30:00Z' WHERE timestamp = 'garbage'"
            )
            connection.execute("DELETE FROM monitoring_logs WHERE service_name = 'only odd ones'")
            connection.execute("DELETE FROM alerts WHERE timestamp = 'garbage'")
            connection.commit()
        assert not mender.step()
        told = [int(notice.split(" ")[0]) for notice in mender.notices]
        assert told == [len(UNREADABLE), len(UNREADABLE) - 1, len(UNREADABLE) - 1]
        with store.read() as reads:
            assert at(-1800) in [each.timestamp for each in reads.host.samples(at(-2000), at(-1000))]
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        again = TimeMender(store)
        assert not again.step()
        assert again.notices == mender.notices, "it is known after a start as well"


def test_new_rows_are_looked_at_as_they_come(path: str, clock: FakeClock) -> None:
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        mender = mend(store)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(ROWS, ("2026-01-05T11:40:00", "late"))
            connection.execute(ROWS, (None if nullable(connection) else "nothing", "late"))
            connection.commit()
        mender.step()
        assert mender.notices[0].startswith(f"{2 * len(UNREADABLE) + 1} rows of monitoring_logs")
        with store.read() as reads:
            (late,) = reads.services.results(service="late", start=at(-3600), end=at(0), limit=9)
        assert late.timestamp == at(-1200)


def nullable(connection: sqlite3.Connection) -> bool:
    columns = connection.execute("PRAGMA table_info(monitoring_logs)").fetchall()
    return not next(column[3] for column in columns if column[1] == "timestamp")


def test_retention_deletes_what_has_expired_and_nothing_that_it_cannot_date(path: str, clock: FakeClock) -> None:
    def dates(table: str) -> list[object]:
        with closing(sqlite3.connect(path)) as connection:
            return [row[0] for row in connection.execute(f"SELECT timestamp FROM {table}")]

    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        mend(store)
        clock.advance(500 * 86_400)
        run = Retention(store, RetentionPolicy(), clock=clock)
        while run.step() is not None:
            pass
        for table in ("monitoring_logs", "system_metrics"):
            left = dates(table)
            assert len(left) == len([each for each in UNREADABLE if each in left]) * (2 if "logs" in table else 1)
            assert {"garbage", 12345, b"\x00\xff", "5 o'clock"} <= set(left)
        with store.read() as reads:
            assert (
                reads.services.totals(start=START - timedelta(days=1), end=START + timedelta(days=1))["theirs"].samples
                == 9
            )


def test_the_databases_of_the_original_are_taken_over(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "original.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ORIGINAL)
    write(str(path))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "INSERT INTO monitoring_logs (timestamp, service_name, status) VALUES (NULL, 'theirs', 'up')"
        )
        connection.commit()
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        with store.read() as reads:
            assert reads.services.statuses()["theirs"].state is ServiceState.UP
            assert reads.services.totals(start=at(-7200), end=at(0))["theirs"].samples == len(READABLE)
            assert unreadable_rows(reads)[0].table == "monitoring_logs"
        everything(store, clock)


@pytest.mark.postgres
def test_a_copy_takes_what_can_be_read_and_counts_the_rest(path: str, postgres_url: str, clock: FakeClock) -> None:
    copied = {each.name: each for each in copy_store(f"sqlite:///{path}", postgres_url, clock=clock)}
    assert copied["monitoring_logs"].rows == 110 + len(READABLE)
    assert copied["monitoring_logs"].left_out == 2 * len(UNREADABLE)
    assert copied["alerts"].left_out == len(UNREADABLE)
    assert copied["service_rollups"].left_out == 0
    with Store.open(postgres_url, clock=clock, read_only=True) as store, store.read() as reads:
        found = reads.services.results(service="theirs", start=at(-3600), end=at(-3000), limit=99, newest_first=False)
        assert [each.timestamp for each in found] == [moment for _, moment in READABLE]
