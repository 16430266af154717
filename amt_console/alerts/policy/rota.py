"""Who is on call: turns, overrides, and the hours that nobody covers.

Turns of whole days change at the same local hour all year; turns of other lengths are exact. Of overrides that overlap,
the newest counts, which is the last one in ``Rota.overrides``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from amt_console.model.oncall import Shift
from amt_console.model.policy import Rota, RotaOverride

DAY = 86400.0


def on_call(rota: Rota, at: datetime) -> Shift | None:
    """Who is on call at a moment, since when and until when; ``None`` if nobody is."""
    person = person_at(rota, at)
    if person is None:
        return None
    start = change_up_to(rota, at)
    while start is not None and person_at(rota, start - timedelta.resolution) == person:
        start = change_up_to(rota, start - timedelta.resolution)
    end = _next_change(rota, at)
    while end is not None and person_at(rota, end) == person:
        end = _next_change(rota, end)
    return Shift(rota.name, person, start, end)


def shifts(rota: Rota, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """All shifts that touch ``[start, end)``, with their own beginnings and ends."""
    return tuple(shifts_from(rota, start, end))


def next_shift(rota: Rota, at: datetime) -> Shift | None:
    """The shift after the one of a moment, or after the gap; ``None`` if none follows."""
    now = on_call(rota, at)
    following = _next_change(rota, at) if now is None else now.ends_at
    return None if following is None else next(shifts_from(rota, following), None)


def shifts_from(rota: Rota, start: datetime, end: datetime | None = None) -> Iterator[Shift]:
    """``shifts``, one after the other; without an end as long as somebody takes over."""
    at: datetime | None = start
    while at is not None and (end is None or at < end):
        shift = on_call(rota, at)
        if shift is not None:
            yield shift
            at = shift.ends_at
        else:
            at = _next_change(rota, at)


def uncovered(rota: Rota, start: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The parts of ``[start, end)`` in which nobody is on call."""
    if not rota.people:
        until = end
    elif rota.starts_at is None:
        return ()
    else:
        until = min(end, rota.starts_at)
    gaps = []
    for override in sorted(rota.overrides, key=lambda item: item.starts_at):
        if start < min(override.starts_at, until):
            gaps.append((start, min(override.starts_at, until)))
        start = max(start, override.ends_at)
    return (*gaps, (start, until)) if start < until else tuple(gaps)


def person_at(rota: Rota, at: datetime) -> str | None:
    """The name of the person on call at a moment."""
    if (override := _override_at(rota, at)) is not None:
        return override.person
    if not rota.people:
        return None
    if rota.starts_at is None:
        return rota.people[0]
    turn = _turn_at(rota, rota.starts_at, at)
    return rota.people[turn % len(rota.people)] if turn >= 0 else None


def _override_at(rota: Rota, at: datetime) -> RotaOverride | None:
    return next((item for item in reversed(rota.overrides) if item.starts_at <= at < item.ends_at), None)


def _turn_at(rota: Rota, starts_at: datetime, at: datetime) -> int:
    """The number of the turn that contains a moment; negative before the rota starts."""
    turn = int((at - starts_at).total_seconds() // rota.shift)
    # Changes of the clocks move the turns of whole days by some hours.
    while _turn_begins(rota, starts_at, turn) > at:
        turn -= 1
    while _turn_begins(rota, starts_at, turn + 1) <= at:
        turn += 1
    return turn


def _turn_begins(rota: Rota, starts_at: datetime, turn: int) -> datetime:
    length = timedelta(seconds=rota.shift)
    if turn == 0 or rota.shift % DAY:
        return starts_at + turn * length
    local = starts_at.astimezone(rota.zone).replace(tzinfo=None) + turn * length
    return local.replace(tzinfo=rota.zone).astimezone(UTC)


def _next_change(rota: Rota, at: datetime) -> datetime | None:
    """The first moment after ``at`` at which another person may take over; turns during an override do not count."""
    found = [edge for edge in _edges(rota) if edge > at]
    if rota.starts_at is not None and _override_at(rota, at) is None:
        if at < rota.starts_at:
            found.append(rota.starts_at)
        elif len(set(rota.people)) > 1:
            found.append(_turn_begins(rota, rota.starts_at, _turn_at(rota, rota.starts_at, at) + 1))
    return min(found, default=None)


def change_up_to(rota: Rota, at: datetime) -> datetime | None:
    """The last moment up to ``at`` at which another person, or nobody, may have taken over."""
    found = [edge for edge in _edges(rota) if edge <= at]
    if rota.starts_at is not None and at >= rota.starts_at and _override_at(rota, at) is None:
        turn = _turn_at(rota, rota.starts_at, at) if len(set(rota.people)) > 1 else 0
        found.append(_turn_begins(rota, rota.starts_at, turn))
    return max(found, default=None)


def _edges(rota: Rota) -> Iterator[datetime]:
    for override in rota.overrides:
        yield override.starts_at
        yield override.ends_at
