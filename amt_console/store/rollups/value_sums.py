"""Sums of the values of checks: number, sum and extremes by value and period.

They only grow: each stored scheduled result adds its values in the transaction that stores it, in any order. So nothing
has to be read before a write, and late results need no second look. Results without values cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from amt_console.model import RESOLUTIONS, ProbeResult, ValueSum
from amt_console.store.engines.dialect import Dialect
from amt_console.store.rollups.buckets import floor
from amt_console.store.rollups.tables import ValueRollupRow
from amt_console.store.schema import table
from amt_console.store.utc import SECOND, micros
from amt_console.store.values import clean_text

_ROLLUPS = table(ValueRollupRow)
_COLUMNS = ("resolution", "start", "service_name", "name", "unit", "samples", "total", "least", "most")
_KEY = ("resolution", "start", "service_name", "name")
_T = _ROLLUPS.name
_ADDED = (
    f"unit = excluded.unit, samples = {_T}.samples + excluded.samples, total = {_T}.total + excluded.total, "
    f"least = CASE WHEN excluded.least < {_T}.least THEN excluded.least ELSE {_T}.least END, "
    f"most = CASE WHEN excluded.most > {_T}.most THEN excluded.most ELSE {_T}.most END"
)
_LARGEST = 1e300
"""Beyond this a sum could not be stored."""

_Row = tuple[int, int, str, str, str | None, int, float, float, float]


class ValueIngest:
    """Adds the values of stored results."""

    def __init__(self, dialect: Dialect) -> None:
        self._add = f"{dialect.bulk(_ROLLUPS, _COLUMNS)} ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {_ADDED}"

    def add(self, connection: Connection, results: Iterable[ProbeResult]) -> None:
        """Add the values of results whose raw rows this transaction stores. Re-checks do not count."""
        found: dict[tuple[int, int, str, str], _Row] = {}
        for result in results:
            if not result.values or result.attempt != 1:
                continue
            at = micros(result.timestamp)
            starts = [(resolution, floor(at, resolution * SECOND) // SECOND) for resolution in RESOLUTIONS]
            for name, value in result.values.items():
                number, label = value.value, clean_text(name)
                if not abs(number) < _LARGEST:
                    continue
                for resolution, start in starts:
                    key = (resolution, start, result.service, label)
                    before = found.get(key)
                    if before is None:
                        found[key] = (*key, value.unit, 1, number, number, number)
                    else:
                        *_, samples, total, least, most = before
                        more = (samples + 1, total + number, min(least, number), max(most, number))
                        found[key] = (*key, value.unit, *more)
        if found:
            connection.exec_driver_sql(self._add, [found[key] for key in sorted(found)])


def sums(
    connection: Connection, *, service: str, resolution: int, start: datetime, end: datetime
) -> dict[str, list[ValueSum]]:
    """By name, oldest first: the buckets that begin in ``[start rounded down, end)``."""
    low = floor(micros(start), resolution * SECOND) // SECOND
    query = (
        select(_ROLLUPS)
        .where(*_within(service, resolution), _ROLLUPS.c.start >= low, _ROLLUPS.c.start < -(-micros(end) // SECOND))
        .order_by(_ROLLUPS.c.start)
    )
    found: dict[str, list[ValueSum]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["name"], []).append(
            ValueSum(
                start_us=row["start"] * SECOND,
                length_us=resolution * SECOND,
                samples=row["samples"],
                total=row["total"],
                least=row["least"],
                most=row["most"],
                unit=row["unit"],
            )
        )
    return found


def totals(
    connection: Connection, *, service: str, resolution: int, start: datetime, end: datetime
) -> dict[str, ValueSum]:
    """By name: everything in the buckets that begin in ``[start rounded down, end)``."""
    low = floor(micros(start), resolution * SECOND) // SECOND
    query = (
        select(
            _ROLLUPS.c.name,
            func.max(_ROLLUPS.c.unit).label("unit"),
            *(func.sum(_ROLLUPS.c[name]).label(name) for name in ("samples", "total")),
            func.min(_ROLLUPS.c.least).label("least"),
            func.max(_ROLLUPS.c.most).label("most"),
        )
        .where(*_within(service, resolution), _ROLLUPS.c.start >= low, _ROLLUPS.c.start < -(-micros(end) // SECOND))
        .group_by(_ROLLUPS.c.name)
        .order_by(_ROLLUPS.c.name)
    )
    return {
        row["name"]: ValueSum(
            start_us=micros(start),
            length_us=micros(end) - micros(start),
            samples=int(row["samples"]),
            total=row["total"],
            least=row["least"],
            most=row["most"],
            unit=row["unit"],
        )
        for row in connection.execute(query).mappings()
    }


def _within(service: str, resolution: int) -> tuple[Any, ...]:
    return _ROLLUPS.c.service_name == service, _ROLLUPS.c.resolution == resolution
