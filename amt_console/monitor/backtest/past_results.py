"""Results as state changes tell them, where retention has deleted the raw rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.model import ErrorClass, ProbeResult, Service, ServiceState, Target

JUST_ABOVE = 1.001
"""A service that was slow was this much above its limit: how slow it was is known by its rollups alone."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in one state."""

    start: datetime
    end: datetime
    state: ServiceState
    error: str | None


def stretches(changes: Sequence[tuple[datetime, ServiceState, str | None]], end: datetime) -> list[Stretch]:
    """The stretches between the changes of one service, the last one up to ``end``."""
    ends = [*(at for at, _, _ in changes[1:]), end]
    return [Stretch(at, until, state, error) for (at, state, error), until in zip(changes, ends, strict=True)]


def results_of(
    known: Sequence[Stretch], target: Target, recheck: Sequence[float], start: datetime, end: datetime
) -> Iterator[ProbeResult]:
    """One result an interval, with the quick re-checks at the beginning of an outage."""
    interval = timedelta(seconds=target.interval)
    for stretch in known:
        if stretch.end <= start or stretch.start >= end:
            continue
        skipped = max(0, (start - stretch.start) // interval)
        at = stretch.start + skipped * interval
        while at < min(stretch.end, end):
            if at >= start:
                yield _result(target, stretch, at, 1)
            if at == stretch.start and stretch.state is ServiceState.DOWN:
                later = at
                for attempt, delay in enumerate(recheck, 2):
                    later += timedelta(seconds=delay)
                    if start <= later < min(stretch.end, end):
                        yield _result(target, stretch, later, attempt)
            at += interval


def _result(target: Target, stretch: Stretch, at: datetime, attempt: int) -> ProbeResult:
    down, slow = stretch.state is ServiceState.DOWN, stretch.state is ServiceState.DEGRADED
    limit = target.degraded_above_ms
    if isinstance(target, Service) and limit is None:
        limit = target.down_above_ms
    return ProbeResult(
        service=target.name,
        timestamp=at,
        state=stretch.state,
        interval=target.interval,
        response_time_ms=JUST_ABOVE * limit if slow and limit is not None else None,
        error_class=ErrorClass.HTTP_STATUS if down else None,
        error=stretch.error,
        attempt=attempt,
    )
