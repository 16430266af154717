"""Reads of the host: samples and rollups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from amt_console.model import HostRollup, HostSample
from amt_console.store.rollups import host


class HostReads:
    """Reads of the host."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rollups(
        self,
        *,
        resolution: int,
        start: datetime,
        end: datetime,
        metrics: Sequence[str] = host.HOST_METRICS,
        histograms: bool = True,
    ) -> dict[str, list[HostRollup]]:
        """Buckets of 60, 300, 3600 or 86400 seconds by figure, oldest first.

        Without ``histograms`` theirs are empty.
        """
        return host.rollups(
            self._connection, resolution=resolution, start=start, end=end, metrics=metrics, histograms=histograms
        )

    def sample(self, at: datetime | None = None) -> HostSample | None:
        """The newest sample of the host, or the newest one up to a moment."""
        return host.sample_at(self._connection, at)

    def samples(self, start: datetime, end: datetime) -> list[HostSample]:
        """The samples of ``[start, end)``, oldest first."""
        return host.samples(self._connection, start, end)

    def disks(self, start: datetime, end: datetime, *, step: int) -> dict[str, list[HostRollup]]:
        """The used percent of each disk in ``[start, end)`` by mount, oldest first, one value each ``step`` seconds.

        Of single samples: there are no rollups of disks but of the fullest one.
        """
        return host.disks(self._connection, start, end, step)
