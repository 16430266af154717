from __future__ import annotations

import asyncio
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, make_url, text
from support.fair_time import fair_time
from support.stalling_proxy import Stall, stalling_proxy

from amt_console.clock import SystemClock
from amt_console.model import Database, ErrorClass, ServiceState
from collectors.database.addresses import checked_options
from collectors.database.collector import DatabaseCollector
from collectors.database.session import message_of
from collectors.network.fault import ProbeFault

SECRET = "s3cr3t/p@ss"
ASLEEP = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1)' AND state = 'active'"
ENCODED_SECRET = "s3cr3t%2Fp%40ss"


@pytest.fixture
def collector() -> DatabaseCollector:
    return DatabaseCollector(clock=SystemClock())


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, body TEXT)")
    connection.close()
    return path


def postgres(port: int, **options: object) -> Database:
    url = f"postgresql+psycopg://watch:{ENCODED_SECRET}@127.0.0.1:{port}/shop"
    return Database("shop", url, **options)  # type: ignore[arg-type]


async def test_a_sqlite_file_is_up_with_both_times_and_its_health(collector: DatabaseCollector, file: Path) -> None:
    result = await collector.probe(Database("shop", f"sqlite:///{file}", interval=30))
    assert (result.state, result.error, result.attempt) == (ServiceState.UP, None, 1)
    connect_ms, query_ms = result.details["connect_ms"], result.details["query_ms"]
    assert isinstance(connect_ms, float)
    assert isinstance(query_ms, float)
    assert result.response_time_ms == pytest.approx(connect_ms + query_ms)
    assert result.details["size_bytes"] == file.stat().st_size
    assert result.details["wal_bytes"] == 0
    assert result.details["freelist"] == 0
    age = result.details["last_commit_age_s"]
    assert isinstance(age, float)
    assert 0 <= age < 60


async def test_the_write_ahead_log_and_the_last_commit_are_seen(collector: DatabaseCollector, file: Path) -> None:
    writer = sqlite3.connect(file)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("INSERT INTO orders (body) VALUES ('x')")
    writer.commit()
    wal = file.with_name("shop.db-wal")
    os.utime(file, (time.time() - 7200, time.time() - 7200))
    os.utime(wal, (time.time() - 600, time.time() - 600))
    result = await collector.probe(Database("shop", f"sqlite:///{file}"))
    writer.close()
    assert result.details["wal_bytes"]
    assert result.details["last_commit_age_s"] == pytest.approx(600, abs=30)


async def test_free_pages_are_counted(collector: DatabaseCollector, file: Path) -> None:
    with sqlite3.connect(file) as writer:
        writer.executemany("INSERT INTO orders (body) VALUES (?)", [("x" * 4000,)] * 50)
        writer.execute("DELETE FROM orders")
    writer.close()
    result = await collector.probe(Database("shop", f"sqlite:///{file}"))
    assert result.details["freelist"]


async def test_a_missing_sqlite_file_is_an_error_and_is_not_created(
    collector: DatabaseCollector, tmp_path: Path
) -> None:
    for url in (f"sqlite:///{tmp_path}/none.db", f"sqlite:///file:{tmp_path}/none.db?uri=true"):
        result = await collector.probe(Database("none", url))
        assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.CONNECT_ERROR)
        assert "no file" in (result.error or "")
    assert list(tmp_path.iterdir()) == []


async def test_a_sqlite_file_is_never_written(collector: DatabaseCollector, file: Path) -> None:
    result = await collector.probe(Database("shop", f"sqlite:///{file}", query="DELETE FROM orders"))
    assert result.error_class is ErrorClass.QUERY_FAILED
    assert "readonly" in (result.error or "")


async def test_a_file_that_is_no_database_is_down(collector: DatabaseCollector, tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 500)
    result = await collector.probe(Database("letter", f"sqlite:///{path}", query="SELECT * FROM sqlite_master"))
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.QUERY_FAILED)
    assert "not a database" in (result.error or "")


async def test_a_failing_query_keeps_the_connect_time(collector: DatabaseCollector, file: Path) -> None:
    result = await collector.probe(Database("shop", f"sqlite:///{file}", query="SELECT * FROM nowhere"), attempt=2)
    assert (result.state, result.error_class, result.attempt) == (ServiceState.DOWN, ErrorClass.QUERY_FAILED, 2)
    assert "nowhere" in (result.error or "")
    assert result.phases.connect_ms is not None
    assert result.response_time_ms is None


async def test_an_empty_answer_is_an_answer(collector: DatabaseCollector, file: Path) -> None:
    result = await collector.probe(Database("shop", f"sqlite:///{file}", query="SELECT id FROM orders"))
    assert result.state is ServiceState.UP


async def test_a_database_in_memory_has_times_and_no_file(collector: DatabaseCollector) -> None:
    result = await collector.probe(Database("memory", "sqlite://"))
    assert result.state is ServiceState.UP
    assert "size_bytes" not in result.details


