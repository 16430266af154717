"""Killed in the middle of anything long: what was there before is whole, and the next run finishes the work."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from support import template_process
from support.stores import START, at, result

from amt_console.clock import FakeClock
from amt_console.store import Store, migrate
from amt_console.store.upkeep.copies import backup_into
from amt_console.store.upkeep.restore import restore
from amt_console.store.upkeep.retention import Retention
from amt_console.store.upkeep.retention_rules import RetentionPolicy

pytestmark = pytest.mark.slow

CHILD = "from support import fault_child; fault_child.main()"
ORIGINAL = """
CREATE TABLE monitoring_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
  service_name TEXT NOT NULL, status TEXT NOT NULL, response_time_ms INTEGER, error_message TEXT, metrics TEXT);
INSERT INTO monitoring_logs (timestamp, service_name, status) VALUES ('2026-01-05 11:00:00', 'backend-api', 'up');
"""


def killed(what: str, path: Path, *more: str, die_at: int = 0) -> None:
    """Run the child until it has killed itself."""
    done = template_process.run(
        [sys.executable, "-c", CHILD, what, f"sqlite:///{path}", *more],
        env=os.environ | {"DIE_AT": str(die_at)},
        timeout=300,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def path(tmp_path: Path, new_database: Path, clock: FakeClock) -> Path:
    """Three thousand results."""
    copy = tmp_path / "data" / "monitoring.db"
    copy.parent.mkdir()
    copy.write_bytes(new_database.read_bytes())
    with Store.open(f"sqlite:///{copy}", clock=clock) as store:
        with store.transaction() as writes:
            writes.add_results([result(seconds=60 * i) for i in range(3000)])
        store.checkpoint(truncate=True)
    return copy


@pytest.mark.parametrize("statement", [5, 30, 60])
def test_a_migration_is_completed_by_the_next_start(tmp_path: Path, statement: int) -> None:
    path = tmp_path / "monitoring.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(ORIGINAL)
    killed("migration", path, die_at=statement)
    assert sound(path)
    with closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert "alembic_version" not in tables, "all of the migration or nothing"
    clock = FakeClock(START + timedelta(days=61))
    with Store.open(f"sqlite:///{path}", clock=clock) as store, store.read() as reads:
        assert list(reads.services.statuses()) == ["backend-api"]
        revision = reads._connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    assert revision == migrate.REVISIONS[-1]


@pytest.mark.parametrize("statement", [9, 40, 100])
def test_retention_is_taken_up_again(path: Path, statement: int) -> None:
    clock = FakeClock(START + timedelta(days=60))
    with Store.open(f"sqlite:///{path}", clock=clock, read_only=True) as store, store.read() as reads:
        before = reads.services.totals(start=at(-43_200), end=at(86_400 * 3 - 43_200))
    killed("retention", path, die_at=statement)
    assert sound(path)
    with Store.open(f"sqlite:///{path}", clock=clock) as store:
        run = Retention(store, RetentionPolicy(), clock=clock)
        while run.step() is not None:
            pass
        with store.read() as reads:
            assert reads.services.results(service=None, start=at(-1), end=at(1e7), limit=1) == []
            assert reads.services.totals(start=at(-43_200), end=at(86_400 * 3 - 43_200)) == before


def test_a_backup_leaves_nothing_that_looks_like_one(path: Path) -> None:
    killed("backup", path)
    folder = path.parent / "copies"
    (left,) = folder.iterdir()
    assert ".partial-" in left.name
    done = backup_into(f"sqlite:///{path}", folder, now=START)
    assert list(folder.iterdir()) == [done.made]
    assert sound(done.made)
    assert sound(path)


@pytest.mark.parametrize("moment", [0, -1], ids=["while-copying", "just-before-the-end"])
def test_a_restore_leaves_a_whole_database_at_every_moment(path: Path, tmp_path: Path, moment: int) -> None:
    clock = FakeClock(START + timedelta(days=60))
    copy = backup_into(f"sqlite:///{path}", tmp_path / "copies", now=START).made
    with Store.open(f"sqlite:///{path}", clock=clock) as store, store.transaction() as writes:
        writes.add_results([result("later", seconds=1)])
    killed("restore", path, str(copy), die_at=moment)
    assert sound(path)
    with Store.open(f"sqlite:///{path}", clock=clock, read_only=True) as store, store.read() as reads:
        assert set(reads.services.statuses()) == {"api", "later"}
    clock.advance(1)
    done = restore(f"sqlite:///{path}", copy, clock=clock)
    assert done.replaced is not None
    assert sound(done.replaced)
    with Store.open(f"sqlite:///{path}", clock=clock, read_only=True) as store, store.read() as reads:
        assert set(reads.services.statuses()) == {"api"}
    assert not [each for each in path.parent.iterdir() if "partial" in each.name]
