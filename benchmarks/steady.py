"""The steady state: a headless monitor with 1,000 services at 15 s, and what attached consoles cost a monitor.

The server that answers the probes is a process on another core.
"""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from amt_console.api.listeners.socket_path import socket_path
from benchmarks.figure import Figure
from benchmarks.programs import AMT, answer_server, cpu_percent, running, wait_for, write_config

SERVICES = 1000
INTERVAL = 15.0
CONSOLES = 10
TARGET_STEADY = 25.0
TARGET_ATTACHED = 5.0


def figures(quick: bool) -> list[Figure]:
    """Processor time of the monitor, as medians of successive stretches."""
    rounds, seconds = (3, 5.0) if quick else (5, 10.0)
    return [*steady_state(rounds, seconds), *attached(rounds, seconds)]


def steady_state(rounds: int, seconds: float) -> list[Figure]:
    """Many services."""
    with answer_server() as port, monitor(port, SERVICES, INTERVAL) as (pid, _):
        cpu_percent(pid, 20.0)
        used = [cpu_percent(pid, seconds) for _ in range(rounds)]
    return [
        Figure(
            f"monitor of {SERVICES:,} services every {INTERVAL:.0f} s: processor, probes included",
            statistics.median(used),
            "% of a core",
            TARGET_STEADY,
        ),
        Figure("  of that for each probe", statistics.median(used) * 1e4 / (SERVICES / INTERVAL), "us"),
    ]


def attached(rounds: int, seconds: float) -> list[Figure]:
    """Consoles that ask for the picture once a second, over the socket of a monitor of 100 services."""
    with answer_server() as port, monitor(port, 100, INTERVAL) as (pid, socket):
        cpu_percent(pid, 10.0)
        alone: list[float] = []
        watched: list[float] = []
        for _ in range(rounds):
            alone.append(cpu_percent(pid, seconds))
            with running(
                [sys.executable, "-m", "benchmarks.load.pollers", str(socket), str(CONSOLES)], core=1
            ) as pollers:
                assert pollers.stdout is not None
                pollers.stdout.readline()
                watched.append(cpu_percent(pid, seconds))
    added = statistics.median(more - less for more, less in zip(watched, alone, strict=True))
    return [
        Figure(
            f"{CONSOLES} attached consoles, once a second: added to the monitor of 100 services",
            added,
            "% of a core",
            TARGET_ATTACHED,
        ),
        Figure("  the monitor alone", statistics.median(alone), "% of a core"),
    ]


@contextlib.contextmanager
def monitor(port: int, services: int, interval: float, database: Path | None = None) -> Iterator[tuple[int, Path]]:
    """A headless monitor on a core of its own; its process and its socket."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = database or folder / "monitoring.db"
        config = write_config(folder / "config.json", port, services, interval)
        socket = socket_path(f"sqlite:///{store}")
        assert socket is not None
        command = [*AMT, "monitor", "--config", str(config), "--db", str(store)]
        with running(command, core=0, log=folder / "log") as process:
            wait_for(socket)
            yield process.pid, socket
