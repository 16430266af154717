"""Fixtures that give a store on every database it supports, and small builders of what goes into it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from amt_console.clock import FakeClock
from amt_console.model import AlertEvent, AlertState, AlertType, Episode, ProbeResult, ServiceState, Severity
from amt_console.store import Store
from amt_console.store.upkeep.catalogue import all_tables

APPEND_ONLY = "audit"
"""The table from which a trigger lets nobody delete."""
FEW_BYTES = 200_000
SIZE = (
    "SELECT pg_relation_size(:name) + "
    "(SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(CAST(:name AS regclass)))"
)
"""Bytes of a table with its partitions, deleted rows included."""
START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
"""A Monday noon: the start of a minute, an hour and the second half of a day."""


def at(seconds: float) -> datetime:
    """``START`` and some seconds."""
    return START + timedelta(seconds=seconds)


def result(
    service: str = "api",
    seconds: float = 0,
    state: ServiceState = ServiceState.UP,
    *,
    ms: float | None = 20.0,
    interval: float = 60,
    **more: Any,
) -> ProbeResult:
    """A result some seconds after ``START``."""
    return ProbeResult(
        service=service, timestamp=at(seconds), state=state, interval=interval, response_time_ms=ms, **more
    )


def episode(subject: str = "api", seconds: float = 0, **more: Any) -> Episode:
    """A pending critical alert."""
    values: dict[str, Any] = {
        "rule_id": "service_down",
        "alert_type": AlertType.SERVICE_DOWN,
        "severity": Severity.CRITICAL,
        "message": f"{subject} is down",
        "state": AlertState.PENDING,
        "opened_at": at(seconds),
    }
    return Episode(subject=subject, **(values | more))


def event(kind: str, seconds: float, state: AlertState, **more: Any) -> AlertEvent:
    """A transition of a critical alert."""
    values: dict[str, Any] = {"severity": Severity.CRITICAL, "message": "api is down"}
    return AlertEvent(kind=kind, at=at(seconds), state=state, **(values | more))


@pytest.fixture
def clock() -> FakeClock:
    """A clock at ``START``."""
    return FakeClock(START)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'data' / 'monitoring.db'}"


@contextmanager
def _schema() -> Iterator[str]:
    server = os.environ.get("AMT_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("AMT_TEST_POSTGRES_URL is not set: no PostgreSQL server to test with")
    schema = f"amt_test_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        url = make_url(server).update_query_dict({"options": f"-csearch_path={schema}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        engine.dispose()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty schema of its own on the server at ``AMT_TEST_POSTGRES_URL``."""
    with _schema() as url:
        yield url


@cache
def _laid_out() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "monitoring.db"
        Store.open(f"sqlite:///{path}", clock=FakeClock(START)).close()
        return path.read_bytes()


def lay_out(path: Path) -> None:
    """Put a SQLite database with all tables and no rows at a path: to make one anew takes 50 ms each time."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(_laid_out())


def laid_out(path: Path) -> str:
    """The URL of a SQLite database that is laid out at a path."""
    lay_out(path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and no rows, to be copied."""
    path = tmp_path_factory.mktemp("new") / "monitoring.db"
    lay_out(path)
    return path


@pytest.fixture(scope="session")
def new_schema(pytestconfig: pytest.Config) -> str:
    """A PostgreSQL schema with all tables, to be emptied before each use."""
    return _schema_of_process(pytestconfig)


@cache
def _schema_of_process(config: pytest.Config) -> str:
    """Several folders have the fixture, and to make the tables takes half a second of processor time."""
    until_the_end = ExitStack()
    config.add_cleanup(until_the_end.close)
    url = until_the_end.enter_context(_schema())
    Store.open(url, clock=FakeClock(START)).close()
    until_the_end.callback(lambda: _kept_engine(url).dispose())
    return url


@pytest.fixture
def server_url(new_schema: str) -> str:
    """A PostgreSQL schema with all tables and no rows: quicker than ``postgres_url``, whose tables are made anew."""
    empty(new_schema)
    return new_schema


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def new_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind without tables; in SQLite the file does not exist either."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind with all tables and no rows."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        lay_out(Path(make_url(url).database or ""))
        return url
    url = request.getfixturevalue("new_schema")
    empty(url)
    return url


def empty(url: str) -> None:
    """Take all rows out of a PostgreSQL schema. To truncate takes 20 ms for each table; a few rows are deleted."""
    names = [table.name for table in all_tables() if table.name != "store_meta"]
    with_rows = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
    used = "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL"
    with _kept_engine(url).begin() as connection:
        # Waits for whoever still writes; and nobody's rows come in between.
        connection.execute(text("LOCK TABLE store_meta"))
        filled = connection.scalars(text(with_rows)).all()
        if large := [name for name in filled if connection.scalar(text(SIZE), {"name": name}) > FEW_BYTES]:
            connection.execute(text(f"TRUNCATE {', '.join(large)} CASCADE"))
        for name in reversed([name for name in filled if name not in large]):
            guarded = name == APPEND_ONLY
            if guarded:
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
            connection.execute(text(f"DELETE FROM {name}"))
            if guarded:
                connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        for sequence in connection.scalars(text(used)).all():
            connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART"))
        connection.execute(text("DELETE FROM store_meta WHERE key <> 'commits'"))


@cache
def _kept_engine(url: str) -> Engine:
    """With a connection that is kept: a new one learns about all tables for longer than it takes to empty them."""
    return create_engine(url, pool_pre_ping=True)


@pytest.fixture
def store(store_url: str, clock: FakeClock) -> Iterator[Store]:
    """An open, empty store on each kind of database."""
    with Store.open(store_url, clock=clock) as opened:
        yield opened
