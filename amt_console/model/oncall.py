"""Who is on call, as it is shown: shifts, hours that nobody covers, people nobody can reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """A period in which one person is on call without a break."""

    rota: str
    person: str
    starts_at: datetime | None
    """``None``: from the beginning of time."""
    ends_at: datetime | None
    """When somebody else takes over, or nobody; ``None``: never."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call in one rota at a moment."""

    rota: str
    person: str | None
    """``None``: nobody."""
    until: datetime | None
    """When that changes; ``None``: never."""


@dataclass(frozen=True, slots=True)
class UncoveredTime:
    """A time in which nobody is on call."""

    rota: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A person whom an alert does not reach."""

    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class RotaPlan:
    """One rota over a period."""

    name: str
    zone: str
    """The name of its time zone."""
    shifts: tuple[Shift, ...] = ()
    """Those that touch the period, with their own beginnings and ends."""
    gaps: tuple[UncoveredTime, ...] = ()
    now: Shift | None = None
    """Who is on call at the moment of the plan."""
    next: Shift | None = None
    """Who follows, as far as is known."""


@dataclass(frozen=True, slots=True)
class OncallPlan:
    """All rotas at a moment, and over a period around it."""

    at: datetime
    starts_at: datetime
    ends_at: datetime
    rotas: tuple[RotaPlan, ...] = ()
    unreachable: tuple[Unreachable, ...] = ()
