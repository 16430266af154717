"""Reads of the values of checks: sums by period."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from amt_console.model import RESOLUTIONS, ValueSum
from amt_console.store.rollups import value_sums

_MOST_BUCKETS = 400
"""Buckets of one value that a total is made of; a longer period takes coarser ones."""


class ValueReads:
    """Reads of values."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sums(self, *, service: str, resolution: int, start: datetime, end: datetime) -> dict[str, list[ValueSum]]:
        """Buckets of 60, 300, 3600 or 86400 seconds of a target's values by name, oldest first.

        The first bucket is the whole one that holds ``start``.
        """
        return value_sums.sums(self._connection, service=service, resolution=resolution, start=start, end=end)

    def totals(self, *, service: str, start: datetime, end: datetime) -> dict[str, ValueSum]:
        """Number, sum and extremes of a target's values over a period by name; its start is rounded down."""
        seconds = (end - start).total_seconds()
        resolution = next((step for step in RESOLUTIONS if seconds / step <= _MOST_BUCKETS), RESOLUTIONS[-1])
        return value_sums.totals(self._connection, service=service, resolution=resolution, start=start, end=end)