async def test_slower_than_its_limit_is_degraded(collector: DatabaseCollector, file: Path) -> None:
    result = await collector.probe(Database("shop", f"sqlite:///{file}", degraded_above_ms=0.0))
    assert result.state is ServiceState.DEGRADED


async def test_a_refused_connection(collector: DatabaseCollector, closed_port: int) -> None:
    result = await collector.probe(postgres(closed_port))
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.CONNECT_REFUSED)
    assert "\n" not in (result.error or "\n")


async def test_a_name_that_does_not_resolve(collector: DatabaseCollector) -> None:
    result = await collector.probe(Database("far", "postgresql+psycopg://u:p@db.invalid/x", timeout=5))
    assert result.error_class in (ErrorClass.DNS_NXDOMAIN, ErrorClass.DNS_ERROR, ErrorClass.CONNECT_TIMEOUT)


@pytest.mark.slow
async def test_the_deadline_holds_and_a_hanging_database_delays_no_other(
    collector: DatabaseCollector, silent_port: int, file: Path
) -> None:
    url = f"postgresql+psycopg://u:p@127.0.0.1:{silent_port}/x?connect_timeout=60"
    hung = [Database(f"hung-{number}", url, timeout=1.5) for number in range(8)]
    start = fair_time()
    waiting = [asyncio.create_task(collector.probe(database)) for database in hung]
    await asyncio.sleep(0)
    healthy = await collector.probe(Database("shop", f"sqlite:///{file}"))
    assert not any(probe.done() for probe in waiting)
    assert healthy.state is ServiceState.UP
    results = await asyncio.gather(*waiting)
    assert fair_time() - start < 5
    assert {result.error_class for result in results} == {ErrorClass.CONNECT_TIMEOUT}
    again = await collector.probe(hung[0])
    assert again.error_class is ErrorClass.TIMEOUT
    assert "still hanging" in (again.error or "")


async def test_a_query_that_hangs_is_told_from_a_connection_that_hangs(
    collector: DatabaseCollector, file: Path
) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000000) SELECT count(*) FROM n"
    result = await collector.probe(Database("shop", f"sqlite:///{file}", query=endless, timeout=0.1))
    assert result.error_class is ErrorClass.TIMEOUT
    assert result.phases.connect_ms is not None


