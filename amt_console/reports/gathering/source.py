"""Gather in a process that opens the database for itself."""

from __future__ import annotations

from datetime import datetime

from amt_console.analysis import Window
from amt_console.clock import SystemClock
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.gathering.gather import gather
from amt_console.reports.jobs.job import ReportSource
from amt_console.store import Store, keyring_of


def gather_from(source: ReportSource, window: Window, *, zone: str, made_at: datetime) -> ReportData:
    """All data of the reports on ``window``. Raises StoreError."""
    keys = keyring_of(source.settings)
    with (
        Store.open(source.store_url, clock=SystemClock(), read_only=True, keys=keys) as store,
        store.read() as reads,
    ):
        return gather(
            reads, targets=source.targets, settings=source.settings, window=window, zone=zone, made_at=made_at
        )
