"""``db copy`` as a person meets it, from a file to a real PostgreSQL server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from support import template_process
from support.programs import PROGRAM, until
from support.stores import episode, event, postgres_url
from support.terminal import TerminalProgram

from amt_console.cli.exit_codes import ExitCode
from amt_console.clock import SystemClock
from amt_console.model import AlertState, EpisodeChange, HostSample, ProbeResult, ServiceState
from amt_console.store import Store, record, take_lease

__all__ = ["postgres_url"]
pytestmark = pytest.mark.postgres
Command = Callable[..., Any]
CLOCK = SystemClock()
RESULTS = 4_000
MAIN = "from amt_console.__main__ import main; main()"


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three days of one service, to be copied."""
    path = tmp_path_factory.mktemp("three-days") / "monitoring.db"
    now = CLOCK.now()
    with Store.open(f"sqlite:///{path}", clock=CLOCK) as store, store.transaction(durable=True) as writes:
        writes.add_results(
            [result(now - timedelta(minutes=minute), down=minute % 50 == 0) for minute in range(RESULTS, 0, -1)]
        )
        writes.add_host_sample(HostSample(timestamp=now, cpu_usage=12.0, memory_usage=40.0, disk_usage=None))
        record(writes, EpisodeChange(episode("api"), (event("opened", 0, AlertState.PENDING),)))
    return path


@pytest.fixture
def source(three_days: Path, database: Path) -> Path:
    """That database where the commands look for theirs."""
    database.parent.mkdir(mode=0o700, parents=True)
    shutil.copy(three_days, database)
    return database


def result(at: datetime, *, down: bool = False) -> ProbeResult:
    state = ServiceState.DOWN if down else ServiceState.UP
    return ProbeResult("api", at, state, interval=60, response_time_ms=None if down else 9.0)


