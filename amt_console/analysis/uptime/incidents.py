"""Incidents: periods in which a service was down, built from its state changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType

from amt_console.analysis.uptime.cause_classes import UNKNOWN, cause_class
from amt_console.model import ErrorClass, Gap, ServiceState, StateSpan

NO_CLASSES: Mapping[datetime, ErrorClass] = MappingProxyType({})

METHOD = (
    "an incident begins when a service goes down and ends when it is next seen up or in maintenance; "
    "time in which nothing was measured is inside it but not counted as downtime; "
    "what began before the window is cut at its edge; "
    "a failure that quick re-checks did not confirm is downtime but no incident"
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One outage of one service, cut to the window."""

    service: str
    start: datetime
    end: datetime
    """Its end, or the window's end while it lasts."""
    down_s: float
    """Measured downtime in it."""
    ongoing: bool
    began_earlier: bool
    """It began before the window."""
    cause: str | None
    """Its first error."""
    cause_class: str = UNKNOWN
    """Of its first error: ``dns``, ``connect_refused``, ``timeout``, ``tls``, ``http_5xx``, ``assertion`` ..."""
    alert_id: int | None = None

    @property
    def seconds(self) -> float:
        """From start to end."""
        return (self.end - self.start).total_seconds()


MOSTLY = 0.8
"""Least part of an incident, or of a service's incidents, within those of a dependency to follow from it."""


def shared_seconds(one: Incident, other: Incident) -> float:
    """How long both lasted at once."""
    return max(0.0, (min(one.end, other.end) - max(one.start, other.start)).total_seconds())


def state_spans(
    initial: ServiceState,
    changes: Iterable[tuple[datetime, ServiceState, str | None]],
    *,
    start: datetime,
    end: datetime,
    unmeasured: Sequence[tuple[datetime, datetime]] = (),
    initial_error: str | None = None,
) -> list[StateSpan]:
    """The states from ``start`` to ``end`` without gaps: each change lasts to the next, unmeasured time is unknown.

    Args:
        initial: The state at ``start``.
        changes: Time, state and error of each change; in any order, also outside the window.
        start: Start of the window.
        end: End of the window.
        unmeasured: Unmeasured periods, in any order.
        initial_error: The error at ``start``, if it was down.
    """
    spans: list[StateSpan] = []
    at, state, error = start, initial, initial_error
    for moment, next_state, next_error in sorted(changes, key=lambda change: change[0]):
        if not start <= moment < end:
            continue
        if moment > at:
            spans.append(StateSpan(at, moment, state, error))
        at, state, error = moment, next_state, next_error
    if end > at:
        spans.append(StateSpan(at, end, state, error))
    return _joined(_punched(spans, sorted(unmeasured)) if unmeasured else spans)


def incidents(
    service: str,
    spans: Sequence[StateSpan],
    *,
    began_earlier: bool = False,
    error_classes: Mapping[datetime, ErrorClass] = NO_CLASSES,
) -> list[Incident]:
    """The outages in the spans of one service.

    Args:
        service: Its name.
        spans: Of one window, in order and without gaps.
        began_earlier: Whether an outage at the start of the window began before it.
        error_classes: Classes of the errors by the start of the span that they began.
    """
    found: list[Incident] = []
    run: list[StateSpan] = []

    def close(ongoing: bool) -> None:
        while run and run[-1].state is ServiceState.UNKNOWN and not ongoing:
            run.pop()
        if run:
            down = [span for span in run if span.state is ServiceState.DOWN]
            first = run[0].start == spans[0].start
            cause = next((span.error for span in down if span.error), None)
            known = next((error_classes[span.start] for span in down if span.start in error_classes), None)
            found.append(
                Incident(
                    service,
                    run[0].start,
                    run[-1].end,
                    sum(span.seconds for span in down),
                    ongoing,
                    first and began_earlier,
                    cause,
                    cause_class(known, cause),
                )
            )
        run.clear()

    for span in spans:
        if span.state is ServiceState.DOWN or (run and span.state is ServiceState.UNKNOWN):
            run.append(span)
        else:
            close(ongoing=False)
    close(ongoing=True)
    return found


def unmeasured_spans(gaps: Iterable[Gap], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """The monitor's gaps, cut to the window, in order."""
    cut = ((max(gap.started_at, start), min(gap.ended_at, end)) for gap in gaps)
    return sorted(span for span in cut if span[1] > span[0])


def _punched(spans: Iterable[StateSpan], holes: Sequence[tuple[datetime, datetime]]) -> Iterator[StateSpan]:
    """Set what lies in a hole to unknown. Spans and holes are in order; holes may overlap."""
    first = 0
    for span in spans:
        at = span.start
        while first < len(holes) and holes[first][1] <= at:
            first += 1
        for start, end in islice(holes, first, None):
            if start >= span.end:
                break
            low, high = max(at, start), min(end, span.end)
            if low < high:
                if at < low:
                    yield StateSpan(at, low, span.state, span.error)
                yield StateSpan(low, high, ServiceState.UNKNOWN)
                at = high
        if at < span.end:
            yield StateSpan(at, span.end, span.state, span.error)


def _joined(spans: Iterable[StateSpan]) -> list[StateSpan]:
    """Merge neighbours of equal state."""
    joined: list[StateSpan] = []
    for span in spans:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.state is span.state
            and (last.error == span.error or span.state is not ServiceState.DOWN)
        ):
            joined[-1] = StateSpan(last.start, span.end, span.state, last.error)
        else:
            joined.append(span)
    return joined
