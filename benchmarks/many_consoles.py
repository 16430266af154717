"""Snapshots of 1,000 services to 200 consoles that all ask at once, over the monitor's socket.

The monitor is a process of its own; the consoles are threads of this one, and decode what they read.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from amt_console.api.client.operations import RemoteOperations
from amt_console.operations.protocol import UnavailableError
from benchmarks.figure import Figure
from benchmarks.programs import answer_server, cpu_seconds
from benchmarks.steady import monitor

SERVICES = 1000
CONSOLES = 200
TARGET_SECONDS = 5.0


def figures(quick: bool) -> list[Figure]:
    """Seconds until all have the newest snapshot."""
    rounds = 3 if quick else 7
    with answer_server() as port, monitor(port, SERVICES, 60.0) as (pid, socket):
        measured(socket)
        took, used = [], []
        for _ in range(rounds):
            before = cpu_seconds(pid)
            took.append(all_at_once(socket, CONSOLES))
            used.append(cpu_seconds(pid) - before)
    return [
        Figure(
            f"snapshots of {SERVICES:,} services to {CONSOLES} consoles at once, until the last one has it",
            statistics.median(took),
            "s",
            TARGET_SECONDS,
        ),
        Figure(
            "  of that processor time of the monitor, for each console", 1000 * statistics.median(used) / CONSOLES, "ms"
        ),
    ]


def all_at_once(socket: Path, count: int) -> float:
    """Seconds until new consoles have a whole snapshot each."""
    consoles = [RemoteOperations(f"unix:{socket}") for _ in range(count)]
    ready = threading.Barrier(count + 1)

    def read(console: RemoteOperations) -> None:
        ready.wait()
        console.snapshot()

    with ThreadPoolExecutor(count) as threads:
        done = [threads.submit(read, console) for console in consoles]
        ready.wait()
        begin = time.perf_counter()
        for each in done:
            each.result()
        took = time.perf_counter() - begin
    for console in consoles:
        console.close()
    return took


def measured(socket: Path) -> None:
    """Until each service was measured. Raises SystemExit."""
    console = RemoteOperations(f"unix:{socket}")
    end = time.monotonic() + 180
    while not _all_measured(console):
        if time.monotonic() > end:
            sys.exit("the monitor has not measured all services")
        time.sleep(1.0)
    console.close()


def _all_measured(console: RemoteOperations) -> bool:
    try:
        return all(service.last_checked is not None for service in console.snapshot().services)
    except UnavailableError:
        # It has just started.
        return False
