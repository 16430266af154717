"""Between rollups and their rows."""

from __future__ import annotations

from typing import Any

from amt_console.model import Rollup
from amt_console.model.histogram import decode_counts, encode_counts
from amt_console.store.rollups.buckets import numbers_of, rollup_of
from amt_console.store.utc import SECOND
from amt_console.store.values import Row

ROLLUP_COLUMNS = (
    "resolution",
    "start",
    "service_name",
    "samples",
    "errors",
    "up_us",
    "degraded_us",
    "down_us",
    "maintenance_us",
    "timed",
    "sum_us",
    "min_us",
    "max_us",
    "histogram",
)
"""The order of ``rollup_values``."""


_NUMBERS = ROLLUP_COLUMNS[3:-1]
"""In the order of ``numbers_of``."""


def rollup_values(service: str, resolution: int, rollup: Rollup) -> tuple[Any, ...]:
    """A row of ``service_rollups`` in the order of ``ROLLUP_COLUMNS``."""
    counts = encode_counts(rollup.histogram.counts)
    return (resolution, rollup.start_us // SECOND, service, *numbers_of(rollup), counts)


def rollup_of_row(row: Row) -> Rollup:
    """The rollup in a row of ``service_rollups``."""
    numbers = [row[name] for name in _NUMBERS]
    counts = decode_counts(bytes(row["histogram"]))
    return rollup_of(row["start"] * SECOND, row["resolution"] * SECOND, numbers, counts)
