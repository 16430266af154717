"""Reads of the nearest row seek: what they cost does not grow with the history."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import column, create_engine, select, text

from amt_console.store.readable import Bound, first

START = datetime(2026, 1, 1, tzinfo=UTC)
time: Any = column("timestamp")
FEW_STEPS = 10
"""Hundreds of instructions of SQLite's machine; going through all rows takes ten times as many."""


@pytest.mark.parametrize(
    ("order", "low", "high"),
    [
        (time.desc(), None, time < text("'2026-01-01'")),
        (time, time > text("'2026-01-03'"), None),
    ],
)
def test_the_nearest_row_is_sought_by_the_bound_of_the_query(order: Any, low: Bound, high: Bound) -> None:
    engine = create_engine("sqlite://")
    steps: list[int] = []
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE rows (id INTEGER PRIMARY KEY, timestamp TEXT)")
        connection.exec_driver_sql("CREATE INDEX by_time ON rows (timestamp)")
        times = [(str(START + timedelta(seconds=n)),) for n in range(2000)]
        connection.exec_driver_sql("INSERT INTO rows (timestamp) VALUES (?)", times)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(lambda: steps.append(1), 100)
        query = select(time).select_from(text("rows"))
        assert first(connection, query, time, order, low=low, high=high) is None
    engine.dispose()
    assert len(steps) < FEW_STEPS
