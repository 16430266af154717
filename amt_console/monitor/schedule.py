"""When to probe each target: a fixed rate on the monotonic clock. Pure: the caller supplies the time and probes."""

from __future__ import annotations

import heapq
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

DEFAULT_CAPACITY = 64
START_SPAN = 0.5
"""Seconds over which the first probes of a small fleet are spread."""
MAX_STAGGER = 0.08
"""Longest distance between two first probes, in seconds."""
MAX_START_SPAN = 5.0
MIN_STAGGER = 0.005
TICK = 0.1
"""Slots lie on multiples of this, in seconds: probes that start together share wake-ups and warm caches, which halves
their processor time at 100 probes a second."""
NEAREST_SLOT = 1 / 3
"""No slot lies closer to the previous run than this fraction of the interval."""


class _Kind(IntEnum):
    FIRST = 0
    SLOT = 1
    EXTRA = 2
    RECHECK = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One probe to start now."""

    name: str
    attempt: int
    """1 for a scheduled probe, 2 and up for quick re-checks."""
    late: float
    """Seconds between the planned and the real start."""
    planned: bool = True
    """Whether this is a slot of the schedule; neither a re-check nor a probe on demand."""


@dataclass(slots=True)
class _Plan:
    interval: float
    generation: int
    attempt: int = 1
    recheck_pending: bool = False
    failing: bool = False


@dataclass(order=True, frozen=True, slots=True)
class _Entry:
    at: float
    order: int
    name: str = field(compare=False)
    kind: _Kind = field(compare=False)
    generation: int = field(compare=False)


def phase(name: str, interval: float) -> float:
    """Where in its interval a target's slots lie, in seconds: the same in every run, spread over names in ticks."""
    exact = zlib.crc32(name.encode("utf-8", "backslashreplace")) / 2**32 * interval
    return exact // TICK * TICK


def slot_after(name: str, interval: float, moment: float) -> float:
    """The first slot of the target's grid that lies strictly after ``moment`` (monotonic seconds)."""
    offset = phase(name, interval)
    index = math.floor((moment - offset) / interval + 1e-6) + 1
    return offset + index * interval


