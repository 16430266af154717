"""Reading the reference history as the screens do: the Overview's picture, and detail charts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from amt_console.clock import FakeClock, Instant
from amt_console.config import load_config
from amt_console.operations.local import LocalOperations
from amt_console.store import Store
from benchmarks.figure import Figure
from benchmarks.history.reference import History, reference_history

TARGET_SNAPSHOT_MS = 20.0
TARGET_GROWTH = 1.5
TARGET_CHART_MS = 50.0
CHARTS = ((24, "24 h"), (168, "7 d"), (720, "30 d"))
CPU = "processor time"


class StandingClock(FakeClock):
    """The wall stands at the history's end; durations pass when told."""

    def pass_time(self, seconds: float) -> None:
        """Let reused figures grow old."""
        self._instant = replace(self._instant, monotonic=self._instant.monotonic + seconds)

    def instant(self) -> Instant:
        """All hands."""
        return self._instant


class BusyStore(Store):
    """Looks as if somebody had committed before each look, as a monitor of many services does."""

    _looks = 0

    def data_version(self) -> int:
        """Another one each time."""
        self._looks += 1
        return super().data_version() + self._looks


class Reader:
    """The use cases on one history."""

    def __init__(self, history: History) -> None:
        self.clock = StandingClock(history.clock().now())
        self.store = BusyStore.open(history.url, clock=self.clock, read_only=True)
        self.names = [service.name for service in history.fleet.services()]
        self.operations = LocalOperations(
            store=self.store,
            store_url=history.url,
            settings=load_config(env={}).settings,
            targets=history.fleet.services(),
            clock=self.clock,
            read_only=True,
        )

    def first_snapshot(self) -> float:
        """Milliseconds of a picture for which everything is read anew, as a process's first one is."""
        self.clock.pass_time(60.0)
        return timed(self.operations.snapshot)

    def snapshot(self) -> float:
        """Milliseconds of the next picture, a second after the one before, with new data."""
        self.clock.pass_time(1.0)
        return timed(self.operations.snapshot)

    def chart(self, name: str, hours: float) -> float:
        """Milliseconds of a service's detail."""
        return timed(lambda: self.operations.service(name, hours=hours))


def timed(action: Callable[[], object]) -> float:
    """Milliseconds of processor time of a call: what it takes where nothing else runs and the file is in memory."""
    begin = time.thread_time()
    action()
    return (time.thread_time() - begin) * 1000


def p95(values: Sequence[float]) -> float:
    """95th percentile."""
    return sorted(values)[int(0.95 * (len(values) - 1))]


def figures(quick: bool) -> list[Figure]:
    """Snapshot and charts on the whole history, and the snapshot on one day of the same services, turn by turn."""
    whole = reference_history(quick=quick)
    day = reference_history(days=1, quick=quick)
    rounds, snapshots = (3, 30) if quick else (5, 60)
    month, short = Reader(whole), Reader(day)
    live: list[tuple[float, float]] = []
    first: list[tuple[float, float]] = []
    live_ratios: list[float] = []
    for _ in range(rounds):
        first += [(month.first_snapshot(), short.first_snapshot()) for _ in range(3)]
        pairs = [(month.snapshot(), short.snapshot()) for _ in range(snapshots)]
        long_times, short_times = zip(*pairs, strict=True)
        live.append((p95(long_times), p95(short_times)))
        live_ratios.append(statistics.median(long_times) / statistics.median(short_times))
    first_ratio = statistics.median(more / less for more, less in first)
    shown = f"{whole.services} services, {(whole.end_minute - whole.start_minute) // 1440} days"
    return [
        Figure(
            f"snapshot, once a second with new data, p95, {shown}", _median(live, 0), "ms", TARGET_SNAPSHOT_MS, note=CPU
        ),
        Figure("  the same on 1 day, p95", _median(live, 1), "ms"),
        Figure("  ratio of the whole history to 1 day", statistics.median(live_ratios), "x", TARGET_GROWTH),
        Figure("first snapshot of a process, everything read anew, median", _median(first, 0), "ms"),
        Figure("  ratio of the whole history to 1 day", first_ratio, "x", TARGET_GROWTH),
        *charts(month, rounds=3 if quick else 5),
    ]


def charts(reader: Reader, rounds: int) -> list[Figure]:
    """Details over the usual windows, p95 over services."""
    reader.operations.snapshot()
    names = reader.names[:: max(1, len(reader.names) // 20)]
    found = []
    for hours, words in CHARTS:
        times = [p95([reader.chart(name, hours) for name in names]) for _ in range(rounds)]
        found.append(
            Figure(
                f"detail chart over {words}, p95 of services", statistics.median(times), "ms", TARGET_CHART_MS, note=CPU
            )
        )
    return found


def _median(pairs: Sequence[tuple[float, float]], column: int) -> float:
    return statistics.median(pair[column] for pair in pairs)
