"""Storing results: microseconds of CPU per row, beside what SQLModel's usual way costs in the same run."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlmodel import Session

from amt_console.clock import FakeClock
from amt_console.model import Phases, ProbeResult, ServiceState
from amt_console.store import Store
from amt_console.store.engines.sqlite import Sqlite
from amt_console.store.result_rows import LOG_COLUMNS, result_values
from amt_console.store.rollups.samples import sample_of
from amt_console.store.schema import StoreTable, table
from amt_console.store.tables import MonitoringLog
from benchmarks.figure import Figure, text_table

SERVICES = 1000
INTERVAL = 15
START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TARGET_PER_SECOND = 20_000
RAW_RATIO = 34.0
"""15 microseconds a row on the machine where SQLModel takes 508."""


def cycle(number: int) -> list[ProbeResult]:
    """One probe of each service, as the collector hands them over."""
    moment = START + timedelta(seconds=number * INTERVAL)
    return [
        ProbeResult(
            service=f"service-{i:04d}",
            timestamp=moment + timedelta(milliseconds=i * INTERVAL),
            state=ServiceState.DOWN if (i + number) % 301 == 0 else ServiceState.UP,
            interval=INTERVAL,
            response_time_ms=20 + (i * 7919 + number * 104729) % 1000 / 7,
            phases=Phases(dns_ms=0.3, connect_ms=1.2, tls_ms=None, first_byte_ms=15.7, transfer_ms=0.4),
            status_code=200,
            final_url="http://127.0.0.1:5000/api/health",
            ip="127.0.0.1",
            ip_family="ipv4",
            http_version="1.1",
            body_bytes=512,
        )
        for i in range(SERVICES)
    ]


def cpu_per_item(action: Callable[[], int]) -> float:
    """CPU microseconds of this process per item that ``action`` has stored."""
    begin = time.process_time()
    items = action()
    return (time.process_time() - begin) / items * 1e6


def store_cycles(store: Store, first: int, cycles: int, batch: int) -> Callable[[], int]:
    """Whole results through the store: raw rows, states, changes and rollups."""
    prepared = [cycle(number) for number in range(first, first + cycles)]

    def action() -> int:
        for results in prepared:
            for begin in range(0, SERVICES, batch):
                with store.transaction() as writes:
                    writes.add_results(results[begin : begin + batch])
        return cycles * SERVICES

    return action


def raw_rows(engine: Engine, number: int) -> Callable[[], int]:
    """Raw rows alone, one list in one transaction."""
    results = cycle(number)
    dialect = Sqlite(engine.url, read_only=False)
    statement = dialect.bulk(table(MonitoringLog), LOG_COLUMNS)

    def action() -> int:
        rows = [
            result_values(result, sample_of(result), dialect.moment_value(result.timestamp), False)
            for result in results
        ]
        with engine.begin() as connection:
            connection.exec_driver_sql(statement, rows)
        return len(rows)

    return action


def sqlmodel_rows(engine: Engine, number: int, count: int = 200) -> Callable[[], int]:
    """SQLModel as its tutorial does it: add, commit, refresh for each row."""
    values = (result_values(each, sample_of(each), each.timestamp, False) for each in cycle(number)[:count])
    rows = [dict(zip(LOG_COLUMNS, row, strict=True)) for row in values]

    def action() -> int:
        for row in rows:
            with Session(engine) as session:
                log = MonitoringLog(**row)
                session.add(log)
                session.commit()
                session.refresh(log)
        return len(rows)

    return action


def plain_engine(path: Path) -> Engine:
    """A database with the same table and nothing else."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
    StoreTable.metadata.create_all(engine, tables=[table(MonitoringLog)])
    return engine


def measure(rounds: int) -> dict[str, float]:
    """Median CPU microseconds a row of each way of storing."""
    with tempfile.TemporaryDirectory() as folder:
        engine = plain_engine(Path(folder) / "plain.db")
        with Store.open(f"sqlite:///{folder}/store.db", clock=FakeClock(START)) as store:
            store_cycles(store, 0, 4, 1000)()
            found: dict[str, list[float]] = {"whole": [], "half": [], "raw": [], "sqlmodel": []}
            for number in range(rounds):
                first = 4 + number * 8
                found["whole"].append(cpu_per_item(store_cycles(store, first, 4, 1000)))
                found["half"].append(cpu_per_item(store_cycles(store, first + 4, 4, 500)))
                found["raw"].append(cpu_per_item(raw_rows(engine, number)))
                found["sqlmodel"].append(cpu_per_item(sqlmodel_rows(engine, rounds + number)))
                store.checkpoint()
        engine.dispose()
    return {name: statistics.median(values) for name, values in found.items()}


def figures(quick: bool) -> list[Figure]:
    """Processor time of a stored result, absolute and beside SQLModel's add, commit and refresh of each row."""
    median = measure(3 if quick else 9)
    return [
        Figure(
            f"results with rollups, {SERVICES:,} services every {INTERVAL} s, a batch of 1,000",
            1e6 / median["whole"],
            "/s",
            TARGET_PER_SECOND,
            at_least=True,
            note="by processor time",
        ),
        Figure("  the same, batches of 500", 1e6 / median["half"], "/s", TARGET_PER_SECOND, at_least=True),
        Figure("  SQLModel row by row / results with rollups", median["sqlmodel"] / median["whole"], "x"),
        Figure(
            "  SQLModel row by row / raw rows alone", median["sqlmodel"] / median["raw"], "x", RAW_RATIO, at_least=True
        ),
        Figure("  a raw row alone", median["raw"], "us"),
    ]


if __name__ == "__main__":
    print(text_table(figures(quick=False)))
