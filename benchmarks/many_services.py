"""A monitor of very many services: its processor time, its metrics, and what its consoles and its probes notice.

The monitor is a process on a core of its own; servers and clients are on the other.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from pathlib import Path

from amt_console.api.client.address import parse_address
from amt_console.api.client.http import HttpClient
from amt_console.api.client.operations import RemoteOperations
from amt_console.api.feed import LONGEST_WAIT
from amt_console.model import AddSilence
from benchmarks.figure import Figure
from benchmarks.load.raw_console import RawConsole
from benchmarks.many_consoles import measured
from benchmarks.programs import answer_server, cpu_percent, pin
from benchmarks.steady import monitor

MANY, EVERY = 5000, 60.0
SERVICES = 1000
CONSOLES = 200
LOADERS = 8
TARGET_MANY = 40.0
TARGET_METRICS_MS = 50.0
TARGET_SEEN_SECONDS = 1.0
TARGET_LATE_MS = 100.0


def figures(quick: bool) -> list[Figure]:
    """Medians of rounds; the lateness is the worst of all."""
    rounds, seconds = (3, 5.0) if quick else (5, 10.0)
    pin(os.getpid(), 1)
    with answer_server() as port, monitor(port, SERVICES, 15.0) as (_, socket):
        measured(socket)
        scraped = [_scrape(socket)[0] for _ in range(rounds * 3)]
        seen = [asyncio.run(_change_seen(socket)) for _ in range(rounds)]
        late = asyncio.run(_late_under_load(socket, rounds * seconds))
    with answer_server() as port, monitor(port, MANY, EVERY) as (pid, _):
        cpu_percent(pid, EVERY + 5)
        used = [cpu_percent(pid, 4 * seconds) for _ in range(rounds)]
    return [
        Figure(
            f"monitor of {MANY:,} services every {EVERY:.0f} s: processor, probes included",
            statistics.median(used),
            "% of a core",
            TARGET_MANY,
        ),
        Figure(
            f"/metrics of {SERVICES:,} services, over the socket", statistics.median(scraped), "ms", TARGET_METRICS_MS
        ),
        Figure(
            f"somebody acts: until the last of {CONSOLES} consoles on {SERVICES:,} services has the snapshot",
            statistics.median(seen),
            "s",
            TARGET_SEEN_SECONDS,
        ),
        Figure("worst delay of a probe while clients read snapshots without a pause", late, "ms", TARGET_LATE_MS),
    ]


def _scrape(socket: Path) -> tuple[float, str]:
    """Milliseconds of one scrape, and the metrics."""
    client = HttpClient(parse_address(f"unix:{socket}"))
    began = time.perf_counter()
    answer = client.exchange("GET", "/metrics", {"accept": "application/openmetrics-text"}, timeout=30)
    took = (time.perf_counter() - began) * 1000
    client.close()
    return took, answer.body.decode()


async def _change_seen(socket: Path) -> float:
    """Seconds from an action until all consoles have read what follows from it."""
    consoles = [RawConsole(socket) for _ in range(CONSOLES)]
    number = await consoles[0].number()
    waiting = [asyncio.create_task(console.changed(number, LONGEST_WAIT)) for console in consoles]
    await asyncio.sleep(2)
    operations = RemoteOperations(f"unix:{socket}")
    began = time.perf_counter()
    await asyncio.to_thread(operations.act, AddSilence(reason="benchmark", services=("service-000",), for_=60.0))
    await asyncio.gather(*waiting)
    took = time.perf_counter() - began
    operations.close()
    return took


async def _late_under_load(socket: Path, seconds: float) -> float:
    """The worst delay of a probe's start, in milliseconds, while clients ask as fast as they are answered."""
    end = time.monotonic() + seconds
    worst = 0.0

    async def ask() -> None:
        console = RawConsole(socket)
        while time.monotonic() < end:
            await console.get("/api/v1/snapshot")

    async def look() -> None:
        nonlocal worst
        while time.monotonic() < end:
            text = (await asyncio.to_thread(_scrape, socket))[1]
            line = next(line for line in text.splitlines() if line.startswith("amt_monitor_probe_lateness_seconds "))
            worst = max(worst, float(line.split()[1]) * 1000)
            await asyncio.sleep(1)

    await asyncio.gather(look(), *(ask() for _ in range(LOADERS)))
    return worst
