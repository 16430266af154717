"""Memory of a monitor on the reference history, and whether it stays flat over a week of an accelerated clock."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from amt_console.api.client import RemoteOperations
from amt_console.clock import FakeClock
from amt_console.config import load_config, targets
from amt_console.monitor.buffer import Collected, HostReading
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.operations.local import LocalOperations
from amt_console.store import Store
from benchmarks.figure import Figure
from benchmarks.history import reference_history, working_copy
from benchmarks.history_data import DAY_MINUTES, Fleet, host_sample
from benchmarks.programs import answer_server, resident_mb, write_config
from benchmarks.steady import monitor

TARGET_MB = 150.0
TARGET_GROWTH = 1.1
WEEK_SERVICES = 20
STEP_MINUTES = 5
"""Of the accelerated clock: each step's probes are stored, judged and drawn."""
_START_MINUTE = 20_000 * DAY_MINUTES


def figures(quick: bool) -> list[Figure]:
    """Both."""
    days = 3 if quick else 7
    readings = simulated_week(10 if quick else WEEK_SERVICES, days)
    return [
        *on_history(quick),
        Figure(
            f"memory after {days} simulated days, ratio to after two, when the caches are full",
            readings[-1] / readings[1],
            "x",
            TARGET_GROWTH,
            note="recorder, alert rules, store and live picture on an accelerated clock, once",
        ),
        Figure("  at the end", readings[-1], "MB"),
    ]


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


def simulated_week(services: int, days: int) -> list[float]:
    """Memory of this process in MB after each day."""
    fleet = Fleet(services)
    clock = FakeClock(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=_START_MINUTE))
    process = psutil.Process()
    readings: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'week.db'}"
        settings = load_config(write_config(folder / "week.json", 9, services, 60.0), env={}).settings
        watched = targets(settings)
        with Store.open(url, clock=clock) as store:
            recorder = Recorder(store=store, ruleset=build_ruleset(settings, watched), clock=clock)
            operations = LocalOperations(store=store, store_url=url, settings=settings, targets=watched, clock=clock)
            minutes = fleet.results(_START_MINUTE, _START_MINUTE + days * DAY_MINUTES)
            for begin in range(_START_MINUTE, _START_MINUTE + days * DAY_MINUTES, STEP_MINUTES):
                clock.advance(STEP_MINUTES * 60)
                at = clock.instant()
                samples = [HostReading(host_sample(minute), at) for minute in range(begin, begin + STEP_MINUTES)]
                results = [Collected(result, at) for _ in samples for result in next(minutes)]
                recorder.write([*results, *samples])
                operations.snapshot()
                if (begin + STEP_MINUTES - _START_MINUTE) % DAY_MINUTES == 0:
                    readings.append(process.memory_info().rss / 2**20)
    return readings
