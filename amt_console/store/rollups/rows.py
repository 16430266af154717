"""Between buckets and their rows."""

from __future__ import annotations

from typing import Any

from amt_console.store.rollups.buckets import Bucket
from amt_console.store.rollups.histogram import decode_counts, encode_counts
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


def rollup_values(service: str, resolution: int, bucket: Bucket) -> tuple[Any, ...]:
    """A row of ``service_rollups`` in the order of ``ROLLUP_COLUMNS``."""
    return (
        resolution,
        bucket.start // SECOND,
        service,
        bucket.samples,
        bucket.errors,
        bucket.up,
        bucket.degraded,
        bucket.down,
        bucket.maintenance,
        bucket.timed,
        bucket.total,
        bucket.least,
        bucket.most,
        encode_counts(bucket.histogram),
    )


def bucket_of_row(row: Row) -> Bucket:
    """The bucket in a row of ``service_rollups``."""
    return Bucket(
        row["start"] * SECOND,
        row["samples"],
        row["errors"],
        row["up_us"],
        row["degraded_us"],
        row["down_us"],
        row["maintenance_us"],
        row["timed"],
        row["sum_us"],
        row["min_us"],
        row["max_us"],
        decode_counts(bytes(row["histogram"])),
    )
