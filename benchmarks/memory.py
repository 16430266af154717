"""Memory of consoles and of a monitor on the reference history, and whether it stays flat over a simulated week."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psutil

from amt_console.api.client.operations import RemoteOperations
from amt_console.clock import FakeClock
from amt_console.config import Settings, load_config, targets
from amt_console.model import HostSample, Target
from amt_console.monitor.engine import Engine
from amt_console.monitor.probing import Collectors
from amt_console.monitor.ruleset import build_ruleset
from amt_console.operations.local import LocalOperations
from amt_console.store import Store
from benchmarks.console.startup import DEMO_TEXTS, MINIMAL, MINIMAL_TEXTS, SIZE, demo_database, demo_monitor
from benchmarks.figure import Figure
from benchmarks.history.fleet import host_sample
from benchmarks.history.reference import reference_history, working_copy
from benchmarks.load.simulated_time import SimulatedTimeLoop
from benchmarks.programs import AMT, answer_server, on_terminal, resident_mb, write_config
from benchmarks.steady import monitor

TARGET_MB = 150.0
TARGET_CONSOLE_MB = 110.0
TARGET_ATTACHED = 1.5
TARGET_GROWTH = 1.1
SERVICES = 2
DAY = 24 * 3600
LOOK_SECONDS = 300
"""Of the simulated time, between two looks at the picture."""


def figures(quick: bool) -> list[Figure]:
    """All of them."""
    readings = simulated(DAY // 12, 3) if quick else simulated(DAY, 7)
    long, short = ("6 hours", "four") if quick else ("a week", "two days")
    return [
        *of_consoles(60.0 if quick else 300.0),
        *on_history(quick),
        Figure(
            f"most memory in {long} of simulated time, ratio to after {short}, when the caches are full",
            max(readings) / readings[1],
            "x",
            TARGET_GROWTH,
            note=f"the whole engine on an accelerated clock, once: {', '.join(f'{each:.0f}' for each in readings)} MB",
        ),
        Figure("  at the end", readings[-1], "MB"),
    ]


def of_consoles(seconds: float) -> list[Figure]:
    """A console that is the monitor, and one that attaches, both on the demo, beside a minimal Textual app."""
    with demo_database(1) as (config, database):
        command = [*AMT, "--config", str(config), "--db", str(database)]
        own = _held(command, DEMO_TEXTS, seconds)
        with demo_monitor(config, database):
            attached = _held(command, DEMO_TEXTS, seconds)
    least = _held([sys.executable, "-c", MINIMAL], MINIMAL_TEXTS, 5.0)
    return [
        Figure(f"memory of a monitor with its console after {seconds:.0f} s", own, "MB", TARGET_CONSOLE_MB),
        Figure("memory of an attached console, ratio to a minimal Textual app", attached / least, "x", TARGET_ATTACHED),
        Figure("  attached console", attached, "MB"),
        Figure("  minimal Textual app", least, "MB"),
    ]


def _held(command: Sequence[str], texts: Sequence[bytes], seconds: float) -> float:
    """Memory of a program on a terminal, some seconds after it has shown what it should."""
    with on_terminal(command, SIZE) as program:
        program.seen(texts)
        program.read(seconds)
        return resident_mb(program.process.pid)


def on_history(quick: bool) -> list[Figure]:
    """A headless monitor whose consoles look at the picture and at charts, on a copy of the history."""
    history = reference_history(quick=quick)
    with (
        working_copy(history) as copy,
        answer_server() as port,
        monitor(port, copy.services, 60.0, copy.path) as (pid, socket),
    ):
        operations = RemoteOperations(f"unix:{socket}")
        end, held = time.monotonic() + (10 if quick else 40), 0.0
        while time.monotonic() < end:
            operations.snapshot()
            for hours in (24, 168, 720):
                operations.service("service-001", hours=hours)
            held = max(held, resident_mb(pid))
            time.sleep(1.0)
        operations.close()
    return [
        Figure(
            f"memory of the monitor on the history of {history.rows:,} probe rows, with somebody who looks at it",
            held,
            "MB",
            TARGET_MB,
        )
    ]


def simulated(seconds: int, readings: int) -> list[float]:
    """Memory of this process in MB each time when it has been the monitor for so long, with somebody who looks."""
    clock = FakeClock(datetime(2026, 1, 5, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as name, answer_server(core=None) as port:
        folder = Path(name)
        url = f"sqlite:///{folder / 'week.db'}"
        settings = load_config(write_config(folder / "week.json", port, SERVICES, 60.0), env={}).settings
        with (
            Store.open(url, clock=clock) as store,
            asyncio.Runner(loop_factory=lambda: SimulatedTimeLoop(clock)) as runner,
        ):
            return runner.run(_monitored(settings, store, url, clock, [seconds] * readings))


async def _monitored(settings: Settings, store: Store, url: str, clock: FakeClock, stretches: list[int]) -> list[float]:
    watched = [_each_minute(target) for target in targets(settings, store_url=url)]
    collectors = replace(Collectors.real(clock), host=SimulatedHost(clock))
    engine = Engine(ruleset=build_ruleset(settings, watched), store=store, clock=clock, collectors=collectors)
    operations = LocalOperations(store=store, store_url=url, settings=settings, targets=watched, clock=clock)
    running = asyncio.create_task(engine.run())
    process = psutil.Process()
    readings: list[float] = []
    for seconds in stretches:
        for _ in range(seconds // LOOK_SECONDS):
            await asyncio.sleep(LOOK_SECONDS)
            operations.snapshot()
        readings.append(process.memory_info().rss / 2**20)
    engine.stop()
    if not await running:
        raise SystemExit("the monitor of the simulated week did not end cleanly")
    return readings


def _each_minute(target: Target) -> Target:
    return replace(target, interval=60.0)


class SimulatedHost:
    """Says what the reference history says of the host; reading the real one so often would take most of the time."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock

    def sample(self) -> HostSample:
        """The host now."""
        now = self._clock.now()
        return replace(host_sample(int(now.timestamp() // 60)), timestamp=now)
