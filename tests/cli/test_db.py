"""``db``: what it prints, what it refuses, and that it never leaves half of anything behind."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support import template_process
from support.stores import laid_out, lay_out

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.model import ProbeResult, ServiceState
from amt_console.store import Store, take_lease

pytestmark = pytest.mark.slow

Command = Callable[..., Any]
CLOCK = SystemClock()


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM monitoring_logs").fetchone()[0])


@pytest.fixture
def filled(database: Path, forty_days: Path) -> Path:
    """Ten results a day for forty days."""
    lay_out(database)
    database.write_bytes(forty_days.read_bytes())
    return database


@pytest.fixture(scope="module")
def forty_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, now = tmp_path_factory.mktemp("forty-days") / "monitoring.db", CLOCK.now()
    with Store.open(laid_out(path), clock=CLOCK) as store, store.transaction() as writes:
        for day in range(40, 0, -1):
            start = now - timedelta(days=day)
            writes.add_results(
                [
                    ProbeResult("api", start + timedelta(minutes=i), ServiceState.UP, interval=60, response_time_ms=9.0)
                    for i in range(10)
                ]
            )
    return path


def test_stats_say_how_much_there_is_and_will_be(command: Command, filled: Path) -> None:
    document = json.loads(command("db", "stats", "--json").out)
    tables = {each["name"]: each for each in document["tables"]}
    logs = tables["monitoring_logs"]
    assert logs["rows"] == 400
    assert 8 <= logs["rows_per_day"] <= 12
    assert logs["keep_seconds"] == 30 * 86_400
    assert tables["service_rollups of 86400 s"]["keep_seconds"] is None
    # Of forty days thirty are kept, now as in a year.
    assert logs["forecast_bytes_30_days"] == pytest.approx(logs["bytes"] * 0.75, rel=0.1)
    assert logs["forecast_bytes_1_year"] == logs["forecast_bytes_30_days"]
    days = tables["service_rollups of 86400 s"]
    assert days["forecast_bytes_1_year"] > 5 * days["bytes"]
    assert document["file_bytes"] == filled.stat().st_size
    assert document["rows"] == sum(each["rows"] for each in document["tables"])
    shown = command("db", "stats")
    assert shown.code == 0
    assert "monitoring_logs" in shown.out
    assert "in a year" in shown.out


def test_prune_counts_first_and_deletes_just_that(command: Command, filled: Path) -> None:
    counted = {each["what"]: each["rows"] for each in json.loads(command("db", "prune", "--dry-run", "--json").out)}
    assert rows(filled) == 400
    assert 80 <= counted["monitoring_logs"] <= 110
    assert "monitoring_logs" in command("db", "prune", "--dry-run").out
    done = json.loads(command("db", "prune", "--json").out)
    assert done == {"deleted": {what: number for what, number in counted.items() if number}, "stopped": False}
    assert rows(filled) == 400 - counted["monitoring_logs"]
    again = command("db", "prune")
    assert (again.code, "Nothing has expired." in again.out) == (0, True)
    assert command("db", "check").code == 0


def test_an_interrupted_prune_keeps_what_it_did(filled: Path) -> None:
    with Store.open(url_of(filled), clock=CLOCK) as store, store.transaction() as writes:
        start = CLOCK.now() - timedelta(days=39)
        results = [
            ProbeResult(f"s{i % 50}", start + timedelta(seconds=i), ServiceState.UP, interval=60) for i in range(60_000)
        ]
        writes.add_results(results)
    process = template_process.start(
        [sys.executable, "-m", "amt_console", "--db", str(filled), "db", "prune", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and rows(filled) > 60_000:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130, err
    document = json.loads(out)
    assert document["stopped"] is True
    assert rows(filled) == 60_400 - document["deleted"]["monitoring_logs"] > 0


def test_vacuum_gives_room_back(command: Command, filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as connection:
        connection.executescript("CREATE TABLE ballast (x); INSERT INTO ballast VALUES (zeroblob(3000000));")
        connection.executescript("DROP TABLE ballast; PRAGMA wal_checkpoint(TRUNCATE);")
    size = filled.stat().st_size
    done = command("db", "vacuum")
    assert (done.code, "returned to the disk" in done.out) == (0, True)
    assert filled.stat().st_size < size - 2_900_000


def test_a_full_vacuum_needs_the_monitor_to_be_stopped(command: Command, filled: Path) -> None:
    lease = take_lease(url_of(filled), clock=CLOCK)
    assert lease is not None
    with lease:
        refused = command("db", "vacuum", "--full")
        assert refused.code == ExitCode.BUSY
        assert f"pid {os.getpid()}" in refused.err
    with closing(sqlite3.connect(filled)) as connection:
        # A file as the original system makes it, which cannot shrink in steps.
        connection.executescript("PRAGMA auto_vacuum=NONE; PRAGMA journal_mode=DELETE; VACUUM;")
        connection.executescript("CREATE TABLE b (x); INSERT INTO b VALUES (zeroblob(2000000)); DROP TABLE b;")
    size = filled.stat().st_size
    assert "--full" in command("db", "vacuum").out
    assert command("db", "vacuum", "--full").code == 0
    assert filled.stat().st_size < size - 1_900_000
    with closing(sqlite3.connect(filled)) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert rows(filled) == 400


def test_backups_are_private_checked_and_the_newest_are_kept(command: Command, filled: Path, home: Path) -> None:
    folder = filled.parent / "backups"
    folder.mkdir()
    for day in range(1, 6):
        (folder / f"monitoring-2026010{day}T000000Z.db").write_text("old")
    (folder / "mine.db").write_text("somebody's")
    dead = folder / ".monitoring-20260101T000000Z.db.partial-999999999"
    dead.write_text("left behind by a killed one")
    done = json.loads(command("db", "backup", "--keep", "3", "--json").out)
    made = Path(done["file"])
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert rows(made) == 400
    left = sorted(each.name for each in folder.iterdir())
    assert left == ["mine.db", "monitoring-20260104T000000Z.db", "monitoring-20260105T000000Z.db", made.name]
    assert len(done["removed"]) == 3
    single = command("db", "backup", str(home / "one.db"))
    assert (single.code, single.out.strip()) == (0, str(home / "one.db"))
    assert command("db", "backup", str(home / "one.db")).code == ExitCode.UNAVAILABLE
    assert command("db", "backup", str(home / "two.db"), "--keep", "3").code == ExitCode.USAGE
    assert command("db", "backup", "--keep", "0").code == ExitCode.USAGE


def test_restore_brings_back_what_was_and_keeps_what_is(command: Command, filled: Path, home: Path) -> None:
    copy = home / "copy.db"
    assert command("db", "backup", str(copy)).code == 0
    with Store.open(url_of(filled), clock=CLOCK) as store, store.transaction() as writes:
        writes.add_results([ProbeResult("later", CLOCK.now(), ServiceState.UP, interval=60)])
    lease = take_lease(url_of(filled), clock=CLOCK)
    assert lease is not None
    with lease:
        refused = command("db", "restore", str(copy))
        assert refused.code == ExitCode.BUSY
        assert f"pid {os.getpid()}" in refused.err
    assert rows(filled) == 401
    done = command("db", "restore", str(copy))
    assert (done.code, done.out.strip()) == (0, str(filled))
    assert rows(filled) == 400
    (before,) = filled.parent.glob("monitoring.db.before-restore-*")
    assert rows(before) == 401
    assert stat.S_IMODE(filled.stat().st_mode) == 0o600
    assert not [each for each in filled.parent.iterdir() if "partial" in each.name]
    assert command("db", "check").code == 0


def test_restore_refuses_what_is_no_whole_backup(command: Command, filled: Path, home: Path) -> None:
    copy = home / "copy.db"
    command("db", "backup", str(copy))
    torn = home / "torn.db"
    torn.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    notes = home / "notes.db"
    notes.write_text("all my notes " * 1000)
    other = home / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE t (x)")
    newer = home / "newer.db"
    newer.write_bytes(copy.read_bytes())
    with closing(sqlite3.connect(newer)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = filled.read_bytes()
    for path, code in (
        (torn, ExitCode.BAD_DATA),
        (notes, ExitCode.BAD_DATA),
        (other, ExitCode.BAD_DATA),
        (newer, ExitCode.BAD_DATA),
        (home / "missing.db", ExitCode.UNAVAILABLE),
        (filled, ExitCode.UNAVAILABLE),
    ):
        refused = command("db", "restore", str(path))
        assert refused.code == code, path
        assert path.name in refused.err
    assert filled.read_bytes() == before
    assert not list(filled.parent.glob("*before-restore*"))


def test_restore_waits_for_nobody_who_has_the_database_open(command: Command, filled: Path, home: Path) -> None:
    command("db", "backup", str(home / "copy.db"))
    with Store.open(url_of(filled), clock=CLOCK, read_only=True) as store, store.read() as reads:
        reads.services.statuses()
        refused = command("db", "restore", str(home / "copy.db"))
    assert refused.code == ExitCode.BUSY
    assert "open" in refused.err
    assert rows(filled) == 400


def test_a_damaged_database_is_told_and_replaced(command: Command, filled: Path, home: Path) -> None:
    command("db", "backup", str(home / "copy.db"))
    data = bytearray(filled.read_bytes())
    data[4096 * 3 :] = b"\xff" * (len(data) - 4096 * 3)
    filled.write_bytes(bytes(data))
    told = command("db", "check")
    assert told.code == ExitCode.BAD_DATA
    assert "amt-console db restore" in told.err
    assert command("db", "backup").code == ExitCode.BAD_DATA
    assert command("db", "restore", str(home / "copy.db")).code == 0
    assert rows(filled) == 400
    (before,) = filled.parent.glob("monitoring.db.before-restore-*")
    assert before.read_bytes() == bytes(data)


def test_check_finds_sums_that_are_wrong_and_rebuild_mends_them(command: Command, filled: Path) -> None:
    assert json.loads(command("db", "check", "--json").out)["hours_that_differ"] == []
    with closing(sqlite3.connect(filled)) as connection:
        connection.execute("UPDATE service_rollups SET samples = samples + 1, up_us = 0 WHERE resolution = 3600")
        connection.commit()
    wrong = command("db", "check", "--full")
    assert wrong.code == ExitCode.WARNING
    assert "api" in wrong.out
    assert "db rebuild" in wrong.out
    assert command("db", "rebuild").code == 0
    right = command("db", "check", "--full")
    assert right.code == 0, right.out


def test_upgrade_creates_and_says_when_there_is_nothing_to_do(command: Command, database: Path) -> None:
    assert command("db", "stats").code == ExitCode.UNAVAILABLE
    assert not database.exists()
    assert command("db", "upgrade").code == 0
    assert database.exists()
    assert "is up to date." in command("db", "upgrade").out
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    refused = command("db", "upgrade")
    assert refused.code == ExitCode.BAD_DATA
    assert "Update amt-console" in refused.err


def test_an_older_database_is_backed_up_and_upgraded(command: Command, database: Path) -> None:
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "CREATE TABLE monitoring_logs (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp DATETIME DEFAULT "
            "CURRENT_TIMESTAMP, service_name TEXT NOT NULL, status TEXT NOT NULL, response_time_ms INTEGER, "
            "error_message TEXT, metrics TEXT); INSERT INTO monitoring_logs (service_name, status) VALUES ('a', 'up');"
        )
    refused = command("db", "stats")
    assert (refused.code, "db upgrade" in refused.err) == (ExitCode.UNAVAILABLE, True)
    done = command("db", "upgrade")
    assert (done.code, ".before-" in done.out) == (0, True)
    assert command("db", "stats").code == 0


def test_on_a_server_copies_are_the_servers_business(command: Command) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    for arguments, tool in ((("backup",), "pg_dump"), (("restore", "x"), "pg_restore")):
        refused = command("--db", url, "db", *arguments)
        assert (refused.code, tool in refused.err) == (ExitCode.USAGE, True)
