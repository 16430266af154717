"""What retention has left of a window: a report says what is deleted, and never takes a part for the whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amt_console.analysis import Window
from amt_console.analysis.series import STEPS
from amt_console.clock import SECOND
from amt_console.model import RESOLUTIONS, HostRollup
from amt_console.reports.gathering.data import SINGLE_CHECKS, Deleted
from amt_console.store import Reads

if TYPE_CHECKING:
    from amt_console.config.sections.program import RollupRetention

_FIVE, _HOUR = 300, 3600
_TABLES = {
    "monitoring_logs": SINGLE_CHECKS,
    "system_metrics": "samples of the host",
    "business_figures": "single readings of the figures",
}


def kept_window(window: Window, kept: RollupRetention, now: datetime) -> Window:
    """The window in the finest steps, from its own on, whose rollups are still kept.

    It begins exactly where it did if buckets that fine are kept; else up to one bucket of the finest kept ones earlier.
    """
    lives = dict(zip(RESOLUTIONS, (kept.minute, kept.five_minutes, kept.hour, kept.day), strict=True))
    start = window.start.timestamp()
    found = window
    for step in (each for each in STEPS if each >= window.step):
        for resolution in (each for each in RESOLUTIONS if step % each == 0):
            whole = datetime.fromtimestamp(start - start % resolution, UTC)
            found = replace(window, start=whole, step=step)
            if (now - whole).total_seconds() <= lives[resolution]:
                return found
    return found


def deleted_of(reads: Reads, window: Window) -> tuple[Deleted, ...]:
    """The raw rows of a window that retention has deleted."""
    found = []
    for table, what in _TABLES.items():
        before = reads.raw.extent(table).deleted_before
        if before is not None and before > window.start:
            found.append(Deleted(what, min(before, window.end)))
    return tuple(found)


def whole_day(reads: Reads, metric: str, end: datetime) -> tuple[HostRollup, ...]:
    """The five-minute rollups of a metric over the 24 hours up to a moment; none if some of them are deleted."""
    start = end - timedelta(days=1)
    five, hours = (_rollups(reads, metric, start, end, resolution) for resolution in (_FIVE, _HOUR))
    present = {each.start_us // SECOND // _HOUR for each in five}
    # The first hour may have begun, and been measured, before the day.
    whole = (each for each in hours if each.start >= start and each.samples)
    return tuple(five) if all(each.start_us // SECOND // _HOUR in present for each in whole) else ()


def _rollups(reads: Reads, metric: str, start: datetime, end: datetime, resolution: int) -> list[HostRollup]:
    found = reads.host.rollups(resolution=resolution, start=start, end=end, metrics=(metric,), histograms=False)
    return found.get(metric, [])
