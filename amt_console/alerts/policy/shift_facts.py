"""What whoever takes over must know: open alerts, what ends soon, who is next. For the message and for the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from amt_console.alerts.policy.recurrence import occurrences
from amt_console.alerts.policy.rota import next_shift, on_call
from amt_console.alerts.policy.silences import is_running
from amt_console.model.alerts import Episode
from amt_console.model.oncall import Shift
from amt_console.model.policy import ONCALL, MaintenanceWindow, Policies, Silence
from amt_console.model.states import AlertState, Severity

SOON = timedelta(hours=24)
"""How far ahead to look where no shift is known."""
USUAL_SHIFT = timedelta(hours=12)
"""How far back to look where no shift is known."""
JUST_BEGUN = timedelta(hours=1)
"""Of a shift that began so short a while ago, the one before it is handed over."""
_MOST_ENDS = 100


@dataclass(frozen=True, slots=True)
class ShiftSpan:
    """The shift that is handed over, and the one that takes over."""

    since: datetime
    until: datetime
    """The end of the coming shift."""
    leaving: str | None = None
    coming: str | None = None


@dataclass(frozen=True, slots=True)
class PlannedEnd:
    """Planned work that runs or begins, and ends in the coming shift."""

    window: MaintenanceWindow
    starts_at: datetime
    ends_at: datetime


def shift_span(policies: Policies, now: datetime, since: datetime | None = None) -> ShiftSpan:
    """The shift to hand over at a moment, in the rota of all people or else the first one.

    Args:
        policies: With what people added.
        now: The moment.
        since: In place of the shift's beginning.
    """
    rota = policies.rotas.get(ONCALL) or next(iter(policies.rotas.values()), None)
    usual = ShiftSpan(since or now - USUAL_SHIFT, now + SOON)
    shift = None if rota is None else on_call(rota, now)
    if rota is None or shift is None:
        return usual
    following = next_shift(rota, now)
    if shift.starts_at is not None and now - shift.starts_at < JUST_BEGUN:
        before = on_call(rota, shift.starts_at - timedelta.resolution)
        return ShiftSpan(
            since or _began(before, usual.since),
            shift.ends_at or usual.until,
            None if before is None else before.person,
            shift.person,
        )
    return ShiftSpan(
        since or _began(shift, usual.since),
        (None if following is None else following.ends_at) or usual.until,
        shift.person,
        None if following is None else following.person,
    )


def _began(shift: Shift | None, usual: datetime) -> datetime:
    return usual if shift is None or shift.starts_at is None else shift.starts_at


def open_alerts(episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    """Those that somebody is told of, critical ones first, then the oldest."""
    told = [
        each
        for each in episodes
        if each.state in (AlertState.FIRING, AlertState.RECOVERING) and each.severity is not Severity.INFO
    ]
    return tuple(sorted(told, key=lambda each: (each.severity is not Severity.CRITICAL, each.opened_at)))


def ending_silences(policies: Policies, now: datetime, until: datetime) -> tuple[Silence, ...]:
    """The silences that run and end up to a moment, the first to end first."""
    ending = [each for each in policies.silences if is_running(each, now) and each.ends_at <= until]
    return tuple(sorted(ending, key=lambda each: each.ends_at))


def ending_maintenance(policies: Policies, now: datetime, until: datetime) -> tuple[PlannedEnd, ...]:
    """Planned work that ends in ``(now, until]``, the first to end first; of recurring work each time."""
    found = []
    for window in policies.maintenance:
        if window.recurrence is not None:
            times = list(islice(occurrences(window.recurrence, now, until), _MOST_ENDS))
        elif window.ends_at is not None:
            times = [(window.starts_at or now, window.ends_at)]
        else:
            times = []
        found += [PlannedEnd(window, start, end) for start, end in times if now < end <= until]
    return tuple(sorted(found, key=lambda each: (each.ends_at, each.window.name))[:_MOST_ENDS])
