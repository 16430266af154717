"""The demo as a person starts it, with commands in a second terminal."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import psutil
import pytest
from support import template_process
from support.fair_time import fair_time
from support.programs import LONGEST_PAUSE, ask
from support.terminal import TerminalProgram

from amt_console.demo.state import DemoFolder, DemoState, running_demo

pytestmark = [pytest.mark.slow, pytest.mark.waits]

PROGRAM = (sys.executable, "-m", "amt_console")
FREE_PORTS = ("--api-port", "0", "--web-port", "0", "--mobile-port", "0")
DEADLINE_SECONDS = 45.0


class Terminals:
    """One terminal with a headless demo in it, and as many further ones as commands are run."""

    def __init__(self, home: Path) -> None:
        self.env = {**os.environ, "XDG_STATE_HOME": str(home)}
        self.home = home
        self.talk = (home / "talk.txt").open("w+", encoding="utf-8")
        self.demo: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> DemoState:
        """Start the demo and wait until it can be found."""
        command = [*PROGRAM, "demo", "--no-ui", *FREE_PORTS, *arguments]
        self.demo = template_process.start(
            command, env=self.env, cwd=self.home, stderr=self.talk, stdin=subprocess.DEVNULL
        )
        self.wait_for(lambda: running_demo(self.env) is not None)
        state = running_demo(self.env)
        assert state is not None
        return state

    def run(self, *arguments: str) -> str:
        """What another command prints."""
        return str(
            template_process.run([*PROGRAM, *arguments], env=self.env, cwd=self.home, text=True, timeout=60).stdout
        )

    def said(self) -> str:
        """What the demo said on stderr."""
        self.talk.seek(0)
        return self.talk.read()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something holds, as long as the demo runs."""
        end = fair_time() + DEADLINE_SECONDS
        while not condition():
            assert self.demo is not None
            assert self.demo.poll() is None, self.said()
            assert fair_time() < end, self.said()
            time.sleep(LONGEST_PAUSE)

    def platform(self) -> psutil.Process:
        """The process of the simulated platform."""
        assert self.demo is not None
        children = psutil.Process(self.demo.pid).children()
        assert len(children) == 1
        return children[0]

    def close(self) -> None:
        """Leave nothing running."""
        if self.demo is not None:
            with suppress(OSError):
                self.demo.kill()
            self.demo.wait()
        self.talk.close()


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Terminals]:
    opened = Terminals(tmp_path)
    yield opened
    opened.close()


def open_alerts(terminals: Terminals) -> dict[str, dict[str, Any]]:
    """Firing alerts on services that are down, by subject, as another terminal sees them."""
    with patch.dict(os.environ, terminals.env):
        alerts = ask(terminals.home, "alerts", "list", "--json")
    return {
        alert["subject"]: alert
        for alert in alerts
        if alert["alert_type"] == "service_down" and alert["state"] == "firing"
    }


def arrived(state: DemoState) -> list[tuple[str, str]]:
    """Sender and subject of the messages in the demo's mailbox and webhook receiver, oldest first."""
    found = httpx.get(f"{state.control_url}/messages", trust_env=False, timeout=20).json()
    return [(message["by"], message["subject"]) for message in reversed(found)]


def test_an_incident_pages_once_and_its_end_is_told_on_the_same_channel(terminals: Terminals) -> None:
    state = terminals.start("--days", "0", "--incident", "api-down", "--incident-seconds", "0")
    began = fair_time()
    terminals.wait_for(lambda: "backend-api" in open_alerts(terminals))
    assert fair_time() - began < 20
    terminals.wait_for(lambda: any("backend-api" in subject for _, subject in arrived(state)))
    alert_id = open_alerts(terminals)["backend-api"]["id"]
    terminals.run("alerts", "ack", str(alert_id), "--note", "on it")
    incident = f"{state.control_url}/incidents/api-down"
    assert httpx.post(incident, json={"active": False}, trust_env=False).status_code == 200
    terminals.wait_for(lambda: any(subject.startswith("resolved: backend-api") for _, subject in arrived(state)))
    mine = [(by, subject.partition(":")[0]) for by, subject in arrived(state) if "backend-api" in subject]
    assert mine[0] == ("webhook", "firing")
    assert mine[-1] == ("webhook", "resolved")
    assert {by for by, _ in mine} == {"webhook"}, "an acknowledged alert escalates to nobody"
    why = json.loads(terminals.run("alerts", "why", str(alert_id), "--json"))
    assert [each["kind"] for each in why["deliveries"]] == ["fired", "acknowledged", "resolved"]
    assert {each["state"] for each in why["deliveries"]} == {"delivered"}
    platform = terminals.platform()
    assert terminals.demo is not None
    terminals.demo.send_signal(signal.SIGTERM)
    assert terminals.demo.wait(DEADLINE_SECONDS) == 0
    assert psutil.wait_procs([platform], timeout=60)[0] == [platform]
    assert running_demo(terminals.env) is None
    assert not DemoFolder.of_user(terminals.env).state.exists()
    said = terminals.said()
    assert state.control_url in said
    assert "Traceback" not in said


def test_the_files_of_the_demo_are_its_users_alone(terminals: Terminals) -> None:
    folder = DemoFolder.of_user(terminals.env)
    folder.create()
    for path in (folder.config, folder.log):
        path.touch(mode=0o644)
    terminals.start("--days", "0")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.path.iterdir() if path.is_file()}
    assert {folder.config.name, folder.log.name, folder.state.name} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}


def test_a_demo_that_is_killed_leaves_no_platform_and_no_claim_to_run(terminals: Terminals) -> None:
    terminals.start("--days", "0")
    platform = terminals.platform()
    assert terminals.demo is not None
    terminals.demo.kill()
    terminals.demo.wait()
    assert psutil.wait_procs([platform], timeout=60)[0] == [platform]
    assert running_demo(terminals.env) is None


def test_a_console_that_takes_over_a_killed_demo_says_what_is_simulated_and_that_the_platform_is_gone(
    terminals: Terminals,
) -> None:
    terminals.start("--days", "1")
    demo = terminals.demo
    assert demo is not None
    assert "history up to" in terminals.run("status")
    with TerminalProgram(PROGRAM, columns=150, env=terminals.env) as console:
        console.wait_for(f"attached: pid {demo.pid}")
        shown = console.wait_for("is simulated")
        assert "The demo has ended" not in shown
        demo.kill()
        demo.wait()
        shown = console.wait_for("The demo has ended")
        assert "is simulated" in shown
        console.wait_for("● monitoring")
        console.wait_for("is simulated")
        console.press("qy")
        assert console.process.wait(DEADLINE_SECONDS) == 0
