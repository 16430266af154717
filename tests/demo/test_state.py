from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.cli.demo import _own_console
from amt_console.cli.startup.context import Context
from amt_console.config import load_config, targets
from amt_console.demo.process import PlatformProcess
from amt_console.demo.server import ServerOptions
from amt_console.demo.settings import CHECK_INTERVAL, CRITICAL_INTERVAL, write_config
from amt_console.demo.state import DemoFolder, DemoState, process_started, running_demo
from amt_console.model import FigureKind, Service


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(tmp_path)}


@pytest.fixture
def folder(env: dict[str, str]) -> DemoFolder:
    made = DemoFolder.of_user(env)
    made.create()
    return made


@pytest.fixture
def mine(folder: DemoFolder) -> DemoState:
    """A demo that runs in this very process."""
    return DemoState(
        store_url="sqlite:////tmp/demo.db",
        pid=os.getpid(),
        started=process_started(),
        control_url="http://127.0.0.1:5173/control",
        urls={"api": "http://127.0.0.1:5000", "web": "http://127.0.0.1:5173", "mobile": "http://127.0.0.1:19006"},
        config_path=folder.config,
    )


def test_a_running_demo_is_found_until_it_ends(folder: DemoFolder, env: dict[str, str], mine: DemoState) -> None:
    assert running_demo(env) is None
    folder.write_state(mine)
    assert running_demo(env) == mine
    folder.remove_state()
    assert running_demo(env) is None
    assert not folder.state.exists()


def test_a_dead_process_is_no_running_demo(folder: DemoFolder, env: dict[str, str], mine: DemoState) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    folder.write_state(replace(mine, pid=ended.pid))
    assert running_demo(env) is None


def test_a_later_process_with_the_same_number_is_no_running_demo(
    folder: DemoFolder, env: dict[str, str], mine: DemoState
) -> None:
    folder.write_state(replace(mine, started=mine.started - 3600))
    assert running_demo(env) is None


def test_the_state_of_another_demo_is_left_alone(folder: DemoFolder, mine: DemoState) -> None:
    folder.write_state(replace(mine, pid=os.getppid()))
    folder.remove_state()
    assert folder.state.exists()


def test_only_the_user_can_read_it(folder: DemoFolder, mine: DemoState) -> None:
    folder.write_state(mine)
    assert stat.S_IMODE(folder.state.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_the_database_goes_with_what_lies_beside_it(folder: DemoFolder) -> None:
    for name in ("demo.db", "demo.db-wal", "demo.db-shm", "monitoring.db"):
        (folder.path / name).touch()
    folder.remove_database()
    folder.remove_database()
    assert [path.name for path in folder.path.iterdir()] == ["monitoring.db"]


@given(
    st.binary(max_size=100)
    | st.dictionaries(st.text(max_size=10), st.none() | st.integers()).map(
        lambda document: json.dumps(document).encode()
    )
)
def test_a_broken_state_file_is_no_demo(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = DemoFolder(tmp_path_factory.mktemp("broken"))
    folder.state.write_bytes(content)
    assert folder.read_state() is None


@pytest.mark.parametrize("pid", [-5, 0, 10**30])
def test_an_impossible_process_number_is_no_demo(
    folder: DemoFolder, env: dict[str, str], mine: DemoState, pid: int
) -> None:
    folder.write_state(replace(mine, pid=pid))
    assert running_demo(env) is None


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[PlatformProcess]:
    options = ServerOptions(seed=1, ports={"api": 0, "web": 0, "mobile": 0})
    with PlatformProcess(options, log=tmp_path / "platform.log") as running:
        yield running


@pytest.mark.slow
def test_the_configuration_probes_the_simulated_platform_often(platform: PlatformProcess, tmp_path: Path) -> None:
    loaded = write_config(platform, tmp_path / "demo-config.json")
    services = {target.name: target for target in targets(loaded.settings) if isinstance(target, Service)}
    assert list(services)[:3] == ["backend-api", "web-app", "mobile-app"]
    assert len(services) == 8
    assert services["mail-port"].url == f"tcp://127.0.0.1:{platform.ports['mail']}"
    assert services["backend-api"].url == f"{platform.url('api')}/api/health"
    assert {services[name].interval for name in list(services)[:3]} == {CRITICAL_INTERVAL}
    assert {services[name].interval for name in list(services)[3:]} == {CHECK_INTERVAL}
    assert {service.figures for service in services.values()} == {None, *FigureKind}
    assert services["api-plans"].depends_on == ("backend-api",)
    assert all(service.timeout < service.interval for service in services.values())
    assert loaded.warnings == ()


@pytest.mark.slow
def test_the_demo_takes_the_console_of_a_named_file_and_nothing_else(platform: PlatformProcess, tmp_path: Path) -> None:
    named = tmp_path / "own.toml"
    named.write_text(
        'check_interval = 300\n[console]\nkeymap = { note = "f9" }\n'
        '[[console.commands]]\nname = "load"\nkey = "f5"\ncontext = "anywhere"\n'
        'command = ["uptime"]\ntimeout = "5s"\n',
        encoding="utf-8",
    )
    wanted = _own_console(Context(config=named))
    loaded = write_config(platform, tmp_path / "demo-config.json", wanted)
    assert loaded.settings.console == load_config(named).settings.console
    assert loaded.settings.check_interval == CHECK_INTERVAL
    assert _own_console(Context()) == {}
