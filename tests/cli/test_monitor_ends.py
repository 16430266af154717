"""How a monitor ends: the lease is free, and the exit code tells whether everything was stored."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support import template_process
from support.platform import Platform, serving
from support.programs import Place, end, holder_pid, until

from amt_console.clock import SystemClock
from amt_console.config import load_config, targets
from amt_console.model import ServiceState
from amt_console.monitor.engine import Engine
from amt_console.runtime.session import LocalSession
from amt_console.runtime.site import site_of
from amt_console.store import lease_holder, take_lease

pytestmark = [pytest.mark.slow, pytest.mark.waits]

FAILING = """
import sys
from amt_console.cli.startup.main import run
from amt_console.monitor.engine import Engine
started = Engine.run
async def fails(engine):
    engine.stop()
    await started(engine)
    raise RuntimeError("no way on")
Engine.run = fails
run(sys.argv[1:])
"""
CANNOT_RELOAD = """
import sys
from amt_console.runtime.holder import Holder
from amt_console.cli.startup.main import run
def fails(holder, settings):
    raise RuntimeError("cannot take it")
Holder.reload = fails
run(sys.argv[1:])
"""


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, platform: Platform) -> Place:
    return Place(tmp_path, web=platform.url)


def start(place: Place, program: str) -> subprocess.Popen[str]:
    arguments = ["--config", str(place.config), "--db", str(place.database), "monitor"]
    with (place.home / "log").open("w", encoding="utf-8") as log:
        return template_process.start(
            [sys.executable, "-c", program, *arguments],
            env=place.env,
            cwd=place.home,
            stdout=log,
            stderr=log,
            text=True,
        )


def log_of(place: Place) -> str:
    return (place.home / "log").read_text(encoding="utf-8")


def lease_is_free(place: Place) -> bool:
    lease = take_lease(place.url, clock=SystemClock())
    if lease is not None:
        lease.release()
    return lease is not None


def probed(place: Place) -> bool:
    if not place.database.exists():
        return False
    with closing(sqlite3.connect(place.database)) as connection:
        try:
            return bool(connection.execute("SELECT count(*) FROM monitoring_logs").fetchone()[0])
        except sqlite3.OperationalError:
            return False


def test_an_engine_that_fails_ends_the_monitor_and_frees_the_lease(place: Place) -> None:
    process = start(place, FAILING)
    assert process.wait(60) == 70
    assert "the monitor has failed: RuntimeError: no way on" in log_of(place)
    assert lease_is_free(place)


def test_a_reload_that_fails_ends_the_engine_before_the_database_is_closed(place: Place) -> None:
    process = start(place, CANNOT_RELOAD)
    try:
        until(lambda: probed(place) and holder_pid(place.url) == process.pid)
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 70
    finally:
        end(process)
    assert "cannot take it" in log_of(place)
    assert "cannot be stored" not in log_of(place)
    assert lease_is_free(place)


def test_a_stop_with_results_that_cannot_be_stored_is_no_success(place: Place, platform: Platform) -> None:
    process = start(place, "import sys; from amt_console.cli.startup.main import run; run(sys.argv[1:])")
    try:
        until(lambda: probed(place))
        with closing(sqlite3.connect(place.database, isolation_level=None, timeout=5)) as intruder:
            intruder.execute("BEGIN IMMEDIATE")
            (path, asked), *_ = platform.asked.items()
            platform.wait_asked(path, asked + 2)
            process.terminate()
            assert process.wait(60) == 74
    finally:
        end(process)
    assert "could not be stored" in log_of(place)


def test_a_stop_with_everything_stored_is_a_success(place: Place) -> None:
    with place.monitor() as process:
        until(lambda: probed(place))
        process.terminate()
        assert process.wait(60) == 0


def test_a_console_whose_engine_fails_says_so_and_gives_way_to_another_monitor(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Engine.run

    async def fails(engine: Engine) -> bool:
        engine.stop()
        await run(engine)
        raise RuntimeError("no way on")

    monkeypatch.setattr(Engine, "run", fails)
    settings = load_config(place.config, env={}).settings
    watched = targets(settings, store_url=place.url, env={})
    session = LocalSession(site_of(settings, place.url, watched, SystemClock()))
    with closing(session):
        until(lambda: any("has failed: RuntimeError: no way on" in notice for notice in session.notices()))
        until(lambda: not session.is_monitor)
        with place.monitor() as process:
            until(lambda: session.attached_to == f"pid {process.pid} on {_host(place)}")
            until(lambda: session.operations.snapshot().services[0].state is ServiceState.UP)
            until(lambda: session.notices() == ())


def _host(place: Place) -> str:
    holder = lease_holder(place.url)
    assert holder is not None
    return holder.host


def test_alive_tells_whether_the_monitor_of_this_database_works(place: Place) -> None:
    before = place.run("monitor", "--alive")
    assert (before.returncode, before.stdout) == (69, "")
    assert "no monitor answers at" in before.stderr
    with place.monitor() as monitor:
        until(lambda: place.run("monitor", "--alive").returncode == 0)
        assert "\nUmask:\t0077\n" in Path(f"/proc/{monitor.pid}/status").read_text()
    after = place.run("monitor", "--alive")
    assert after.returncode == 69
    assert place.run("monitor", "--alive", "--once").returncode == 64
