"""Databases of other versions: new, older, newer, and the original system's own."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text
from support.original import ORIGINAL
from support.stores import at, event, result

from amt_console.clock import FakeClock
from amt_console.model import AlertState, AuditEntry, EpisodeChange, FigureKind, ServiceState
from amt_console.store import (
    SchemaTooNew,
    SchemaTooOld,
    Store,
    StoreError,
    StoreUnavailable,
    access_tokens,
    audit_entries,
    migrate,
    record,
)
from amt_console.store.audit import AuditVerdict, verify
from amt_console.store.engines.sqlite import APPLICATION_ID
from amt_console.store.upkeep.catalogue import catalogue


def file_of(url: str) -> Path:
    return Path(make_url(url).database or "")


def backups(path: Path) -> list[Path]:
    return [each for each in path.parent.iterdir() if ".before-" in each.name]


def assert_layout(url: str) -> None:
    """The tables are what the models say."""
    engine = create_engine(url)
    with engine.connect() as connection:
        days = re.compile("monitoring_logs_p[0-9]{8}")
        options = {"compare_type": True, "include_name": lambda name, *_: not days.fullmatch(name or "")}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, catalogue()) == []
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    assert {"monitoring_logs", "alerts", "system_metrics"} <= names


def test_the_models_are_what_the_migrations_make(store: Store, store_url: str) -> None:
    assert_layout(store_url)


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


LAYOUTS = Path(__file__).parent / "layouts"


@pytest.fixture
def last_build(new_url: str) -> str:
    """A database as the last build before the first version left it, with a row or two in each table."""
    if "sqlite" in new_url:
        file_of(new_url).parent.mkdir()
        with closing(sqlite3.connect(file_of(new_url))) as connection:
            connection.executescript((LAYOUTS / "build_0006_sqlite.sql").read_text())
    else:
        engine = create_engine(new_url)
        with engine.begin() as server:
            server.exec_driver_sql((LAYOUTS / "build_0006_postgresql.sql").read_text())
        engine.dispose()
    return new_url


@pytest.mark.slow
def test_a_database_of_the_last_build_is_upgraded_without_loss(last_build: str, clock: FakeClock) -> None:
    with pytest.raises(SchemaTooOld, match="db upgrade"):
        Store.open(last_build, clock=clock, read_only=True)
    with Store.open(last_build, clock=clock) as store:
        assert (store.upgraded_from is None) is store.is_server
        with store.read() as reads:
            probes = reads.services.results(service="api", start=at(0), end=at(900), limit=99, newest_first=False)
            assert len(probes) == 15
            assert (probes[0].interval, probes[0].response_time_ms, probes[4].error) == (60, 20.0, "connection refused")
            day = reads.services.totals(start=at(0), end=at(840))["api"]
            assert (day.samples, day.errors, day.down_s) == (14, 3, 180)
            assert reads.services.statuses()["api"].since == at(420)
            (alert,) = reads.alerts.open()
            assert (alert.subject, alert.acknowledged_by, alert.note) == ("api", "ada", "looking at it")
            assert [each.kind for each in reads.alerts.events(alert.id or 0)] == ["fired", "acknowledged"]
            (ended,) = reads.alerts.episodes(start=at(0), end=at(900), states=[AlertState.RESOLVED], limit=9)
            assert (ended.subject, ended.resolved_at) == ("web", at(160))
            assert [(each.id, each.actor, each.detail.get("via")) for each in audit_entries(reads)] == [
                (2, "bob", None),
                (1, "ada", "console"),
            ]
            assert verify(reads) == AuditVerdict(2, 1, 2, audit_entries(reads)[0].hash or "")
            assert [token.name for token in access_tokens(reads)] == ["ci"]
            assert len(reads.monitor.gaps(at(-600), at(0))) == 1
            assert reads.host.sample() is not None
            assert reads.figures.newest()[FigureKind.REVENUE].figures["mrr"].value == 50_000
            life = reads.monitor.sign_of_life()
            assert life is not None
            assert (life.host, life.pid) == ("ops1", 42)
        with store.transaction(durable=True) as writes:
            writes.add_results([result("api", 900)])
            record(writes, EpisodeChange(alert, (event("fired", 901, AlertState.FIRING),)))
            writes.add_audit(AuditEntry("ada", "note", "alert 1", at(902)))
        with store.read() as reads:
            assert len(reads.services.results(service="api", start=at(0), end=at(901), limit=99)) == 16
            assert verify(reads).fault is None
        with pytest.raises(StoreError, match="append-only"), store.transaction() as writes:
            writes._connection.execute(text("UPDATE audit SET actor = 'eve'"))
    assert_layout(last_build)


def test_a_database_of_an_early_build_is_refused_and_not_written(new_url: str, clock: FakeClock) -> None:
    Store.open(new_url, clock=clock).close()
    engine = create_engine(new_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    before = file_of(new_url).read_bytes() if "sqlite" in new_url else b""
    for read_only in (False, True):
        with pytest.raises(SchemaTooOld, match=r"early development build of amt-console .layout 0003.*Move it away"):
            Store.open(new_url, clock=clock, read_only=read_only)
    if "sqlite" in new_url:
        assert file_of(new_url).read_bytes() == before
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0003"
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


@pytest.mark.slow
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
