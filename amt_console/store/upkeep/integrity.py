"""Whether the sums agree with the rows that they were made of, on a sample; and making them anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from amt_console.clock import Clock
from amt_console.model import Rollup
from amt_console.store.rollups import rebuild
from amt_console.store.rollups.buckets import floor, fold, minutes_of
from amt_console.store.rollups.samples import sample_of_row
from amt_console.store.rollups.tables import ServiceStateRow
from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.tables import MonitoringLog
from amt_console.store.upkeep.time_mender import TimeMender
from amt_console.store.utc import SECOND, micros, moment

_LOGS, _STATE = table(MonitoringLog), table(ServiceStateRow)
_HOUR, _DAY = 3600 * SECOND, 86_400 * SECOND
_ROWS = 500
"""Raw rows that one transaction of a rebuild should read."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An hour of a service whose stored sum is not that of its rows."""

    service: str
    start: datetime
    stored: str
    found: str


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch that was recomputed, and how far the whole is."""

    service: str
    done: int
    total: int


def disagreements(store: Store, *, sample: int = 50, seed: int = 0) -> tuple[int, list[Disagreement]]:
    """Compare some finished hours of services with their raw rows; returns how many, and those that differ.

    Raises StoreError.
    """
    chance = random.Random(seed)
    with store.read() as reads:
        connection = reads._connection
        hours = {name: _finished(connection, name) for name in rebuild.services(connection)}
    hours = {name: span for name, span in hours.items() if len(span)}
    looked, wrong = 0, []
    for _ in range(sample if hours else 0):
        name = chance.choice(sorted(hours))
        start = chance.choice(hours[name])
        looked += 1
        with store.read() as reads:
            difference = _compare(reads._connection, name, start)
        if difference is not None and difference not in wrong:
            wrong.append(difference)
    return looked, wrong


def rebuild_since(
    store: Store, since: datetime, *, clock: Clock, interval_of: Callable[[str], float] | None = None
) -> Iterator[Part]:
    """Recompute the sums of all services and of the host from the raw rows since a moment, in short transactions.

    What lies before the raw rows that are still there is left as it is. Goes a step with each item.

    Args:
        store: The database.
        since: The moment.
        clock: The time.
        interval_of: Seconds between probes of a service, for rows of other programs: they say nothing of it, and would
            speak for no time. By default they stay as they are.

    Raises:
        StoreError: The database cannot be written.
    """
    mender = TimeMender(store)
    while mender.step():
        pass
    if interval_of is not None:
        _give_intervals(store, interval_of)
    with store.read() as reads:
        connection = reads._connection
        names = [*rebuild.services(connection), *rebuild.services_without_state(connection)]
        plan = [each for name in names for each in _stretches(connection, name, since)]
    for done, (name, start, end) in enumerate(plan, 1):
        with store.transaction() as writes:
            writes._ingesters.results.rebuild(writes._connection, name, start, end)
        yield Part(name, done, len(plan) + 1)
    with store.transaction() as writes:
        writes.rebuild_host(since, clock.now())
    yield Part("host", len(plan) + 1, len(plan) + 1)


def _give_intervals(store: Store, interval_of: Callable[[str], float]) -> None:
    """Give the rows without an interval that of their service."""
    without = _LOGS.c.interval_us <= 0
    with store.read() as reads:
        names = sorted(reads._connection.execute(select(_LOGS.c.service_name).where(without).distinct()).scalars())
    for name in names:
        interval = round(interval_of(name) * SECOND)
        with store.transaction() as writes:
            rows = update(_LOGS).where(without, _LOGS.c.service_name == name)
            writes._connection.execute(rows.values(interval_us=interval))


def _first_and_newest(connection: Connection, name: str) -> tuple[int, int] | None:
    """The first hour that the raw rows tell wholly, and the newest result, in microseconds."""
    extent = rebuild.extent(connection, name)
    if extent is None:
        return None
    first = floor(micros(extent[0]), _HOUR)
    whole = rebuild.whole_from(connection, name)
    return (first if whole is None else max(first, whole)), micros(extent[1]) - 1


def _finished(connection: Connection, name: str) -> range:
    """The hours before the one that the service's state is in; single results may lie ahead of that."""
    span = _first_and_newest(connection, name)
    now = connection.execute(select(_STATE.c.timestamp).where(_STATE.c.service_name == name)).scalar()
    if span is None or now is None:
        return range(0)
    return range(span[0], floor(min(span[1], micros(now)), _HOUR), _HOUR)


def _compare(connection: Connection, name: str, start: int) -> Disagreement | None:
    samples = [sample_of_row(row) for row in rebuild.rows_around(connection, name, start, start + _HOUR)]
    found = fold(start, _HOUR, minutes_of(samples, start, start + _HOUR).values())
    stored = next(iter(rebuild.stored(connection, name, _HOUR, start, start + _HOUR)), Rollup(start, _HOUR))
    if found == stored:
        return None
    return Disagreement(name, moment(start), _words(stored), _words(found))


def _words(rollup: Rollup) -> str:
    return (
        f"{rollup.samples} samples, {rollup.errors} errors, up {rollup.up_s:g} s, "
        f"degraded {rollup.degraded_s:g} s, down {rollup.down_s:g} s"
    )


def _stretches(connection: Connection, name: str, since: datetime) -> Iterator[tuple[str, int, int]]:
    span = _first_and_newest(connection, name)
    interval = connection.execute(select(_STATE.c.interval_us).where(_STATE.c.service_name == name)).scalar() or 0
    if span is None:
        return
    hours = min(24, max(1, _ROWS * int(interval) // _HOUR))
    begin = max(span[0], floor(micros(since), _HOUR))
    while begin <= span[1]:
        end = min(begin + hours * _HOUR, floor(begin, _DAY) + _DAY)
        yield name, begin, end
        begin = end
