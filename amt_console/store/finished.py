"""Reading finished rollup buckets: one by one for charts, or summed up by the database for totals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from amt_console.store.buckets import Bucket
from amt_console.store.derived_tables import ServiceRollupRow
from amt_console.store.histogram import add_encoded, decode_counts
from amt_console.store.schema import table
from amt_console.store.utc import SECOND

_ROLLUPS = table(ServiceRollupRow)
_TIMED = _ROLLUPS.c.timed > 0
_NUMBERS = ("samples", "errors", "up_us", "degraded_us", "down_us", "maintenance_us", "timed", "sum_us")
"""In the order of ``Bucket``; minimum, maximum and histogram follow."""
_FEW = 8
_MOST_STARTS = 10_000


def each(
    connection: Connection,
    resolution: int,
    low: int,
    high: int,
    services: Collection[str] | None,
    *,
    histograms: bool,
) -> Iterator[tuple[str, Bucket]]:
    """The finished buckets that begin in ``[low, high)``, in microseconds; without ``histograms`` theirs are empty."""
    columns = [_ROLLUPS.c[name] for name in ("start", *_NUMBERS, "min_us", "max_us")]
    query = select(_ROLLUPS.c.service_name, *columns, *([_ROLLUPS.c.histogram] if histograms else []))
    for row in connection.execute(_within(query, resolution, low, high, services)):
        name, start, *numbers = row
        if histograms:
            numbers[-1] = decode_counts(bytes(numbers[-1]))
        yield name, Bucket(start * SECOND, *numbers)


def add_sums(
    connection: Connection,
    resolution: int,
    low: int,
    high: int,
    services: Collection[str] | None,
    sums: Mapping[str, Bucket],
) -> None:
    """Add the finished buckets that begin in ``[low, high)`` to the sum of their service, where it has one."""
    if low >= high:
        return
    numbers: list[Any] = [func.sum(_ROLLUPS.c[name]) for name in _NUMBERS]
    least = func.min(case((_TIMED, _ROLLUPS.c.min_us)))
    most = func.max(case((_TIMED, _ROLLUPS.c.max_us)))
    grouped = select(_ROLLUPS.c.service_name, *numbers, least, most).group_by(_ROLLUPS.c.service_name)
    for name, *values in connection.execute(_within(grouped, resolution, low, high, services)):
        if name in sums:
            # Sums of big integers come as decimal numbers from PostgreSQL.
            whole: list[Any] = [int(value or 0) for value in values]
            sums[name].add(Bucket(low, *whole))
    encoded = select(_ROLLUPS.c.service_name, _ROLLUPS.c.histogram).where(_TIMED)
    for name, data in connection.execute(_within(encoded, resolution, low, high, services)):
        if name in sums:
            add_encoded(sums[name].histogram, bytes(data))


def _within(query: Select[Any], resolution: int, low: int, high: int, services: Collection[str] | None) -> Select[Any]:
    query = query.where(_ROLLUPS.c.resolution == resolution)
    starts = range(low // SECOND, -(-high // SECOND), resolution)
    if services is not None and len(services) <= _FEW and len(starts) <= _MOST_STARTS:
        # The key begins with the time: naming each bucket is a few hundred seeks instead of a scan over all services.
        query = query.where(_ROLLUPS.c.start.in_(list(starts)))
    else:
        query = query.where(_ROLLUPS.c.start >= low // SECOND, _ROLLUPS.c.start < -(-high // SECOND))
    return query if services is None else query.where(_ROLLUPS.c.service_name.in_(sorted(services)))
