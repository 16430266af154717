"""Reading rollups: stored buckets, the unfinished ones, and the running tail of the newest result, up to any moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import add

from sqlalchemy import Connection

from amt_console.model import RESOLUTIONS, Rollup
from amt_console.model.histogram import encode_counts, sum_of_encoded
from amt_console.store.rollups import finished, rebuild
from amt_console.store.rollups.buckets import MINUTE, Tally, floor, fold, minutes_of, rollup_of
from amt_console.store.rollups.samples import sample_of_row
from amt_console.store.rollups.sums import BucketSpan, add_sums
from amt_console.store.rollups.unfinished import Unfinished
from amt_console.store.utc import SECOND, micros


def read(
    connection: Connection,
    unfinished: Unfinished,
    *,
    resolution: int,
    start: datetime,
    end: datetime,
    now: datetime,
    services: Sequence[str] | None,
    histograms: bool,
) -> dict[str, list[Rollup]]:
    """The buckets of ``[start, end)``, oldest first, without empty ones; the first one whole, the last one cut."""
    if resolution not in RESOLUTIONS:
        raise ValueError(f"there are rollups of {RESOLUTIONS} seconds, not of {resolution}")
    level = RESOLUTIONS.index(resolution)
    length = resolution * SECOND
    low, high = floor(micros(start), length), micros(end)
    states = unfinished.opened(services)
    found: dict[str, dict[int, Rollup]] = {state.service: {} for state in states}
    for name, bucket in finished.each(
        connection, resolution, low, floor(high, length), unfinished.named(services), histograms=histograms
    ):
        if name in found:
            found[name][bucket.start_us] = bucket
    for name, bucket in unfinished.running(states, level, low, high, micros(now)):
        buckets, begin = found[name], bucket.start_us
        buckets[begin] = fold(begin, length, (buckets[begin], bucket)) if begin in buckets else bucket
    return {name: [_cut(buckets[begin], high) for begin in sorted(buckets)] for name, buckets in sorted(found.items())}


def read_courses(
    connection: Connection,
    unfinished: Unfinished,
    *,
    resolution: int,
    windows: Sequence[tuple[datetime, datetime]],
    now: datetime,
    services: Sequence[str] | None = None,
) -> dict[str, list[finished.Measured]]:
    """What was measured in the buckets of each window, window by window and oldest first.

    Windows begin and end with buckets; they may be many hours with the buckets of all services.
    """
    level = RESOLUTIONS.index(resolution)
    length = resolution * SECOND
    states = unfinished.opened(services)
    named = unfinished.named(services)
    found: dict[str, list[finished.Measured]] = {
        state.service: [] for state in sorted(states, key=lambda state: state.service)
    }
    for start, end in windows:
        low, high = floor(micros(start), length), micros(end)
        running: dict[str, list[Rollup]] = {}
        for name, part in unfinished.running(states, level, low, high, micros(now)):
            running.setdefault(name, []).append(part)
        before = {name: len(found[name]) for name in running}
        finished.add_measured(connection, resolution, low, floor(high, length), named, found)
        for name, parts in running.items():
            course, first = found[name], min(part.start_us for part in parts)
            beside: list[finished.Measured] = []
            while len(course) > before[name] and course[-1][0] >= first:
                beside.append(course.pop())
            course += sorted(_with_running(beside, parts))
    return found


def _with_running(known: Iterable[finished.Measured], running: Iterable[Rollup]) -> Iterable[finished.Measured]:
    by_start = {bucket[0]: bucket for bucket in known}
    for part in running:
        times = part.histogram
        more = (part.up_us + part.degraded_us + part.down_us, part.down_us, times.count, times.total)
        _, *before = by_start.get(part.start_us, (0,) * 5)
        measured, down, timed, total = map(add, before, more)
        by_start[part.start_us] = (part.start_us, measured, down, timed, total)
    return by_start.values()


def read_steps(
    connection: Connection,
    unfinished: Unfinished,
    *,
    resolution: int,
    start: datetime,
    end: datetime,
    step: int,
    now: datetime,
) -> dict[str, list[Rollup]]:
    """The sums of the steps of ``[start, end)``, oldest first, without empty ones; the last one cut.

    ``start`` is that of a bucket, and a step of ``step`` seconds has whole buckets.
    """
    level = RESOLUTIONS.index(resolution)
    length, whole = resolution * SECOND, step * SECOND
    low, high = micros(start), micros(end)
    states = unfinished.opened(None)
    found: dict[str, dict[int, Rollup]] = {state.service: {} for state in states}
    for name, index, total in finished.each_step(connection, resolution, low, floor(high, length), whole):
        if name in found:
            found[name][index] = total
    for name, bucket in unfinished.running(states, level, low, high, micros(now)):
        steps, index = found[name], (bucket.start_us - low) // whole
        known = (steps[index],) if index in steps else ()
        steps[index] = fold(low + index * whole, whole, (*known, bucket))
    return {
        name: [_cut(steps[index], high) for index in sorted(steps) if not steps[index].empty]
        for name, steps in sorted(found.items())
    }


def totals(
    connection: Connection,
    unfinished: Unfinished,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
    services: Sequence[str] | None,
    histograms: bool,
    exact: bool = False,
) -> dict[str, Rollup]:
    """Each service's sum over ``[start rounded down to the minute, end)``, from the coarsest buckets that fit.

    With ``exact`` it begins at ``start``: the rest of its minute is made out of raw rows.
    """
    asked, high = micros(start), micros(end)
    begin = asked if exact else floor(asked, MINUTE)
    states = unfinished.opened(services)
    named = unfinished.named(services)
    tallies = {state.service: Tally(begin) for state in states}
    encoded: dict[str, list[bytes]] = {name: [] for name in tallies}
    wanted = encoded if histograms else None
    low = min(-(-begin // MINUTE) * MINUTE, high)
    if begin < low:
        for state in states:
            samples = [sample_of_row(row) for row in rebuild.rows_around(connection, state.service, begin, low)]
            for part in minutes_of(samples, begin, low, running_until=min(low, micros(now))).values():
                tallies[state.service].add_rollup(part)
    stretches: list[BucketSpan] = []
    for level, resolution in enumerate(RESOLUTIONS):
        coarser = RESOLUTIONS[level + 1] * SECOND if level + 1 < len(RESOLUTIONS) else None
        upto = high if coarser is None else -(-low // coarser) * coarser
        if coarser is not None and upto + coarser > high:
            upto = high
        if low < upto:
            stretches.append(BucketSpan(resolution, low, floor(upto, resolution * SECOND)))
            names, finer = unfinished.add(states, level, low, upto, micros(now), tallies)
            if len(names) == len(states):
                stretches += finer
            else:
                mine = {name: tallies[name] for name in names}
                add_sums(connection, finer, unfinished.named(names), mine, wanted)
        low = upto
    add_sums(connection, stretches, named, tallies, wanted)
    return {name: _total(tallies[name], high - begin, encoded[name]) for name in sorted(tallies)}


def _total(tally: Tally, length: int, encoded: list[bytes]) -> Rollup:
    """With the counts of histograms whose number, sum and extremes it has already."""
    if not encoded:
        return tally.rollup(length)
    counts = sum_of_encoded([*encoded, encode_counts(tally.counts)])
    return rollup_of(tally.start, length, tally.numbers, counts)


def _cut(rollup: Rollup, end: int) -> Rollup:
    """Ending at ``end`` where the question does."""
    return rollup if rollup.start_us + rollup.length_us <= end else replace(rollup, length_us=end - rollup.start_us)
