from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from amt_console.cli.demo import demo
from amt_console.cli.errors import CommandError
from amt_console.cli.exit_codes import ExitCode
from amt_console.cli.startup.context import Context
from amt_console.clock import FakeClock, SystemClock
from amt_console.demo.state import DemoFolder, DemoState, process_started
from amt_console.model import ProbeResult, ServiceState
from amt_console.store import Store, take_lease

Run = Callable[..., CommandError]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoFolder:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return DemoFolder.of_user()


@pytest.fixture
def refused(folder: DemoFolder) -> Run:
    """Runs the command as the program does, and gives the error that it must end with."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(demo)

    def run(*arguments: str, db: str | None = None) -> CommandError:
        with pytest.raises(CommandError) as caught:
            app(list(arguments), obj=Context(db=db), standalone_mode=False)
        return caught.value

    return run


def test_disk_full_says_why_not_and_what_there_is(refused: Run) -> None:
    error = refused("--no-ui", "--incident", "disk-full")
    assert error.exit_code is ExitCode.USAGE
    assert "disk-full is not simulated" in str(error)
    assert "api-down, slow-chat, web-500, flapping" in str(error)


def test_without_a_terminal_it_says_so_before_anything_is_written(
    refused: Run, folder: DemoFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    error = refused()
    assert error.exit_code is ExitCode.UNAVAILABLE
    assert "--no-ui" in str(error)
    assert not folder.path.exists()


@pytest.mark.slow
def test_a_port_in_use_is_named(refused: Run, folder: DemoFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        error = refused("--no-ui", "--days", "0", "--api-port", str(port))
    assert error.exit_code is ExitCode.UNAVAILABLE
    assert f"port {port} for the api is in use" in str(error)
    assert not folder.state.exists()


def test_a_second_demo_is_refused(refused: Run, folder: DemoFolder) -> None:
    folder.create()
    state = DemoState(
        store_url="sqlite:////x/demo.db",
        pid=os.getpid(),
        started=process_started(),
        control_url="",
        urls={},
        config_path=folder.config,
    )
    folder.write_state(state)
    error = refused("--no-ui")
    assert error.exit_code is ExitCode.BUSY
    assert f"pid {os.getpid()}" in str(error)
    assert "sqlite:////x/demo.db" in str(error)


def test_a_database_in_use_is_refused(refused: Run, folder: DemoFolder) -> None:
    folder.create()
    lease = take_lease(f"sqlite:///{folder.database}", clock=SystemClock())
    assert lease is not None
    try:
        assert refused("--no-ui", "--fresh").exit_code is ExitCode.BUSY
    finally:
        lease.release()


def test_measurements_of_a_real_platform_are_not_mixed_with(refused: Run, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/monitoring.db"
    clock = FakeClock()
    with Store.open(url, clock=clock) as store, store.transaction() as writes:
        writes.add_results([ProbeResult("shop", clock.now(), ServiceState.UP, 60.0, 12.0)])
    error = refused("--no-ui", db=url)
    assert error.exit_code is ExitCode.USAGE
    assert "real platform" in str(error)


def test_fresh_never_deletes_a_named_database(refused: Run, tmp_path: Path) -> None:
    database = tmp_path / "mine.db"
    database.write_bytes(b"precious")
    error = refused("--no-ui", "--fresh", db=f"sqlite:///{database}")
    assert error.exit_code is ExitCode.USAGE
    assert database.read_bytes() == b"precious"


def test_a_folder_that_cannot_be_made_is_named(refused: Run, folder: DemoFolder) -> None:
    folder.path.write_text("in the way")
    error = refused("--no-ui")
    assert error.exit_code is ExitCode.IO
    assert str(folder.path) in str(error)