@pytest.mark.slow
def test_a_hanging_connection_does_not_hold_up_the_exit(silent_port: int) -> None:
    program = f"""
import asyncio
from amt_console.clock import SystemClock
from amt_console.model import Database
from collectors.database.collector import DatabaseCollector
database = Database("hung", "postgresql+psycopg://u:p@127.0.0.1:{silent_port}/x?connect_timeout=60", timeout=0.2)
print(asyncio.run(DatabaseCollector(clock=SystemClock()).probe(database)).error_class)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.strip(), done.returncode) == ("connect_timeout", 0), done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"mysql+mysqldb://u:{ENCODED_SECRET}@h/x", "pip install 'mysqlclient'"),
        (f"oracle://u:{ENCODED_SECRET}@h/x", "pip install"),
        (f"postgresql+psycopg2://u:{ENCODED_SECRET}@h/x", "pip install 'psycopg2-binary'"),
        (f"mongodb://u:{ENCODED_SECRET}@h/x", "no database called 'mongodb'"),
        (f"sqlite+aiosqlite:///x?password={ENCODED_SECRET}", "asyncio"),
        (f"u:{ENCODED_SECRET}@h/x", "cannot be read"),
    ],
)
async def test_what_the_monitor_cannot_measure_is_unknown_and_says_how_to_mend_it(
    collector: DatabaseCollector, url: str, said: str
) -> None:
    result = await collector.probe(Database("x", url))
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.LOCAL_ERROR)
    assert said in (result.error or "") or "aiosqlite" in (result.error or "")
    assert SECRET not in (result.error or "")
    assert ENCODED_SECRET not in (result.error or "")


async def test_no_file_descriptors_left_is_unknown_not_down(collector: DatabaseCollector, file: Path) -> None:
    database = Database("shop", f"sqlite:///{file}")
    assert (await collector.probe(database)).state is ServiceState.UP
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open("/dev/null", os.O_RDONLY)
    os.close(lowest)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
        result = await collector.probe(database)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (result.state, result.error_class) == (ServiceState.UNKNOWN, ErrorClass.LOCAL_ERROR)


async def test_nothing_starts_after_closing(collector: DatabaseCollector) -> None:
    await collector.aclose()
    result = await collector.probe(Database("memory", "sqlite://"))
    assert result.state is ServiceState.UNKNOWN


@pytest.mark.postgres
@pytest.mark.skipif("AMT_TEST_POSTGRES_URL" not in os.environ, reason="AMT_TEST_POSTGRES_URL names no server")
async def test_a_real_postgresql_server(collector: DatabaseCollector) -> None:
    database = Database("pg", os.environ["AMT_TEST_POSTGRES_URL"])
    result = await collector.probe(database)
    assert (result.state, result.error) == (ServiceState.UP, None)
    assert result.details["query_ms"]


@pytest.mark.slow
@given(st.text("abXY09 @:/%$'\"é", min_size=6, max_size=30), st.sampled_from(["#{}#", "z{}z"]))
def test_no_message_holds_the_password(password: str, around: str) -> None:
    url = make_url("postgresql+psycopg://u@h/q").set(password=password)
    spoken = url.render_as_string(hide_password=False)
    said = message_of(url, RuntimeError(f"{around.format(password)}\n{spoken}"))
    assert password not in said


def test_a_very_short_password_does_not_garble_the_message() -> None:
    said = message_of(make_url("postgresql+psycopg://u:x@h/d"), RuntimeError('no role "exit" for x'))
    assert said == 'no role "exit" for ***'


def test_secrets_in_the_query_of_the_url_are_masked_too() -> None:
    url = make_url("postgresql+psycopg://u@h/x?sslpassword=hunter2&application_name=watch")
    said = message_of(url, RuntimeError("watch could not log in with hunter2, password='other one'"))
    assert said == "watch could not log in with ***, password=***"


@pytest.mark.postgres
@pytest.mark.skipif("AMT_TEST_POSTGRES_URL" not in os.environ, reason="AMT_TEST_POSTGRES_URL is not set")
async def test_a_session_that_hangs_is_ended_at_its_deadline_so_that_the_next_one_can_measure(
    collector: DatabaseCollector,
) -> None:
    server = make_url(os.environ["AMT_TEST_POSTGRES_URL"])
    with stalling_proxy(server.host or "127.0.0.1", server.port or 5432) as proxy:
        url = server.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        hanging = asyncio.create_task(collector.probe(Database("shop", url, query="SELECT pg_sleep(1)", timeout=2)))
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            while not connection.execute(text(ASLEEP)).scalar():
                assert not hanging.done()
                await asyncio.sleep(0.01)
        engine.dispose()
        proxy.stall(Stall.SWALLOWED)
        assert (await hanging).error_class is ErrorClass.TIMEOUT
        for _ in range(300):
            result = await collector.probe(Database("shop", url, timeout=5))
            if result.state is ServiceState.UP:
                break
            assert "still hanging" in (result.error or "")
            await asyncio.sleep(0.1)
    assert result.state is ServiceState.UP, result.error


@pytest.mark.parametrize("url", [
    "postgresql+psycopg://u:pw@169.254.169.254/x", "postgresql+psycopg://u:pw@[fd00:ec2::254]/x",
    "postgresql+psycopg://u:pw@2852039166/x", "postgresql+psycopg://u:pw@/x?host=127.0.0.1,169.254.169.254",
    "postgresql+psycopg://u:pw@127.0.0.1/x?hostaddr=169.254.169.254",
])  # fmt: skip
async def test_metadata_addresses_are_never_databases(collector: DatabaseCollector, url: str) -> None:
    result = await collector.probe(Database("db", url, timeout=5))
    assert (result.state, result.error_class) == (ServiceState.DOWN, ErrorClass.BLOCKED_ADDRESS)
    assert "is never a target" in (result.error or "")


def test_libpq_connects_to_the_addresses_that_were_checked() -> None:
    names = {"db.example": ["10.0.0.1", "10.0.0.2"], "other.example": ["fd00::1"], "bad.example": ["169.254.169.254"]}

    def getaddrinfo(host: str, *_: object) -> list[tuple[object, ...]]:
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(0, 0, 0, "", (ip, 0)) for ip in names[host]]

    def options(**given: object) -> dict[str, object]:
        return checked_options("psycopg", given, getaddrinfo=getaddrinfo)

    assert options(host="db.example", port=5432) == {
        "host": "db.example,db.example", "hostaddr": "10.0.0.1,10.0.0.2", "port": 5432,
    }  # fmt: skip
    assert options(host="db.example,other.example", port="1,2") == {
        "host": "db.example,db.example,other.example", "hostaddr": "10.0.0.1,10.0.0.2,fd00::1", "port": "1,1,2",
    }  # fmt: skip
    for untouched in ({"host": "/run/postgresql"}, {"host": "unknown.example"}, {"dbname": "x"}):
        assert options(**untouched) == untouched
    assert checked_options("pymysql", {"host": "db.example"}, getaddrinfo=getaddrinfo) == {"host": "db.example"}
    for driver in ("psycopg", "pymysql"):
        with pytest.raises(ProbeFault, match=r"169\.254\.169\.254 \(bad\.example\) is never a target"):
            checked_options(driver, {"host": "bad.example"}, getaddrinfo=getaddrinfo)
