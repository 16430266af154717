"""What databases tell about themselves, from real servers."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from support.http_servers import unused_port
from support.programs import until

from amt_console.clock import FakeClock, SystemClock
from amt_console.model import Database, ServiceState, Value
from collectors.database.collector import DatabaseCollector
from collectors.database.values import READ_SECONDS, REFUSED_SECONDS, ValueReader

SERVER = os.environ.get("AMT_TEST_POSTGRES_URL")
INSTALL, MARIADB = shutil.which("mariadb-install-db"), shutil.which("mariadbd")
WAIT_SECONDS = 60.0


class Scripted:
    """A connection that answers each query by the first key that it contains."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.description: Any = ()
        self._rows: Any = []

    def cursor(self) -> Scripted:
        return self

    def rollback(self) -> None:
        pass

    def execute(self, query: str) -> None:
        self.asked.append(query)
        for key, rows in self.answers.items():
            if key in query:
                if isinstance(rows, Exception):
                    raise rows
                self.description = [(name,) for name in rows[0]] if rows and isinstance(rows[0], dict) else ()
                self._rows = [tuple(row.values()) if isinstance(row, dict) else row for row in rows]
                return
        raise RuntimeError(f"permission denied for {query}")

    def fetchall(self) -> Any:
        return self._rows


def mysql(**status: int) -> dict[str, Any]:
    return {"SHOW GLOBAL STATUS": [(name, str(value)) for name, value in status.items()]}


def test_rates_come_from_two_readings_and_a_counter_set_back_gives_none() -> None:
    reader = ValueReader()
    steps = (
        {"Innodb_buffer_pool_read_requests": 100, "Innodb_buffer_pool_reads": 50, "Innodb_deadlocks": 4},
        {"Innodb_buffer_pool_read_requests": 200, "Innodb_buffer_pool_reads": 60, "Innodb_deadlocks": 5},
        {"Innodb_buffer_pool_read_requests": 10, "Innodb_buffer_pool_reads": 1, "Innodb_deadlocks": 0},
    )
    first, second, third = (
        reader.read("mysql", Scripted(mysql(**step)), number * 120.0) for number, step in enumerate(steps)
    )
    assert "cache_hits" not in first
    assert "deadlocks" not in first
    assert second["cache_hits"].value == pytest.approx(90.0)
    assert second["deadlocks"] == Value(0.5, "/min", low=0.0)
    assert "cache_hits" not in third
    assert "deadlocks" not in third


def test_it_is_read_at_most_every_30_seconds() -> None:
    reader, connection = ValueReader(), Scripted(mysql(Threads_connected=5, Threads_running=2))
    values = reader.read("mysql", connection, 100.0)
    asked = len(connection.asked)
    assert reader.read("mysql", connection, 100.0 + READ_SECONDS - 0.1) == values
    assert len(connection.asked) == asked
    reader.read("mysql", connection, 100.0 + READ_SECONDS)
    assert len(connection.asked) > asked


def test_what_is_refused_leaves_the_rest_and_is_not_asked_for_again_at_once() -> None:
    reader = ValueReader()
    connection = Scripted(mysql(Threads_connected=5) | {"@@max_connections": [(20, 4096)]})
    values = reader.read("mysql", connection, 0.0)
    assert values["connections_percent"].value == 25.0
    assert values["size"] == Value(4096.0, "B")
    assert any("REPLICA" in query for query in connection.asked)
    connection.asked.clear()
    reader.read("mysql", connection, READ_SECONDS)
    assert not any("REPLICA" in query or "SLAVE" in query for query in connection.asked)
    reader.read("mysql", connection, REFUSED_SECONDS + 1)
    assert any("REPLICA" in query for query in connection.asked)


@pytest.mark.parametrize(
    ("replica", "expected"),
    [
        ({"Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Seconds_Behind_Master": 7}, (1.0, 7.0)),
        (
            {"Replica_IO_Running": "Connecting", "Replica_SQL_Running": "Yes", "Seconds_Behind_Source": None},
            (0.0, None),
        ),
    ],
)
def test_the_state_and_lag_of_a_replica(replica: dict[str, Any], expected: tuple[float, float | None]) -> None:
    values = ValueReader().read("mariadb", Scripted(mysql(Threads_connected=1) | {"SHOW REPLICA": [replica]}), 0.0)
    lag = values.get("replication_lag")
    assert (values["replication_running"].value, lag and lag.value) == expected


def test_a_connection_that_goes_costs_the_values_of_one_reading() -> None:
    reader = ValueReader()
    assert reader.read("postgresql", Scripted({}), 0.0) == {}
    connection = Scripted({"pg_database_size": [(3, 97, 0, 1, 1, 0, None, None, 4096)]})
    assert reader.read("postgresql", connection, READ_SECONDS)["connections"].value == 3.0


