"""Databases of other versions: new, older, newer, and the original system's own."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text
from support.original import ORIGINAL
from support.stores import at, result

from amt_console.clock import FakeClock
from amt_console.model import AlertState, ServiceState
from amt_console.store import SchemaTooNew, SchemaTooOld, Store, StoreUnavailable, migrate
from amt_console.store.engines.sqlite import APPLICATION_ID
from amt_console.store.schema import StoreTable


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def backups(path: Path) -> list[Path]:
    return [each for each in path.parent.iterdir() if ".before-" in each.name]


def test_the_models_are_what_the_migrations_make(store: Store, store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.connect() as connection:
        days = re.compile("monitoring_logs_p[0-9]{8}")
        options = {"compare_type": True, "include_name": lambda name, *_: not days.fullmatch(name or "")}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, StoreTable.metadata) == []
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    assert {"monitoring_logs", "alerts", "system_metrics"} <= names


def test_the_program_knows_its_own_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == migrate.REVISIONS


def test_a_new_database_needs_no_backup(new_url: str, clock: FakeClock) -> None:
    with Store.open(new_url, clock=clock) as store:
        assert store.upgraded_from is None
    with Store.open(new_url, clock=clock) as store, store.read() as reads:
        assert reads.services.statuses() == {}


def test_a_newer_database_is_refused_and_not_written(store_url: str, clock: FakeClock) -> None:
    engine = create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        before = file_of(store_url).read_bytes() if "sqlite" in store_url else b""
        for read_only in (False, True):
            with pytest.raises(SchemaTooNew, match=r"newer amt-console .layout 9999.*Update amt-console"):
                Store.open(store_url, clock=clock, read_only=read_only)
        if "sqlite" in store_url:
            assert file_of(store_url).read_bytes() == before
            assert backups(file_of(store_url)) == []
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrate.REVISIONS[-1]}'"))
        engine.dispose()


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "monitoring.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ORIGINAL)
    return path


def test_a_database_of_the_original_system_is_backed_up_and_goes_on(original: Path, clock: FakeClock) -> None:
    with Store.open(f"sqlite:///{original}", clock=clock) as store:
        saved = store.upgraded_from
        with store.read() as reads:
            found = reads.services.results(
                service="backend-api", start=at(-1e6), end=at(0), limit=10, newest_first=False
            )
            assert [each.state for each in found] == [ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN]
            assert (found[0].response_time_ms, found[0].status_code) == (120.0, 200)
            assert found[1].error == "Connection refused"
            assert [each.message for each in reads.alerts.open()] == ["backend-api is down", "free text"]
            assert reads.alerts.episodes(start=at(-1e6), end=at(0), states=[AlertState.RESOLVED], limit=9)[
                0
            ].resolved_at
            day = reads.services.totals(start=at(-3600), end=at(0))["backend-api"]
            assert (day.samples, day.errors, day.up_s) == (2, 1, 60.0)
            sample = reads.host.sample()
            assert sample is not None
            assert sample.cpu_usage == 12.5
        with store.transaction() as writes:
            writes.add_results([result("backend-api", 0)])
    assert saved is not None
    assert saved.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(saved)) as connection:
        assert connection.execute("SELECT count(*) FROM monitoring_logs").fetchone() == (3,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert "alembic_version" not in [row[0] for row in connection.execute("SELECT name FROM sqlite_schema")]
    with closing(sqlite3.connect(original)) as connection:
        old_insert = "INSERT INTO monitoring_logs (service_name, status, response_time_ms) VALUES ('web-app', 'up', 5)"
        connection.execute(old_insert)
        connection.commit()
    with Store.open(f"sqlite:///{original}", clock=clock) as store:
        assert store.upgraded_from is None


def lay_out(url: str, revision: str) -> None:
    """Make the tables as an older version of the program did."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    file = make_url(url).database
    if "sqlite" in url and file is not None:
        Path(file).parent.mkdir(exist_ok=True)
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_monitors_of_a_version_without_locations_are_at_the_default_one(new_url: str, clock: FakeClock) -> None:
    lay_out(new_url, "0004")
    engine = create_engine(new_url)
    moment = "2026-01-05 12:00:00.000000"
    with engine.begin() as connection:
        for statement in (
            f"INSERT INTO monitors VALUES ('a:1', 'a', 1, '{moment}', '{moment}')",
            f"INSERT INTO probe_slots VALUES ('api', '{moment}', '{moment}', 'a:1')",
        ):
            connection.execute(text(statement))
    Store.open(new_url, clock=clock).close()
    with engine.connect() as connection:
        found = connection.execute(text("SELECT name, location, evaluates FROM monitors")).all()
        assert [tuple(row) for row in found] == [("a:1", "default", False)]
        assert connection.execute(text("SELECT count(*) FROM probe_slots")).scalar() == 0
        key = inspect(connection).get_pk_constraint("probe_slots")["constrained_columns"]
        assert set(key) == {"location", "target"}
    engine.dispose()


def test_reading_never_upgrades(original: Path, clock: FakeClock) -> None:
    before = original.read_bytes()
    with pytest.raises(SchemaTooOld, match="db upgrade"):
        Store.open(f"sqlite:///{original}", clock=clock, read_only=True)
    assert original.read_bytes() == before


def test_without_room_for_the_backup_nothing_is_upgraded(
    original: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = original.with_name(f"{original.name}.before-{migrate.REVISIONS[-1]}-{clock.now():%Y%m%dT%H%M%S%f}")
    target.write_text("somebody else's")
    with pytest.raises(StoreUnavailable, match="never overwrites"):
        Store.open(f"sqlite:///{original}", clock=clock)
    with closing(sqlite3.connect(original)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables == {"monitoring_logs", "alerts", "system_metrics", "sqlite_sequence"}


def test_an_upgrade_that_fails_half_way_leaves_the_old_layout(original: Path, clock: FakeClock) -> None:
    with closing(sqlite3.connect(original)) as connection:
        connection.execute("CREATE TABLE audit (unexpected TEXT)")
        connection.commit()
    with pytest.raises(Exception, match="audit"):
        Store.open(f"sqlite:///{original}", clock=clock)
    with closing(sqlite3.connect(original)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(monitoring_logs)")]
        assert columns == ["id", "timestamp", "service_name", "status", "response_time_ms", "error_message", "metrics"]
        connection.execute("DROP TABLE audit")
        connection.commit()
    clock.advance(1)
    Store.open(f"sqlite:///{original}", clock=clock).close()


def test_a_new_file_is_ours_and_can_give_room_back(sqlite_url: str, clock: FakeClock) -> None:
    Store.open(sqlite_url, clock=clock).close()
    with closing(sqlite3.connect(file_of(sqlite_url))) as connection:
        pragmas = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("application_id", "auto_vacuum", "journal_mode")
        }
    assert pragmas == {"application_id": APPLICATION_ID, "auto_vacuum": 2, "journal_mode": "wal"}
