"""Writes the services of the reference history in bulk: the rows that the store would have written.

Rollups come from the store's own arithmetic, columns and statements from its own modules; what is left out is the look
at what is there already, since nothing is. The last day's state of each service is then left to the store itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from amt_console.model import ServiceState
from amt_console.store.engines.sqlite import Sqlite
from amt_console.store.result_rows import LOG_COLUMNS, result_values
from amt_console.store.rollups.buckets import OpenBuckets, Sample
from amt_console.store.rollups.rows import ROLLUP_COLUMNS, rollup_values
from amt_console.store.rollups.samples import sample_of
from amt_console.store.rollups.tables import ServiceRollupRow, StateChangeLog
from amt_console.store.schema import table
from amt_console.store.tables import MonitoringLog
from amt_console.store.utc import SECOND, moment, sqlite_text
from benchmarks.history.fleet import DAY_MINUTES, INTERVAL, Answer, Fleet

CHUNK_MINUTES = 360
_MINUTE_US = 60 * SECOND
_CHANGE_COLUMNS = ("timestamp", "service_name", "state", "previous", "error_class", "error_message")
_MARK_US = 777_777
Row = tuple[Any, ...]


@dataclass(slots=True)
class _Chunk:
    """Rows of one transaction."""

    logs: list[list[Row]] = field(default_factory=list)
    """One list a service."""
    rollups: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)

    def in_time_order(self) -> Iterator[Row]:
        """The raw rows as probes alternate."""
        for minute in zip(*self.logs, strict=True):
            yield from minute


class _Series:
    """The rows of one service, minute by minute."""

    def __init__(self, fleet: Fleet, index: int) -> None:
        self._fleet = fleet
        self._index = index
        self._name = fleet.name(index)
        self._offset = fleet.offset_us(index)
        self._seconds = f"{self._offset / SECOND:09.6f}"
        self._before: Sample | None = None
        self._open: OpenBuckets | None = None
        marked = self._values(0, Answer(ServiceState.UP, _MARK_US))
        self._head, self._tail = marked[LOG_COLUMNS.index("metrics")].split(repr(round(_MARK_US / 1000 - 0.3, 3)))

    def add(self, answers: Sequence[Answer], start_minute: int, chunk: _Chunk) -> None:
        """Enter the rows of successive minutes."""
        logs: list[Row] = []
        name, before, buckets = self._name, self._before, self._open
        for minute, answer in enumerate(answers, start_minute):
            at = minute * _MINUTE_US + self._offset
            sample = Sample(at, answer.state, INTERVAL * SECOND, 1, answer.response_us)
            row = self._row(minute, answer)
            logs.append(row)
            if buckets is None:
                buckets = OpenBuckets.at(at)
            for resolution, bucket in buckets.append(before, sample):
                chunk.rollups.append(rollup_values(name, resolution, bucket))
            if before is None or before.state is not answer.state:
                previous = None if before is None else before.state.value
                chunk.changes.append((row[0], name, answer.state.value, previous, row[7], row[4]))
            before = sample
        self._before, self._open = before, buckets
        chunk.logs.append(logs)

    def _row(self, minute: int, answer: Answer) -> Row:
        response = answer.response_us
        if answer.state is not ServiceState.UP or response is None:
            return self._values(minute, answer)
        return (
            f"{_minute_text(minute)}:{self._seconds}",
            self._name,
            "up",
            (response + 500) // 1000,
            None,
            f"{self._head}{round(response / 1000 - 0.3, 3)!r}{self._tail}",
            response,
            None,
            1,
            INTERVAL * SECOND,
            False,
        )

    def _values(self, minute: int, answer: Answer) -> Row:
        """The store's own row of a result."""
        result = self._fleet.result(self._index, minute, answer)
        return result_values(result, sample_of(result), sqlite_text(result.timestamp), False)


@lru_cache(maxsize=2 * CHUNK_MINUTES)
def _minute_text(minute: int) -> str:
    return f"{moment(0) + timedelta(minutes=minute):%Y-%m-%d %H:%M}"


def write_part(
    path: Path,
    fleet: Fleet,
    indexes: Sequence[int],
    start_minute: int,
    end_minute: int,
    turn: AbstractContextManager[Any],
) -> None:
    """Write some of the services; ``turn`` is held while writing, so that several processes can share the work."""
    dialect = Sqlite(make_url(f"sqlite:///{path}"), read_only=False)
    statements = (
        dialect.bulk(table(MonitoringLog), LOG_COLUMNS),
        dialect.bulk(table(ServiceRollupRow), ROLLUP_COLUMNS),
        dialect.bulk(table(StateChangeLog), _CHANGE_COLUMNS),
    )
    series = {index: _Series(fleet, index) for index in indexes}
    connection = sqlite3.connect(path, isolation_level=None, timeout=60)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-131072"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    for day in range(start_minute // DAY_MINUTES, -(-end_minute // DAY_MINUTES)):
        first = day * DAY_MINUTES
        answers = {index: fleet.day(index, day) for index in indexes}
        for begin in range(first, first + DAY_MINUTES, CHUNK_MINUTES):
            low, high = max(begin, start_minute), min(begin + CHUNK_MINUTES, end_minute)
            if low >= high:
                continue
            chunk = _Chunk()
            for index, rows in series.items():
                rows.add(answers[index][low - first : high - first], low, chunk)
            chunk.rollups.sort(key=_key)
            with turn:
                connection.execute("BEGIN IMMEDIATE")
                for statement, values in zip(
                    statements, (chunk.in_time_order(), chunk.rollups, chunk.changes), strict=True
                ):
                    connection.executemany(statement, values)
                connection.execute("COMMIT")
    connection.close()


def _key(row: Row) -> tuple[Any, ...]:
    return row[:3]