@pytest.mark.slow
async def test_values_that_hang_cost_the_values_and_not_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.db"
    sqlite3.connect(path).close()
    released = threading.Event()

    def hang(*_: object) -> dict[str, Value]:
        released.wait(WAIT_SECONDS)
        return {}

    monkeypatch.setattr(ValueReader, "read", hang)
    try:
        database = Database(name="shop", url=f"sqlite:///{path}", timeout=1.0)
        result = await DatabaseCollector(clock=SystemClock()).probe(database)
    finally:
        released.set()
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert "pages" not in result.values


async def test_a_sqlite_file_tells_its_pages(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (body TEXT)")
    connection.close()
    result = await DatabaseCollector(clock=SystemClock()).probe(Database(name="shop", url=f"sqlite:///{path}"))
    assert result.values["size"] == Value(float(path.stat().st_size), "B")
    assert result.values["pages"].value == 2.0
    assert set(result.values) == {"size", "pages", "free_pages", "wal"}


@pytest.fixture(scope="module")
def watcher() -> Iterator[str]:
    """A role without any privilege on the server, and its URL."""
    assert SERVER is not None
    engine = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS amt_watcher"))
        connection.execute(text("CREATE ROLE amt_watcher LOGIN PASSWORD 'watch'"))
    yield make_url(SERVER).set(username="amt_watcher", password="watch").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text("DROP ROLE amt_watcher"))
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.skipif(SERVER is None, reason="AMT_TEST_POSTGRES_URL is not set: no PostgreSQL server to test with")
async def test_postgresql_tells_its_connections_transactions_and_size_to_anybody(watcher: str) -> None:
    clock = FakeClock()
    collector = DatabaseCollector(clock=clock)
    database = Database(name="orders", url=watcher, timeout=30.0)
    first = await collector.probe(database)
    clock.advance(READ_SECONDS)
    result = await collector.probe(database)
    assert (result.state, result.error) == (ServiceState.UP, None)
    values = result.values
    assert set(first.values) < set(values)
    assert {"connections", "connections_percent", "oldest_transaction", "cache_hits", "deadlocks", "size"} <= set(
        values
    )
    assert values["connections"].value >= 1
    assert 0 < values["connections_percent"].value <= 100
    assert values["size"].value > 1_000_000
    assert "replication_lag" not in values


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MariaDB server of its own with a user who may do nothing; the end of its URL."""
    if INSTALL is None or MARIADB is None:
        pytest.skip("MariaDB's server is not installed")
    pymysql = pytest.importorskip("pymysql")
    folder: Path = tmp_path_factory.mktemp("mariadb")
    port = unused_port()
    user = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [INSTALL, "--no-defaults", *user, f"--datadir={folder / 'data'}", "--auth-root-authentication-method=normal"],
        check=True,
        capture_output=True,
        timeout=WAIT_SECONDS,
    )
    server = subprocess.Popen(
        [
            MARIADB,
            "--no-defaults",
            *user,
            f"--datadir={folder / 'data'}",
            f"--socket={folder / 's'}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--pid-file={folder / 'pid'}",
            "--skip-name-resolve",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def prepared() -> bool:
        try:
            connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
        except pymysql.err.OperationalError:
            return False
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE shop")
            cursor.execute("CREATE USER watch IDENTIFIED BY 'pw'")
            cursor.execute("GRANT SELECT ON shop.* TO watch")
            cursor.execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)")
        return True

    try:
        until(prepared, WAIT_SECONDS)
        yield f"127.0.0.1:{port}/shop"
    finally:
        server.terminate()
        server.wait(WAIT_SECONDS)


@pytest.mark.slow
async def test_mariadb_tells_its_connections_threads_and_size(mariadb: str) -> None:
    database = Database(name="shop", url=f"mysql+pymysql://watch:pw@{mariadb}", timeout=30.0)
    result = await DatabaseCollector(clock=SystemClock()).probe(database)
    assert (result.state, result.error) == (ServiceState.UP, None)
    values = result.values
    assert (values["connections"].value, values["connections"].high) == (1.0, 151.0)
    assert values["threads_running"].value >= 1
    assert values["size"].value > 0
    refused = Database(name="shop", url=f"mysql+pymysql://watch:wrong@{mariadb}", timeout=30.0)
    result = await DatabaseCollector(clock=SystemClock()).probe(refused)
    assert result.state is ServiceState.DOWN
    assert "wrong" not in (result.error or "")