@pytest.fixture
def server(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    yield engine
    engine.dispose()


@contextmanager
def stuck_copy(source: Path, target: str, server: Engine, *, patience: float = 600) -> Iterator[subprocess.Popen[str]]:
    """A copy that has stored the single probes and waits, so many seconds, for somebody to unlock the next table."""
    Store.open(target, clock=CLOCK).close()
    program = f"from amt_console.store.engines import postgresql; postgresql.BUSY_SECONDS = {patience}; {MAIN}"
    with server.connect() as holder:
        holder.execute(text("LOCK TABLE service_state IN EXCLUSIVE MODE"))
        process = template_process.start(
            [sys.executable, "-c", program, "db", "copy", str(source), target],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until(lambda: rows(server, "monitoring_logs") == RESULTS and (process.poll() is not None or waits(server)))
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def rows(server: Engine, table: str) -> int:
    with server.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def waits(server: Engine) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'service_state'::regclass"
    with server.connect() as connection:
        return bool(connection.execute(text(query)).scalar_one())


def test_everything_arrives_and_is_compared(command: Command, source: Path, postgres_url: str, server: Engine) -> None:
    before = source.read_bytes()
    done = command("db", "copy", str(source), postgres_url)
    assert done.code == 0
    assert "rows copied and found equal" in done.out
    assert any(line.split()[:2] == ["monitoring_logs", f"{RESULTS:,}"] for line in done.out.splitlines())
    assert rows(server, "monitoring_logs") == RESULTS
    assert source.read_bytes() == before
    shown = json.loads(command("alerts", "list", "--json", "--db", postgres_url).out)
    assert [alert["subject"] for alert in shown] == ["api"]
    assert shown == json.loads(command("alerts", "list", "--json").out)


def test_without_a_terminal_a_line_now_and_then_says_how_far_it_is(
    command: Command, source: Path, postgres_url: str
) -> None:
    done = command("db", "copy", str(source), postgres_url, "--json")
    document = json.loads(done.out)
    tables = {each["table"]: each for each in document["tables"]}
    assert tables["monitoring_logs"]["rows"] == RESULTS
    assert len(tables["monitoring_logs"]["checksum"]) == 16
    assert {each["left_out"] for each in document["tables"]} == {0}
    told = done.err.splitlines()
    copying = [line for line in told if line.startswith("copying ")]
    checking = [line for line in told if line.startswith("checking ")]
    assert told == [*copying, *checking]
    assert 1 < len(copying) <= 10
    assert copying[-1].endswith(f"{document['rows']:,} of {document['rows']:,} rows")
    assert checking[-1].endswith(f"{document['rows']:,} of {document['rows']:,} rows")


@pytest.mark.pty
def test_on_a_terminal_a_bar_is_drawn_and_gone_at_the_end(source: Path, postgres_url: str) -> None:
    arguments = [*PROGRAM, "db", "copy", str(source), postgres_url]
    with TerminalProgram(arguments, columns=100, lines=40, env={"HOME": str(source.parent)}) as program:
        shown = program.wait_for("rows copied and found equal")
        assert program.process.wait(60) == 0
        assert "monitoring_logs" in shown
        assert "copying" not in shown
        assert b"copying" in program.raw


def test_stopped_by_ctrl_c_it_goes_on_where_it_was(
    command: Command, source: Path, postgres_url: str, server: Engine
) -> None:
    with stuck_copy(source, postgres_url, server) as process:
        process.send_signal(signal.SIGINT)
        until(lambda: process.poll() is not None)
        out, err = process.communicate()
        assert (process.returncode, out) == (130, "")
        assert err.splitlines()[-1] == "Stopped. The same command continues where it stopped."
        assert "Traceback" not in err
    done = command("db", "copy", str(source), postgres_url)
    assert done.code == 0, done.err
    first = next(line for line in done.err.splitlines() if line.startswith("copying "))
    assert int(first.split(": ")[1].split(" of ")[0].replace(",", "")) > RESULTS, "what was there is not copied again"
    assert rows(server, "monitoring_logs") == RESULTS


def test_killed_it_goes_on_as_well(command: Command, source: Path, postgres_url: str, server: Engine) -> None:
    with stuck_copy(source, postgres_url, server) as process:
        process.kill()
        process.wait(60)
    done = command("db", "copy", str(source), postgres_url)
    assert done.code == 0, done.err
    assert rows(server, "monitoring_logs") == RESULTS


def test_a_table_that_stays_locked_ends_it_as_busy_and_it_goes_on_later(
    command: Command, source: Path, postgres_url: str, server: Engine
) -> None:
    with stuck_copy(source, postgres_url, server, patience=1) as process:
        until(lambda: process.poll() is not None)
        _, err = process.communicate()
        assert process.returncode == ExitCode.BUSY
        half_way, reason = err.splitlines()[-2:]
        assert half_way == "Stopped by a failure. The same command continues where it stopped."
        assert "was locked by another writer" in reason
    assert command("db", "copy", str(source), postgres_url).code == 0


def test_what_has_changed_since_the_interruption_is_not_mixed_in(
    command: Command, source: Path, postgres_url: str, server: Engine
) -> None:
    with stuck_copy(source, postgres_url, server) as process:
        process.send_signal(signal.SIGINT)
        until(lambda: process.poll() is not None)
    with Store.open(f"sqlite:///{source}", clock=CLOCK) as store, store.transaction() as writes:
        writes.add_results([result(CLOCK.now())])
    refused = command("db", "copy", str(source), postgres_url)
    assert refused.code == ExitCode.BAD_DATA
    assert "the source has changed since" in refused.err


def test_a_target_with_other_data_is_refused_and_left_alone(
    command: Command, source: Path, postgres_url: str, server: Engine
) -> None:
    with Store.open(postgres_url, clock=CLOCK) as store, store.transaction() as writes:
        writes.add_results([ProbeResult("mine", CLOCK.now(), ServiceState.UP, interval=60)])
    refused = command("db", "copy", str(source), postgres_url)
    assert (refused.code, refused.out) == (ExitCode.BAD_DATA, "")
    assert "holds other data (monitoring_logs" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert rows(server, "monitoring_logs") == 1


def test_a_target_of_the_original_system_is_refused_before_it_is_upgraded(
    command: Command, source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "original.db"
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("CREATE TABLE alerts (id INTEGER PRIMARY KEY, timestamp DATETIME)")
    before = target.read_bytes()
    refused = command("db", "copy", str(source), str(target))
    assert refused.code == ExitCode.BAD_DATA
    assert "of an older version" in refused.err
    assert target.read_bytes() == before


def test_beside_a_monitor_it_is_refused_with_its_name(command: Command, source: Path, postgres_url: str) -> None:
    for place, whose in (
        (f"sqlite:///{source}", "is the monitor of the source"),
        (postgres_url, "works on the target"),
    ):
        lease = take_lease(place, clock=CLOCK)
        assert lease is not None
        with lease:
            refused = command("db", "copy", str(source), postgres_url)
        assert (refused.code, refused.out) == (ExitCode.BUSY, "")
        assert f"pid {os.getpid()} on {os.uname().nodename} {whose}" in refused.err
    assert command("db", "copy", str(source), postgres_url).code == 0


def test_rows_without_a_readable_time_are_counted_and_left_out(
    command: Command, source: Path, postgres_url: str, server: Engine
) -> None:
    with closing(sqlite3.connect(source)) as connection:
        for time in ("garbage", 12345, "2026-01-05T12:00:00Z"):
            connection.execute(
                "INSERT INTO monitoring_logs (timestamp, service_name, status) VALUES (?, 'theirs', 'up')", (time,)
            )
        connection.commit()
    done = command("db", "copy", str(source), postgres_url)
    assert done.code == 0
    assert "2 rows of monitoring_logs were left out: they have no readable time." in done.err
    assert rows(server, "monitoring_logs") == RESULTS + 1


@pytest.mark.parametrize(
    ("source_is", "target_is", "code", "message"),
    [
        ("nowhere.db", "new.db", ExitCode.UNAVAILABLE, "There is no database at"),
        ("{source}", "{source}", ExitCode.BAD_DATA, "Source and target are the same database"),
        ("{source}", "mysql://db/amt", ExitCode.UNAVAILABLE, "The database URL names"),
        ("{source}", "postgresql+psycopg://127.0.0.1:9/amt", ExitCode.UNAVAILABLE, "does not answer"),
    ],
)
def test_what_cannot_be_copied_ends_with_one_sentence(
    command: Command, source: Path, source_is: str, target_is: str, code: ExitCode, message: str
) -> None:
    refused = command("db", "copy", source_is.format(source=source), target_is.format(source=source))
    assert (refused.code, refused.out) == (code, "")
    assert message in refused.err
    assert len(refused.err.splitlines()) == 1
