"""The states of services over a window, from their changes: what was not measured is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from amt_console.analysis.uptime.incidents import state_spans, unmeasured_spans
from amt_console.clock import MICROSECOND
from amt_console.model import RESOLUTIONS, Gap, ServiceState, StateSpan
from amt_console.model.queries.base import MANY_BUCKETS
from amt_console.store import FEW_SERVICES, Reads, StateChangeRow
from amt_console.text import safe_text

_Holes = list[tuple[datetime, datetime]]


def state_history(
    reads: Reads, names: Iterable[str], start: datetime, end: datetime, *, most_buckets: int = MANY_BUCKETS
) -> dict[str, tuple[StateSpan, ...]]:
    """The states of some services from ``start`` to ``end``, oldest first, as they were known at ``end``.

    What lies between two spans is not known: nothing was measured, or a result had spoken for as long as it may.

    Args:
        reads: The database.
        names: The services.
        start: Begin of the window.
        end: End of the window.
        most_buckets: Unmeasured time is exact to one of so many buckets, but for the monitor's gaps.
    """
    wanted = tuple(names)
    few = wanted if len(wanted) <= FEW_SERVICES else None
    heard = reads.services.heard(end, few)
    until = {name: min(end, heard[name][1]) for name in wanted if name in heard}
    before = reads.services.last_changes(start, few)
    changes: dict[str, list[StateChangeRow]] = {}
    for change in reads.services.state_changes(start=start, end=end + MICROSECOND, services=few):
        changes.setdefault(change.service, []).append(change)
    gaps = unmeasured_spans(known_gaps(reads, start, end), start, end)
    holes = _holes(reads, start, end, {name: heard[name][0] for name in until}, most_buckets)
    return {
        name: _spans(before.get(name), changes.get(name, ()), start, last, [*gaps, *holes.get(name, ())])
        for name, last in until.items()
        if last > start
    }


def _holes(
    reads: Reads, start: datetime, end: datetime, newest: Mapping[str, datetime], most: int
) -> dict[str, _Holes]:
    """Of the finest rollups that are kept, from those on that have few enough buckets."""
    seconds = (end - start).total_seconds()
    for resolution in RESOLUTIONS:
        if seconds / resolution <= most:
            found = reads.services.unmeasured(resolution=resolution, start=start, until=newest)
            if found is not None:
                return found
    return {}


def _spans(
    before: StateChangeRow | None, changes: Iterable[StateChangeRow], start: datetime, end: datetime, holes: _Holes
) -> tuple[StateSpan, ...]:
    spans = state_spans(
        ServiceState.UNKNOWN if before is None else before.state,
        [(each.at, each.state, _safe(each.error)) for each in changes],
        start=start,
        end=end,
        unmeasured=holes,
        initial_error=None if before is None else _safe(before.error),
    )
    return tuple(each for each in spans if each.state is not ServiceState.UNKNOWN or each.error is not None)


def _safe(error: str | None) -> str | None:
    return safe_text(error) if error else None


def known_gaps(reads: Reads, start: datetime, end: datetime) -> tuple[Gap, ...]:
    """The gaps of a window that were known at its end, newest first: a gap is recorded when it is over."""
    return tuple(gap for gap in reversed(reads.monitor.gaps(start, end)) if gap.ended_at <= end)
