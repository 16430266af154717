"""Sums that the database makes of stored buckets."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import insert
from support.stores import START, at

from amt_console.clock import SECOND, micros
from amt_console.model.histogram import encode_counts, sum_of_encoded
from amt_console.store import Store
from amt_console.store.rollups.buckets import Tally
from amt_console.store.rollups.rows import ROLLUP_COLUMNS
from amt_console.store.rollups.sums import BucketSpan, add_sums
from amt_console.store.rollups.tables import ServiceRollupRow
from amt_console.store.schema import table

BEGIN = micros(START)
SHORT, LONG = {7: 2, 300: 65_535}, {7: 1, 301: 65_536}


def stored(store: Store, minutes: Mapping[int, Mapping[int, int]]) -> None:
    """Buckets of a service by minute, with these counts."""
    rows = [
        (
            60,
            BEGIN // SECOND + 60 * minute,
            "api",
            sum(counts.values()),
            0,
            60 * SECOND,
            0,
            0,
            0,
            sum(counts.values()),
            9,
            3,
            4,
        )
        for minute, counts in minutes.items()
    ]
    with store.transaction() as writes:
        writes.services._connection.execute(
            insert(table(ServiceRollupRow)),
            [
                dict(zip(ROLLUP_COLUMNS, (*row, encode_counts(counts)), strict=True))
                for row, counts in zip(rows, minutes.values(), strict=True)
            ],
        )


def summed(store: Store, minutes: int, services: list[str] | None) -> tuple[Tally, list[bytes]]:
    total, histograms = Tally(BEGIN), {"api": list[bytes]()}
    middle, end = micros(at(120)), micros(at(60 * minutes))
    stretches = [BucketSpan(60, BEGIN, middle), BucketSpan(60, middle, end), BucketSpan(300, end, end)]
    with store.read() as reads:
        add_sums(reads.services._connection, stretches, services, {"api": total}, histograms)
    return total, histograms["api"]


def test_counts_of_both_sizes_are_added(store: Store) -> None:
    stored(store, {0: SHORT, 1: LONG, 2: SHORT, 3: LONG, 4: {}})
    for services in (None, ["api"], ["api", "web"]):
        total, histograms = summed(store, 5, services)
        assert total.numbers[0] == 2 * (sum(SHORT.values()) + sum(LONG.values()))
        assert total.numbers[-2:] == [3, 4]
        assert sum_of_encoded(histograms) == {7: 6, 300: 2 * 65_535, 301: 2 * 65_536}
