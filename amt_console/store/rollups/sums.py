"""Sums of finished buckets, made by the database in one statement: it answers with one row for each service.

Few rows, because other threads may run between two of them: a screen that is painted meanwhile would wait for each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, Select, case, func, literal, select, union_all

from amt_console.model.histogram import SHORT
from amt_console.store.rollups.buckets import Tally
from amt_console.store.rollups.finished import limited, names_buckets
from amt_console.store.rollups.tables import ServiceRollupRow
from amt_console.store.schema import table
from amt_console.store.utc import SECOND

_ROLLUPS = table(ServiceRollupRow)
_ADDED = ("samples", "errors", "up_us", "degraded_us", "down_us", "maintenance_us", "timed", "sum_us")
"""In the order of ``Tally.numbers``; the extremes follow."""
_COLUMNS = ("service_name", *_ADDED, "min_us", "max_us")
_APART = ","


class BucketSpan(NamedTuple):
    """The finished buckets of a resolution in seconds that begin in ``[low, high)``, in microseconds."""

    resolution: int
    low: int
    high: int


def add_sums(
    connection: Connection,
    stretches: Sequence[BucketSpan],
    services: Collection[str] | None,
    totals: Mapping[str, Tally],
    histograms: Mapping[str, list[bytes]] | None,
) -> None:
    """Add the finished buckets of some stretches to the total of each service that has one.

    Their histograms are appended to those that were found before, in the form of ``encode_counts``, but with the bins
    of all of them one behind the other.
    """
    wanted = [each for each in stretches if each.low < each.high]
    if not wanted:
        return
    starts = [range(each.low // SECOND, -(-each.high // SECOND), each.resolution) for each in wanted]
    named = names_buckets(services, sum(map(len, starts)))
    values: dict[str, Any] = {} if services is None else {"services": sorted(services)}
    for place, (stretch, begins) in enumerate(zip(wanted, starts, strict=True)):
        values[f"resolution{place}"] = stretch.resolution
        if named:
            values[f"starts{place}"] = list(begins)
        else:
            values[f"low{place}"], values[f"high{place}"] = begins.start, begins.stop
    query = _query(
        connection.dialect.name,
        len(wanted),
        named=named,
        of_services=services is not None,
        histograms=histograms is not None,
    )
    for name, *numbers in connection.execute(query, values).all():
        total = totals.get(name)
        if total is None:
            continue
        if histograms is not None:
            long, short = numbers.pop(), numbers.pop()
            if short:
                histograms[name].append(SHORT + bytes.fromhex(short))
            if long:
                histograms[name] += map(bytes.fromhex, long.split(_APART))
        # Sums of big integers come as decimal numbers from PostgreSQL.
        total.add([int(value or 0) for value in numbers])


@cache
def _query(dialect: str, stretches: int, *, named: bool, of_services: bool, histograms: bool) -> Select[Any]:
    """Built once: that takes as long as a small answer."""
    chosen = [_stretch(place, named, of_services, histograms) for place in range(stretches)]
    rows = (chosen[0] if len(chosen) == 1 else union_all(*chosen)).subquery()
    timed = rows.c.timed > 0
    columns: list[Any] = [func.sum(rows.c[each]) for each in _ADDED]
    columns += [func.min(case((timed, rows.c.min_us))), func.max(case((timed, rows.c.max_us)))]
    if histograms:
        head = func.substr(rows.c.histogram, 1, 1)
        short = literal(SHORT, LargeBinary)
        pairs, whole = func.substr(rows.c.histogram, 2), rows.c.histogram
        columns += [
            _joined(dialect, pairs, timed & (head == short), ""),
            _joined(dialect, whole, timed & (head != short), _APART),
        ]
    return select(rows.c.service_name, *columns).group_by(rows.c.service_name)


def _joined(dialect: str, data: Any, where: Any, apart: str) -> Any:
    """As digits: databases join texts."""
    digits = func.encode(data, "hex") if dialect == "postgresql" else func.hex(data)
    return func.aggregate_strings(case((where, digits)), apart)


def _stretch(place: int, named: bool, of_services: bool, histograms: bool) -> Select[Any]:
    columns = [_ROLLUPS.c[each] for each in (*_COLUMNS, *(("histogram",) if histograms else ()))]
    return limited(select(*columns), named=named, of_services=of_services, place=str(place))