class Schedule:
    """Which probes are due.

    Every target has a grid of slots, one per interval. A slot is skipped and counted, never queued, if the previous run
    (with its re-checks) has not ended, or if the caller is so late that the next slot has passed or is near. At most
    ``capacity`` probes run at once. A slot that waits for room is late; it is skipped once its successor is due.

    Args:
        intervals: Seconds between probes by target name, in the order in which the first probes start.
        now: The monotonic clock.
        capacity: How many probes may run at once.
        recheck: Delays in seconds of the quick re-checks after a first failure.
    """

    def __init__(
        self,
        intervals: Mapping[str, float],
        *,
        now: float,
        capacity: int = DEFAULT_CAPACITY,
        recheck: Sequence[float] = (),
    ) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, not {capacity}")
        self.skipped = 0
        """Skipped slots since the start."""
        self._capacity = capacity
        self._recheck = tuple(recheck)
        self._plans: dict[str, _Plan] = {}
        self._running: set[str] = set()
        self._heap: list[_Entry] = []
        self._order = 0
        self.replace(intervals, now=now)

    @property
    def running(self) -> int:
        """How many probes run at this moment."""
        return len(self._running)

    def replace(
        self,
        intervals: Mapping[str, float],
        *,
        now: float,
        capacity: int | None = None,
        recheck: Sequence[float] | None = None,
    ) -> None:
        """Use another set of targets. Unchanged ones keep their slots; new ones are probed at once."""
        for name, interval in intervals.items():
            if not (math.isfinite(interval) and interval > 0):
                raise ValueError(f"the interval of {name} must be a positive number of seconds, not {interval}")
        if capacity is not None:
            self._capacity = max(1, capacity)
        if recheck is not None:
            self._recheck = tuple(recheck)
        new = [name for name in intervals if name not in self._plans]
        for name in [name for name in self._plans if name not in intervals]:
            del self._plans[name]
        for name, plan in self._plans.items():
            if plan.interval != intervals[name]:
                self._order += 1
                plan.interval, plan.generation = intervals[name], self._order
                self._push(name, plan, slot_after(name, plan.interval, now), _Kind.SLOT)
                plan.recheck_pending = False
        self._add(new, intervals, now)

    def next_due(self) -> float | None:
        """When to call ``take`` next; ``None`` while nothing is planned or no room is left until a probe finishes."""
        if len(self._running) >= self._capacity:
            return None
        self._drop_stale()
        return self._heap[0].at if self._heap else None

    def take(self, now: float) -> list[Run]:
        """The probes to start at ``now``; each counts as running until ``finish``."""
        due: list[Run] = []
        while len(self._running) < self._capacity:
            self._drop_stale()
            if not self._heap or self._heap[0].at > now:
                break
            entry = heapq.heappop(self._heap)
            run = self._step(entry, self._plans[entry.name], now)
            if run is not None:
                self._running.add(run.name)
                due.append(run)
        return due

    def finish(self, name: str, *, now: float, failed: bool) -> bool:
        """A probe has ended. Plans a quick re-check after a first failure; returns whether one was planned."""
        self._running.discard(name)
        plan = self._plans.get(name)
        if plan is None:
            return False
        if failed and not plan.failing and plan.attempt <= len(self._recheck):
            self._push(name, plan, now + self._recheck[plan.attempt - 1], _Kind.RECHECK)
            plan.attempt += 1
            plan.recheck_pending = True
            return True
        plan.failing, plan.attempt = failed, 1
        return False

    def probe_now(self, names: Iterable[str], *, now: float) -> None:
        """Probe targets at once, beside their grid; ignores unknown targets and those that run or await a re-check."""
        for name in names:
            plan = self._plans.get(name)
            if plan is not None and name not in self._running and not plan.recheck_pending:
                self._push(name, plan, now, _Kind.EXTRA)

    def _add(self, names: Sequence[str], intervals: Mapping[str, float], now: float) -> None:
        if not names:
            return
        span = min(MAX_START_SPAN, max(START_SPAN, MIN_STAGGER * len(names)))
        stagger = min(MAX_STAGGER, span / len(names))
        for index, name in enumerate(names):
            self._order += 1
            plan = self._plans[name] = _Plan(interval=intervals[name], generation=self._order)
            self._push(name, plan, now + index * stagger, _Kind.FIRST)

    def _push(self, name: str, plan: _Plan, at: float, kind: _Kind) -> None:
        self._order += 1
        heapq.heappush(self._heap, _Entry(at, self._order, name, kind, plan.generation))

    def _drop_stale(self) -> None:
        while self._heap:
            plan = self._plans.get(self._heap[0].name)
            if plan is not None and plan.generation == self._heap[0].generation:
                return
            heapq.heappop(self._heap)

    def _step(self, entry: _Entry, plan: _Plan, now: float) -> Run | None:
        busy = entry.name in self._running
        if entry.kind is _Kind.RECHECK:
            plan.recheck_pending = False
        else:
            busy = busy or plan.recheck_pending
        if entry.kind in (_Kind.FIRST, _Kind.SLOT):
            self._plan_next(entry, plan, now, busy=busy)
        if busy:
            return None
        planned = entry.kind in (_Kind.FIRST, _Kind.SLOT)
        return Run(entry.name, plan.attempt, max(0.0, now - entry.at), planned)

    def _plan_next(self, entry: _Entry, plan: _Plan, now: float, *, busy: bool) -> None:
        """Push the next slot and count the skipped ones."""
        distance = 0.0 if busy else plan.interval * NEAREST_SLOT
        following = slot_after(entry.name, plan.interval, max(now, entry.at) + distance)
        self._push(entry.name, plan, following, _Kind.SLOT)
        if entry.kind is _Kind.SLOT:
            self.skipped += max(0, round((following - entry.at) / plan.interval) - 1) + busy
