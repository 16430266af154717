"""The reference history is what the store itself would have written, and every benchmark can be found."""

from __future__ import annotations

import importlib
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from amt_console.clock import FakeClock
from amt_console.store import Store
from benchmarks.__main__ import modules
from benchmarks.figure import Figure, markdown_table, text_table
from benchmarks.history.fleet import DAY_MINUTES, Fleet
from benchmarks.history.reference import write_history

pytestmark = pytest.mark.slow

START_MINUTE = 20_000 * DAY_MINUTES + 17 * 60 + 23
TABLES = ("monitoring_logs", "service_rollups", "service_state", "state_changes")


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(path) as connection:
        columns = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
        shown = ", ".join(name for name in columns if name != "id")
        found = connection.execute(f"SELECT {shown} FROM {table}").fetchall()
    return sorted(found, key=repr)


def test_the_bulk_history_is_what_the_store_would_have_written(tmp_path: Path) -> None:
    fleet, end = Fleet(3, seed=8), START_MINUTE + DAY_MINUTES + 100
    write_history(tmp_path / "bulk.db", fleet, START_MINUTE, end)
    clock = FakeClock(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=end, seconds=1))
    with Store.open(f"sqlite:///{tmp_path / 'store.db'}", clock=clock) as store, store.transaction() as writes:
        for minute in fleet.results(START_MINUTE, end):
            writes.add_results(minute)
    for table in TABLES:
        bulk, own = rows(tmp_path / "bulk.db", table), rows(tmp_path / "store.db", table)
        assert bulk == own, table
        assert len(bulk) >= fleet.count, table
    states = {row[2] for row in rows(tmp_path / "bulk.db", "monitoring_logs")}
    assert states == {"up", "degraded", "down"}


def test_the_same_minute_is_the_same_whenever_it_is_asked_for() -> None:
    fleet = Fleet(3)
    whole = list(fleet.results(START_MINUTE, START_MINUTE + 2000))
    assert list(fleet.results(START_MINUTE + 1500, START_MINUTE + 1600)) == whole[1500:1600]


@pytest.mark.parametrize("module", modules().values())
def test_each_benchmark_can_be_imported_and_offers_figures(module: str) -> None:
    assert callable(importlib.import_module(module).figures)


def test_the_verdict_follows_the_direction_of_the_target() -> None:
    assert Figure("a", 2.0, "ms", 2.0).verdict == "ok"
    assert Figure("a", 2.1, "ms", 2.0).verdict == "MISSED"
    assert Figure("a", 19.0, "x", 20.0, at_least=True).verdict == "MISSED"
    assert Figure("a", None, "ms", 2.0, note="not installed").verdict == "skipped"
    assert Figure("a", 5.0).verdict == ""


def test_tables_show_target_and_measured() -> None:
    figures = [Figure("first frame", 1.234, "x", 1.5), Figure("a | b", None, note="no such program")]
    assert "at most 1.50 x" in text_table(figures)
    assert "1.23 x" in text_table(figures)
    document = markdown_table(figures)
    assert document.count("\n") == 4
    assert "| a / b (no such program) |  | – | skipped |" in document
