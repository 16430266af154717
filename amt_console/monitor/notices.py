"""Notices about the engine for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from amt_console.model import Episode
from amt_console.monitor.supervise import Restarts
from amt_console.text import duration, safe_text

STEP_TOLD_FOR = timedelta(hours=1)
"""How long a step of the clock is shown."""
MOST_UNSAVED = 3
"""Number of alerts to name while the database cannot be written."""


def engine_faults(
    *, commit_fault: str | None, store_error: str | None, waiting: int, unsaved: Sequence[Episode]
) -> tuple[str, ...]:
    """Why nothing is stored at the moment, and what waits; empty when all is well.

    Args:
        commit_fault: That nothing was committed for too long, or that the database file is lost.
        store_error: Why the last batch could not be written.
        waiting: Items that wait to be stored.
        unsaved: Open alerts that are not stored yet.
    """
    if commit_fault is None and store_error is None:
        return ()
    why = commit_fault or f"The database cannot be written: {store_error}"
    told = [f"{why} {_results(waiting, 'waits', 'wait')} in memory."]
    worst = sorted(unsaved, key=lambda episode: -episode.severity.rank)
    told += [f"Not stored yet: {episode.severity.upper()} {episode.message}" for episode in worst[:MOST_UNSAVED]]
    if len(worst) > MOST_UNSAVED:
        told.append(f"Not stored yet: {len(worst) - MOST_UNSAVED} further alerts.")
    return tuple(safe_text(fault) for fault in told)


def engine_notices(
    *,
    now: datetime,
    faults: Sequence[str],
    dropped: int,
    rejected: int,
    restarts: Restarts,
    wall_step: tuple[datetime, float] | None,
) -> tuple[str, ...]:
    """The notices, most important first.

    Args:
        now: The wall clock.
        faults: Current faults; they come first.
        dropped: Samples lost because the buffer was full.
        rejected: Items that the database refused.
        restarts: Failures of the engine's tasks.
        wall_step: When the wall clock was last moved, and by how many seconds.
    """
    told = list(faults)
    if dropped:
        told.append(f"{_results(dropped, 'was', 'were')} lost because the database could not be written for too long.")
    if rejected:
        told.append(f"{_results(rejected, 'was', 'were')} refused by the database; the log says why.")
    if restarts.total:
        times = "once" if restarts.total == 1 else f"{restarts.total} times"
        told.append(f"A part of the monitor failed and was started again, {times}: {restarts.last_error}.")
    if wall_step is not None and now - wall_step[0] < STEP_TOLD_FOR:
        at, seconds = wall_step
        way = "forward" if seconds > 0 else "back"
        told.append(f"The clock of this machine was set {way} by {duration(abs(seconds))} at {at:%H:%M} UTC.")
    return tuple(safe_text(notice) for notice in told)


def _results(count: int, one: str, many: str) -> str:
    return f"1 result {one}" if count == 1 else f"{count} results {many}"
