"""Collected items that are not stored yet: ordered, bounded; dropped items are counted and become gaps."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from amt_console.alerts import (
    DeliveryReading,
    ExternalReading,
    HeartbeatReading,
    NetworkReading,
    ReportReading,
    Sight,
    Signal,
)
from amt_console.clock import Instant
from amt_console.model import BusinessFigures, Gap, GapReason, HostSample, ProbeResult
from amt_console.model.evidence import Evidence

MOST_ARRIVED = 50
"""Of what came in from outside in one transaction: each may open an alert and queue its messages."""
DEFAULT_LIMIT = 20_000
"""Items: over an hour of 200 targets at 30 s, or half a day of the default targets; 20 MB at most."""


@dataclass(frozen=True, slots=True)
class Collected:
    """One probe's result and when it came in."""

    result: ProbeResult
    at: Instant
    relayed: int | None = None
    """Its number in ``relayed_results``, if another monitor has handed it in."""
    late: bool = False
    """Whether a newer result of the service was evaluated already: then it is stored, but not judged."""
    sights: tuple[Sight, ...] = ()
    """What each location measured, if several watch the target: ``result`` combines them."""


@dataclass(frozen=True, slots=True)
class HostReading:
    """One host sample and when it was taken."""

    sample: HostSample
    at: Instant


@dataclass(frozen=True, slots=True)
class FigureReading:
    """The figures of one of the platform's answers and when it came in."""

    figures: BusinessFigures
    at: Instant


@dataclass(frozen=True, slots=True)
class NoData:
    """A subject without fresh data for too long."""

    subject: str
    seconds: float
    """Seconds since the last fresh data."""
    at: Instant
    reason: str
    """Why, as far as is known; one safe line."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A period in which nothing was measured, or of which nothing could be stored."""

    gap: Gap
    at: Instant | None
    """When it was found; ``None`` for samples that were evaluated and lost afterwards."""


@dataclass(frozen=True, slots=True)
class EvidenceReading:
    """What was seen around the first failure of a service."""

    subject: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Information:
    """Something unusual in the history of a subject."""

    signal: Signal
    subject: str
    message: str
    value: float


@dataclass(frozen=True, slots=True)
class InformationReading:
    """What one look at the history found."""

    found: tuple[Information, ...]
    ended: frozenset[tuple[str, str]]
    """Rules and subjects that were told and ended within the last day: they are not told again."""
    at: Instant


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came in from outside, or what it means that nothing came in."""

    at: Instant
    number: int | None = None
    """Of the arrival that is dealt with once this is stored; ``None``: time passed."""
    heartbeat: HeartbeatReading | None = None
    external: ExternalReading | None = None


Item = (
    InformationReading
    | Arrived
    | Collected
    | HostReading
    | FigureReading
    | NoData
    | NetworkReading
    | DeliveryReading
    | ReportReading
    | EvidenceReading
    | Pause
)


class Buffer:
    """A bounded queue of items; used on the engine's loop only.

    When it is full, the oldest sample is dropped and counted, and the lost period becomes a gap.
    Pauses are never dropped, and neither is what came in from outside: the database holds no more of it ready.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.dropped = 0
        """Samples dropped for want of room."""
        self._limit = max(1, limit)
        self._items: deque[Item] = deque()
        self._kept: list[Pause | Arrived] = []
        self._lost: tuple[datetime, datetime] | None = None

    def __len__(self) -> int:
        return len(self._items) + len(self._kept) + (self._lost is not None)

    @property
    def has_arrived(self) -> bool:
        """Whether something waits that came in from outside."""
        return any(isinstance(item, Arrived) for item in self._kept)

    def add(self, item: Item) -> None:
        """Append one item."""
        if isinstance(item, Pause | Arrived):
            self._kept.append(item)
            return
        self._items.append(item)
        self._trim()

    def first_result(self) -> Collected | None:
        """The oldest waiting probe result."""
        return next((item for item in self._items if isinstance(item, Collected)), None)

    def take(self, limit: int) -> tuple[Item, ...]:
        """Remove and return the oldest items, those that are never dropped first, at most ``limit`` in all.

        Of what came in from outside at most ``MOST_ARRIVED``.
        """
        if self._lost is not None:
            self._kept.append(Pause(Gap(self._lost[0], self._lost[1], GapReason.LOST), None))
            self._lost = None
        taken: list[Item] = list(self._kept[: self._first_kept(limit)])
        del self._kept[: len(taken)]
        for _ in range(min(limit - len(taken), len(self._items))):
            taken.append(self._items.popleft())
        return tuple(taken)

    def give_back(self, items: Sequence[Item]) -> None:
        """Put items that could not be stored back at the front."""
        self._kept[:0] = [item for item in items if isinstance(item, Pause | Arrived)]
        self._items.extendleft(item for item in reversed(items) if not isinstance(item, Pause | Arrived))
        self._trim()

    def _first_kept(self, limit: int) -> int:
        """How many of the kept items go into one transaction."""
        arrived = 0
        for index, item in enumerate(self._kept[:limit]):
            arrived += isinstance(item, Arrived)
            if arrived > MOST_ARRIVED:
                return index
        return limit

    def _trim(self) -> None:
        while len(self._items) > self._limit:
            item = self._items.popleft()
            moment = _moment(item)
            self.dropped += 1
            start, end = self._lost or (moment, moment)
            self._lost = (min(start, moment), max(end, moment))


def _moment(item: Item) -> datetime:
    if isinstance(item, Collected):
        return item.result.timestamp
    if isinstance(item, HostReading):
        return item.sample.timestamp
    if isinstance(item, NoData | NetworkReading | DeliveryReading | ReportReading | InformationReading | Arrived):
        return item.at.wall
    if isinstance(item, EvidenceReading):
        return item.evidence.at
    return item.figures.timestamp if isinstance(item, FigureReading) else item.gap.started_at
