"""The real program in processes of its own, on a configuration of quick probes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support import template_process
from support.fair_time import fair_time

from amt_console.cli.startup import main as command_line
from amt_console.store import lease_holder

PROGRAM = [sys.executable, "-m", "amt_console"]
WAIT_SECONDS = 30.0
LONGEST_PAUSE = 0.2
"""Between two looks: to look often takes the processor from those who are waited for."""


class Place:
    """A home folder, a configuration and a database for any number of processes."""

    def __init__(self, home: Path, **services: str) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        self.database = home / "monitoring.db"
        self.url = f"sqlite:///{self.database}"
        self.config = home / "config.json"
        self.document = {
            "services": [
                {"name": name, "url": url, "interval": 1, "timeout": 0.5, "criticality": "critical"}
                for name, url in services.items()
            ],
            "recheck": [0.05, 0.05],
            "check_interval": 1,
        }
        self.write()

    def write(self, **changes: object) -> None:
        """Write the configuration, with changes of its top level."""
        self.document |= changes
        self.config.write_text(json.dumps(self.document), encoding="utf-8")

    @property
    def env(self) -> dict[str, str]:
        """The environment of a person whose home it is."""
        return {**os.environ, "HOME": str(self.home)}

    def command(self, *arguments: str) -> list[str]:
        """A command line on this database."""
        return [*PROGRAM, *self._arguments(*arguments)]

    def _arguments(self, *arguments: str) -> list[str]:
        return ["--config", str(self.config), "--db", self.url, *arguments]

    def ask(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        with patch.dict(os.environ, self.env):
            return ask(self.home, *self._arguments(*arguments))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return template_process.run(self.command(*arguments), env=self.env, cwd=self.home, text=True, timeout=300)

    @contextmanager
    def monitor(self, *, socket: Path | None = None) -> Iterator[subprocess.Popen[str]]:
        """A headless monitor that serves its socket; it is ended at the end of the block."""
        process = self.start("monitor")
        place = socket or Path(f"{self.database}.sock")
        try:
            until(lambda: holder_pid(self.url) == process.pid and place.exists())
            yield process
        finally:
            end(process)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command; its words go to a file named after its process."""
        log = (self.home / f"log-{time.monotonic_ns()}").open("w", encoding="utf-8")
        with log:
            return template_process.start(
                self.command(*arguments), env=self.env, cwd=self.home, stdout=log, stderr=log, text=True
            )


class ServerPlace(Place):
    """The same with the database on a server."""

    def __init__(self, home: Path, url: str, **services: str) -> None:
        super().__init__(home, **services)
        self.url = url


def ask(home: Path, *arguments: str) -> Any:
    """What a command prints as JSON. It runs in this process, in a fraction of the time that a new one takes."""
    shown = io.StringIO()
    with chdir(home), redirect_stdout(shown), suppress(SystemExit):
        command_line.run(arguments)
    return json.loads(shown.getvalue())


def end(process: subprocess.Popen[str]) -> None:
    """End a process, by force if it must be."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait(10)


def holder_pid(url: str) -> int | None:
    """Which process is the monitor."""
    holder = lease_holder(url)
    return None if holder is None else holder.pid


def until(holds: Callable[[], object], seconds: float = WAIT_SECONDS) -> float:
    """Wait until something holds; returns after how many seconds it did, in fair time."""
    start = fair_time()
    pause = 0.02
    while not holds():
        assert fair_time() - start < seconds, f"it did not happen within {seconds} s"
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return fair_time() - start
