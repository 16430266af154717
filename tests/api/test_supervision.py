"""The monitor under systemd: notifications and watchdog."""

from __future__ import annotations

import configparser
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from support import template_process
from support.platform import serving
from support.programs import Place, end

from amt_console.clock import FakeClock
from amt_console.model import Commits
from amt_console.monitor.status import EngineStatus
from amt_console.runtime.systemd import Notifier, Progress, Supervision

pytestmark = pytest.mark.slow

UNIT = Path(__file__).resolve().parents[2] / "config" / "amt-console.service"


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(20)
        yield listener


def watched(address: str, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", **more}


def test_a_message_reaches_the_manager(manager: socket.socket) -> None:
    notifier = Notifier(watched(manager.getsockname()))
    notifier.send("READY=1")
    assert manager.recv(100) == b"READY=1"
    assert notifier.watchdog_seconds == 3.0


def test_abstract_addresses_work_too() -> None:
    name = f"amt-console-test-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listener:
        listener.bind("\0" + name)
        listener.settimeout(10)
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).send("STOPPING=1")
        assert listener.recv(100) == b"STOPPING=1"


def test_without_a_manager_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).send("READY=1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).send("READY=1")
    assert Notifier({"WATCHDOG_USEC": "3000000"}).watchdog_seconds is None


@pytest.mark.parametrize("value", ["", "x", "-1", "0"])
def test_a_watchdog_that_makes_no_sense_is_none(value: str) -> None:
    assert Notifier({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": value}).watchdog_seconds is None


def test_the_watchdog_of_another_process_is_left_alone() -> None:
    assert Notifier(watched("/x", WATCHDOG_PID=str(os.getpid() + 1))).watchdog_seconds is None
    assert Notifier(watched("/x", WATCHDOG_PID=str(os.getpid()))).watchdog_seconds == 3.0


def test_progress_needs_both_the_probes_and_the_writer() -> None:
    clock = FakeClock()
    progress = Progress(clock, patience=60)
    starting = EngineStatus(running=True, targets=3)
    assert progress.made(starting)
    working = replace(starting, probes_run=1)
    assert progress.made(working)
    assert not progress.made(replace(working, commits=Commits(fault="Nothing is stored."))), "whatever the cause is"
    clock.advance(61)
    assert not progress.made(working), "no probe for a minute"
    assert progress.made(replace(working, probes_run=2))
    assert progress.made(replace(working, targets=0, probes_run=2))
    assert not progress.made(EngineStatus(running=False)), "the engine never began"
    assert not progress.made(EngineStatus(running=False, failure="a fault"))


def test_the_watchdog_is_fed_a_few_times_in_its_span_and_not_without_progress(manager: socket.socket) -> None:
    clock = FakeClock()
    supervision = Supervision(Notifier(watched(manager.getsockname())), Progress(clock, patience=60), clock)
    manager.settimeout(0)
    for _ in range(6):
        status = EngineStatus(running=True, targets=1, probes_run=1)
        supervision.tick(status)
        clock.advance(0.5)
    assert [manager.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    clock.advance(3)
    faulty = replace(status, commits=Commits(fault="Nothing has been stored since 12:00:00 UTC."))
    for _ in range(2):
        supervision.tick(faulty)
    assert manager.recv(100) == b"STATUS=FAULT: Nothing has been stored since 12:00:00 UTC."
    with pytest.raises(BlockingIOError):
        manager.recv(100)
    supervision.tick(status)
    assert [manager.recv(100), manager.recv(100)] == [b"STATUS=Monitoring 1 targets.", b"WATCHDOG=1"]


@pytest.mark.pty
def test_a_real_monitor_is_ready_alive_and_stopping(manager: socket.socket, tmp_path: Path) -> None:
    with serving() as platform:
        place = Place(tmp_path, web=platform.url)
        environment = {**place.env, **watched(manager.getsockname())}
        process = template_process.start(
            place.command("monitor"), env=environment, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert manager.recv(1000).startswith(b"READY=1\nSTATUS=Monitoring ")
            assert manager.recv(1000) == b"WATCHDOG=1"
            assert manager.recv(1000) == b"WATCHDOG=1"
            process.send_signal(signal.SIGTERM)
            while (message := manager.recv(1000)) == b"WATCHDOG=1":
                pass
            assert message == b"STOPPING=1"
            assert process.wait(60) == 0
        finally:
            end(process)


def test_the_unit_file_keeps_its_promises() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, encoding="utf-8")
    service = dict(unit["Service"])
    wanted = {
        "Type": "notify",
        "WatchdogSec": "120",
        "Restart": "on-failure",
        "StateDirectory": "amt-console",
        "RuntimeDirectory": "amt-console",
        "UMask": "0077",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
    }
    assert {name: service[name] for name in wanted} == wanted
    assert "AF_UNIX AF_INET AF_INET6" in service["RestrictAddressFamilies"]
    assert "MemoryMax" in service


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_unit_file(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text("utf-8").replace("/opt/amt-console/bin/amt-console", "/bin/true"), encoding="utf-8")
    result = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
