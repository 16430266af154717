"""The past on the reference history: a jump to any moment of it, the next change, and the first picture of a month."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from amt_console.model.queries import BusinessQuery, ChangeQuery, HostQuery, IncidentsQuery, StatesQuery
from benchmarks.figure import Figure
from benchmarks.history.reference import History, reference_history
from benchmarks.overview import CPU, Reader, p95, timed

TARGET_JUMP_MS, TARGET_CHANGE_MS, TARGET_MONTH_MS = 150.0, 20.0, 50.0
MONTH_HOURS = 720.0


def figures(quick: bool) -> list[Figure]:
    """Each at many moments of the history, by processor time."""
    history = reference_history(quick=quick)
    reader = Reader(history)
    moments = _moments(history, 12 if quick else 40)
    with reader.store.read() as reads:
        alerts = reads.alerts.episodes(start=history.start, end=history.end, limit=len(moments))
    numbers = [each.id or 0 for each in alerts]
    operations = reader.operations

    def jump(index: int, at: datetime) -> None:
        operations.snapshot(at)
        # An alert is looked at when it was open already.
        operations.alert(numbers[index % len(numbers)], at=history.end)
        operations.ask(StatesQuery(at=at))

    def month(read: Callable[[], object]) -> float:
        return statistics.median(timed(read) for _ in range(5 if quick else 15))

    jumps = [timed(lambda index=index, at=at: jump(index, at)) for index, at in enumerate(moments)]  # type: ignore[misc]
    changes = [
        timed(lambda at=at, later=later: operations.ask(ChangeQuery(at=at, later=later)))  # type: ignore[misc]
        for at in moments
        for later in (False, True)
    ]
    shown = f"{history.services} services, {(history.end_minute - history.start_minute) // 1440} days"
    return [
        Figure(
            f"jump in time: snapshot, an alert, the last hour; p95, {shown}", p95(jumps), "ms", TARGET_JUMP_MS, note=CPU
        ),
        Figure("next or previous change, p95", p95(changes), "ms", TARGET_CHANGE_MS, note=CPU),
        *(
            Figure(f"{name} over 30 d in few buckets", month(read), "ms", target, note=CPU)
            for name, read, target in (
                ("host", lambda: operations.ask(HostQuery(hours=MONTH_HOURS)), TARGET_MONTH_MS),
                ("business", lambda: operations.ask(BusinessQuery(hours=MONTH_HOURS)), TARGET_MONTH_MS),
                (
                    "service",
                    lambda: operations.service(reader.names[0], hours=MONTH_HOURS, at=history.end, most_buckets=60),
                    TARGET_MONTH_MS,
                ),
                ("incidents", lambda: operations.ask(IncidentsQuery(hours=MONTH_HOURS)), None),
                ("states of all services", lambda: operations.ask(StatesQuery(hours=MONTH_HOURS)), None),
            )
        ),
    ]


def _moments(history: History, count: int) -> list[datetime]:
    """Spread over the history but for its first two days, which have too little before them."""
    chance = Random(1)
    length = (history.end - history.start - timedelta(days=2)).total_seconds()
    return [history.end - timedelta(seconds=chance.uniform(1, length)) for _ in range(count)]
