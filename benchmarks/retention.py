"""Retention of a whole expired day of the reference history, beside an engine that probes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from amt_console.clock import SystemClock
from amt_console.config import Settings
from amt_console.monitor.engine import EngineLimits
from amt_console.monitor.thread import EngineThread
from amt_console.monitor.upkeep.housekeeping import UpkeepPace
from amt_console.store import Store, Writes
from amt_console.store.upkeep.retention import expired
from amt_console.store.upkeep.retention_rules import RetentionPolicy, day_of
from benchmarks.figure import Figure
from benchmarks.history.reference import History, reference_history, working_copy
from benchmarks.programs import answer_server

TARGET_TRANSACTION_MS = 50.0
TARGET_LATE_MS = 100.0
SERVICES = 20
INTERVAL = 1
DAY = timedelta(days=1)
_SETTLE_SECONDS = 15.0
"""Until the engine's latest 256 probes are none of its start, which loads modules."""
_LIMIT_SECONDS = 300.0


class ShiftedClock(SystemClock):
    """The machine's clock, its wall hand moved so that it now reads the end of the history."""

    def __init__(self, wall: datetime) -> None:
        self._shift = wall - super().now()

    def now(self) -> datetime:
        """The moved wall."""
        return super().now() + self._shift


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of one thread took, in seconds."""

    wall: float
    processor: float
    queued: float
    """Ready to run, while other threads had the processors; 0 where the kernel does not count it."""

    @classmethod
    def so_far(cls) -> Spent:
        """Up to now."""
        try:
            queued = int(Path("/proc/thread-self/schedstat").read_text("ascii").split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            queued = 0.0
        return cls(time.perf_counter(), time.thread_time(), queued)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.processor - other.processor, self.queued - other.queued)

    @property
    def own(self) -> float:
        """What the program and the disk took: without waiting for a processor."""
        return self.wall - self.queued


class TimedStore(Store):
    """Measures every writing transaction and checkpoint, from holding the lock to being committed."""

    transactions: list[Spent]
    checkpoints: list[float]

    @contextmanager
    def _transaction(self, *, durable: bool, simulated: bool) -> Iterator[Writes]:
        with super()._transaction(durable=durable, simulated=simulated) as writes:
            begun = Spent.so_far()
            yield writes
        self.transactions.append(Spent.so_far() - begun)

    def checkpoint(self, *, truncate: bool = False) -> int:
        """The same, measured."""
        begun = time.perf_counter()
        waiting = super().checkpoint(truncate=truncate)
        self.checkpoints.append(time.perf_counter() - begun)
        return waiting


def figures(quick: bool) -> list[Figure]:
    """The longest transaction and the latest probe while a day goes."""
    with working_copy(reference_history(quick=quick)) as history, answer_server() as port:
        return measured(history, port)


def measured(history: History, port: int) -> list[Figure]:
    """Run an engine until the day is gone."""
    clock = ShiftedClock(history.end)
    # The day after the first, which is only a part of one.
    keep = clock.now() - (day_of(history.start) + 2 * DAY)
    settings = Settings.model_validate(document(port, keep))
    store = TimedStore.open(history.url, clock=clock)
    assert isinstance(store, TimedStore)
    store.transactions, store.checkpoints = [], []
    policy = RetentionPolicy(monitoring_logs=keep)
    rows = {each.what: each.rows for each in expired(store, policy, clock.now())}["monitoring_logs"]
    engine = EngineThread(
        settings=settings,
        store=store,
        store_url=history.url,
        clock=clock,
        limits=EngineLimits(pace=UpkeepPace(first=_SETTLE_SECONDS)),
    )
    engine.start()
    late, seconds = watch(engine, store, policy, clock)
    engine.stop()
    store.close()
    spent = store.transactions
    longest = max(spent, key=lambda each: each.own)
    return [
        Figure(
            f"retention of {rows:,} rows: longest transaction, without waiting for a processor",
            longest.own * 1000,
            "ms",
            TARGET_TRANSACTION_MS,
            note=f"{longest.processor * 1000:.1f} ms of it on the processor, the rest is the disk; median "
            f"{statistics.median(each.own for each in spent) * 1000:.1f} ms of {len(spent):,}; longest with waiting "
            f"{max(each.wall for each in spent) * 1000:.0f} ms; longest checkpoint "
            f"{max(store.checkpoints, default=0.0) * 1000:.0f} ms",
        ),
        Figure(
            "  most processor time of a transaction",
            max(each.processor for each in spent) * 1000,
            "ms",
            TARGET_TRANSACTION_MS,
        ),
        Figure(
            f"the latest of the probes of {SERVICES} services every {INTERVAL} s meanwhile",
            late,
            "ms",
            TARGET_LATE_MS,
            note=f"all gone after {seconds:.0f} s",
        ),
    ]


def document(port: int, keep: timedelta) -> dict[str, Any]:
    """A configuration in which exactly the oldest days have expired."""
    kept = keep.total_seconds()
    services = [
        {"name": f"bench-{i}", "url": f"http://127.0.0.1:{port}/", "interval": INTERVAL} for i in range(SERVICES)
    ]
    return {
        "services": services,
        "retention": {"monitoring_logs": kept, "rollups": {"minute": kept}, "least_free_mib": 0},
    }


def watch(engine: EngineThread, store: Store, policy: RetentionPolicy, clock: SystemClock) -> tuple[float, float]:
    """Wait for the end; the greatest lateness in ms, and how long it took in s."""
    time.sleep(_SETTLE_SECONDS)
    begin, latest = time.monotonic(), 0.0
    while time.monotonic() - begin < _LIMIT_SECONDS:
        time.sleep(0.5)
        latest = max(latest, engine.status.lateness_ms)
        if int(time.monotonic() - begin) % 5 == 4:
            with store.read() as reads:
                first = day_of(clock.now() - (policy.monitoring_logs or DAY))
                if not reads.services.results(service=None, start=first - 5 * DAY, end=first, limit=1):
                    break
    return latest, time.monotonic() - begin


if __name__ == "__main__":
    from benchmarks.figure import text_table

    print(text_table(figures(quick=False)))
