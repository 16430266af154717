"""Reading finished rollup buckets one by one, or by steps for a long chart."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from amt_console.model import Rollup
from amt_console.model.histogram import PackedCounts, decode_counts
from amt_console.store.rollups.buckets import floor, rollup_of
from amt_console.store.rollups.tables import ServiceRollupRow
from amt_console.store.schema import table
from amt_console.store.utc import SECOND, micros, moment

_ROLLUPS = table(ServiceRollupRow)
_NUMBERS = ("samples", "errors", "up_us", "degraded_us", "down_us", "maintenance_us", "timed", "sum_us")
"""In the order of ``Rollup``; minimum, maximum and histogram follow."""
_TIMED_AT = _NUMBERS.index("timed")
_LEAST_AT = len(_NUMBERS)
_STEPS_AT_ONCE = 24
"""Histograms need much memory."""
FEW_SERVICES = 8
"""So many services are named in a query; of more it is quicker to read those of all."""
_MOST_STARTS = 10_000
_DIGITS = 16
_NEAR = 4
"""Buckets: services whose newest results are not further apart are looked at together."""


Measured = tuple[int, int, int, int, int]
"""Start, time up, degraded or down, time down, number of response times and their sum; all times in microseconds."""


class _Wanted(Enum):
    BUCKETS = auto()
    BUCKETS_WITH_HISTOGRAMS = auto()
    COURSES = auto()
    NUMBER = auto()
    STARTS = auto()


def each(
    connection: Connection,
    resolution: int,
    low: int,
    high: int,
    services: Collection[str] | None,
    *,
    histograms: bool,
) -> Iterator[tuple[str, Rollup]]:
    """The finished buckets that begin in ``[low, high)``, in microseconds; without ``histograms`` theirs are empty."""
    wanted = _Wanted.BUCKETS_WITH_HISTOGRAMS if histograms else _Wanted.BUCKETS
    for name, start, *numbers in _rows(connection, wanted, resolution, low, high, services):
        counts = decode_counts(bytes(numbers.pop())) if histograms else {}
        yield name, rollup_of(start * SECOND, resolution * SECOND, numbers, counts)


def add_measured(
    connection: Connection,
    resolution: int,
    low: int,
    high: int,
    services: Collection[str] | None,
    courses: Mapping[str, list[Measured]],
) -> None:
    """Append the finished buckets that begin in ``[low, high)``, oldest first, to the course of each service that has
    one.

    The database joins the numbers of a service to one text. Of thousands of rows each would give other threads a turn.
    """
    if low >= high:
        return
    for name, digits in _rows(connection, _Wanted.COURSES, resolution, low, high, services):
        course = courses.get(name)
        if course is not None:
            numbers = array("q", bytes.fromhex(digits))
            if sys.byteorder == "little":
                numbers.byteswap()
            each = iter(numbers)
            course += sorted(zip(each, each, each, each, each, strict=True))


def each_step(
    connection: Connection, resolution: int, low: int, high: int, step: int
) -> Iterator[tuple[str, int, Rollup]]:
    """The finished buckets that begin in ``[low, high)``, summed up by steps from ``low`` on; times in microseconds.

    Each with its service and the number of its step. No object is made for a bucket: a month has tens of thousands.
    """
    piece = step * _STEPS_AT_ONCE
    for begin in range(low, high, piece):
        rows = _rows(connection, _Wanted.BUCKETS_WITH_HISTOGRAMS, resolution, begin, min(high, begin + piece), None)
        if rows:
            yield from _summed(rows, low, step)


def _summed(rows: Sequence[Any], low: int, step: int) -> Iterator[tuple[str, int, Rollup]]:
    import numpy as np

    from amt_console.model.many_histograms import sums_of_groups

    names, starts, *columns, least, most, encoded = zip(*rows, strict=True)
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    # The number of the step and the place of the service in one.
    steps = (np.array(starts, np.int64) * SECOND - low) // step
    keys = steps * len(places) + np.fromiter(map(places.__getitem__, names), np.int64, len(names))
    order = np.argsort(keys, kind="stable")
    first = np.flatnonzero(np.diff(keys[order], prepend=-1))
    found = keys[order][first]
    groups = np.searchsorted(found, keys)
    values = np.array((*columns, least, most), np.int64)[:, order]
    sums = np.add.reduceat(values[:_LEAST_AT], first, axis=1)
    # A bucket without answers has no smallest one.
    timed = np.where(values[_TIMED_AT] > 0, values[_LEAST_AT], np.iinfo(np.int64).max)
    smallest = np.where(sums[_TIMED_AT] > 0, np.minimum.reduceat(timed, first), 0)
    totals = np.vstack((sums, smallest, np.maximum.reduceat(values[-1], first))).T.tolist()
    histograms = sums_of_groups(list(map(bytes, encoded)), groups, len(found))
    in_order = list(places)
    for key, total, histogram in zip(found.tolist(), totals, histograms, strict=True):
        index, place = divmod(key, len(places))
        yield in_order[place], index, rollup_of(low + index * step, step, total, PackedCounts(histogram))


def unmeasured(
    connection: Connection, resolution: int, start: datetime, until: Mapping[str, datetime]
) -> dict[str, list[tuple[datetime, datetime]]] | None:
    """The stretches without a finished bucket from ``start`` on, up to the bucket of a moment of each service.

    ``None`` if there is no finished bucket at all.
    """
    length = resolution * SECOND
    low = floor(micros(start), length)
    ends = {name: max(low, floor(micros(end), length)) for name, end in until.items()}
    high = max(ends.values(), default=low)
    if low >= high:
        return {}
    few = list(ends) if len(ends) <= FEW_SERVICES else None
    # Most services end within the same few buckets, and every bucket up to there is stored: those are only counted.
    cut = min(end for end in ends.values() if high - end <= _NEAR * length)
    counted = dict[str, int](map(tuple, _rows(connection, _Wanted.NUMBER, resolution, low, cut, few)))
    newest = _rows(connection, _Wanted.STARTS, resolution, cut, high, few) if cut < high else ()
    if not counted and not newest:
        return None
    whole = {name for name, end in ends.items() if end >= cut and counted.get(name, 0) == (cut - low) // length}
    holey = [name for name in ends if name not in whole]
    starts: dict[str, set[int]] = {name: set() for name in ends}
    for name, begin in newest:
        if name in whole:
            starts[name].add(begin * SECOND)
    for name, begin in _rows(connection, _Wanted.STARTS, resolution, low, high, holey) if holey else ():
        starts[name].add(begin * SECOND)
    found = {}
    for name, known in starts.items():
        holes: list[tuple[datetime, datetime]] = []
        begin = cut if name in whole else low
        for at in [*sorted(at for at in known if at < ends[name]), ends[name]]:
            if at > begin:
                holes.append((moment(begin), moment(at)))
            begin = at + length
        if holes:
            found[name] = holes
    return found


def _rows(
    connection: Connection, wanted: _Wanted, resolution: int, low: int, high: int, services: Collection[str] | None
) -> Sequence[Any]:
    values: dict[str, Any] = {"resolution": resolution, "low": low // SECOND, "high": -(-high // SECOND)}
    starts = range(values["low"], values["high"], resolution)
    named = names_buckets(services, len(starts))
    if named:
        values["starts"] = list(starts)
    if services is not None:
        values["services"] = sorted(services)
    query = _query(connection.dialect.name, wanted, named, services is not None)
    return connection.execute(query, values).all()


@cache
def _query(dialect: str, wanted: _Wanted, named: bool, of_services: bool) -> Select[Any]:
    """Built once: that takes as long as a small answer."""
    return limited(_columns(dialect, wanted), named=named, of_services=of_services)


def names_buckets(services: Collection[str] | None, buckets: int) -> bool:
    """Whether a query names each bucket: the key begins with the time, so that is a few hundred seeks instead of a scan
    over all services.
    """
    return services is not None and len(services) <= FEW_SERVICES and buckets <= _MOST_STARTS


def limited(query: Select[Any], *, named: bool, of_services: bool, place: str = "") -> Select[Any]:
    """The query, limited to a resolution, to the time of its buckets, and to services.

    Its parameters are ``resolution``, ``starts`` or else ``low`` and ``high``, all in seconds and with ``place`` behind
    them, and ``services``.
    """
    start, name = _ROLLUPS.c.start, _ROLLUPS.c.service_name
    query = query.where(_ROLLUPS.c.resolution == bindparam(f"resolution{place}"))
    if named:
        query = query.where(start.in_(bindparam(f"starts{place}", expanding=True)))
    else:
        query = query.where(start >= bindparam(f"low{place}"), start < bindparam(f"high{place}"))
    return query.where(name.in_(bindparam("services", expanding=True))) if of_services else query


def _columns(dialect: str, wanted: _Wanted) -> Select[Any]:
    name = _ROLLUPS.c.service_name
    if wanted is _Wanted.NUMBER:
        return select(name, func.count()).group_by(name)
    if wanted is _Wanted.STARTS:
        return select(name, _ROLLUPS.c.start)
    if wanted is _Wanted.COURSES:
        parts = _ROLLUPS.c
        known = parts.up_us + parts.degraded_us + parts.down_us
        numbers = _digits(dialect, parts.start * SECOND, known, parts.down_us, parts.timed, parts.sum_us)
        return select(name, func.aggregate_strings(numbers, "")).group_by(name)
    columns = [_ROLLUPS.c[each] for each in ("start", *_NUMBERS, "min_us", "max_us")]
    return select(name, *columns, *([_ROLLUPS.c.histogram] if wanted is _Wanted.BUCKETS_WITH_HISTOGRAMS else []))


def _digits(dialect: str, *numbers: Any) -> Any:
    """Whole numbers as 16 hexadecimal digits each."""
    if dialect == "postgresql":
        return func.concat(*(func.lpad(func.to_hex(each), _DIGITS, "0") for each in numbers))
    return func.printf(f"%0{_DIGITS}x" * len(numbers), *numbers)
