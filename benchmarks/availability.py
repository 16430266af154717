"""Availability and percentiles of all services over the whole history: from rollups, and from every row by pandas."""

from __future__ import annotations

import sqlite3
import statistics
import time
from typing import Any

import pandas  # type: ignore[import-untyped,unused-ignore]

from amt_console.store import Store
from amt_console.store.utc import sqlite_text
from benchmarks.figure import Figure
from benchmarks.history.reference import History, reference_history

TARGET_RATIO = 100.0
TARGET_ERROR_PERCENT = 5.0
QUANTILES = (0.5, 0.95, 0.99)
_QUERY = "SELECT timestamp, service_name, status, response_us FROM monitoring_logs WHERE timestamp >= ?"
Answers = dict[str, tuple[float, ...]]
"""By service: percent up, then the quantiles in milliseconds."""


def from_rollups(store: Store, history: History) -> Answers:
    """As the reports ask."""
    found: Answers = {}
    with store.read() as reads:
        for name, total in reads.services.totals(start=history.start, end=history.end).items():
            assert total.availability is not None
            found[name] = (100 * total.availability, *(total.histogram.quantile(q) or 0.0 for q in QUANTILES))
    return found


def from_pandas(history: History) -> Answers:
    """Every row into a data frame, grouped by service."""
    with sqlite3.connect(history.path) as connection:
        rows: Any = pandas.read_sql_query(
            _QUERY, connection, params=(sqlite_text(history.start),), parse_dates=["timestamp"]
        )
    rows["up"] = rows["status"] != "down"
    shares = rows.groupby("service_name")["up"].mean() * 100
    quantiles = rows[rows["up"]].groupby("service_name")["response_us"].quantile(list(QUANTILES)) / 1000
    return {name: (float(shares[name]), *(float(quantiles[name][q]) for q in QUANTILES)) for name in shares.index}


def figures(quick: bool) -> list[Figure]:
    """The ratio of both ways, and how far their percentiles are apart."""
    history = reference_history(quick=quick)
    with Store.open(history.url, clock=history.clock(), read_only=True) as store:
        ours = from_rollups(store, history)
        times = []
        for _ in range(5):
            begin = time.process_time()
            from_rollups(store, history)
            times.append(time.process_time() - begin)
    begin = time.process_time()
    exact = from_pandas(history)
    raw = time.process_time() - begin
    apart = max(
        abs(mine - true) / true * 100
        for name, answers in exact.items()
        for mine, true in zip(ours[name][1:], answers[1:], strict=True)
    )
    quick_seconds = statistics.median(times)
    days = (history.end_minute - history.start_minute) // 1440
    return [
        Figure(
            f"availability and percentiles of {history.services} services over {days} days, "
            "ratio of reading all rows into pandas to rollups",
            raw / quick_seconds,
            "x",
            None if quick else TARGET_RATIO,
            at_least=True,
            note="processor time",
        ),
        Figure("  from rollups", quick_seconds * 1000, "ms"),
        Figure(f"  from {history.rows:,} rows", raw, "s", note="pandas; all rows, once"),
        Figure("  largest difference of a percentile to the exact one", apart, "%", TARGET_ERROR_PERCENT),
    ]
