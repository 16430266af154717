"""What raw results say of a service in a window, computed one result at a time and independently of the program.

The rules are those that the documentation states: a result speaks until the next one, at most for 1.5 intervals;
unknown and unmeasured time is the rest; re-checks count by their time only; percentiles are of nearest rank.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from truth.raw import SECOND, Result

COUNTED = ("up", "degraded", "down")


@dataclass(slots=True)
class Seconds:
    """Seconds of a window by state."""

    up: float = 0.0
    degraded: float = 0.0
    down: float = 0.0
    maintenance: float = 0.0
    unknown: float = 0.0

    @property
    def good(self) -> float:
        return self.up + self.degraded

    @property
    def measured(self) -> float:
        return self.good + self.down

    @property
    def coverage(self) -> float | None:
        return share(self.measured, self.measured + self.unknown)

    @property
    def enough(self) -> bool:
        return (self.coverage or 0.0) >= 50.0

    def plus(self, other: Seconds) -> Seconds:
        return Seconds(
            self.up + other.up,
            self.degraded + other.degraded,
            self.down + other.down,
            self.maintenance + other.maintenance,
            self.unknown + other.unknown,
        )


def share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole > 0 else None


def seconds(results: Sequence[Result], start: int, end: int) -> Seconds:
    """By state, in ``[start, end)``. The results are in order of time."""
    found = Seconds()
    known = 0
    # The last result before the window speaks into it, and no earlier one does.
    for index in range(max(_first(results, start + 1) - 1, 0), _first(results, end)):
        result = results[index]
        until = result.at + result.interval * 3 // 2
        if index + 1 < len(results):
            until = min(until, results[index + 1].at)
        spoken = min(until, end) - max(result.at, start)
        if spoken > 0 and result.state in (*COUNTED, "maintenance"):
            setattr(found, result.state, getattr(found, result.state) + spoken / SECOND)
            known += spoken
    found.unknown = (end - start - known) / SECOND
    return found


def _first(results: Sequence[Result], at: int) -> int:
    return bisect_left(results, at, key=lambda result: result.at)


@dataclass(slots=True)
class Checks:
    """First attempts that measured something."""

    samples: int = 0
    errors: int = 0
    times: list[float] = field(default_factory=list)
    """Milliseconds."""


def checks(results: Sequence[Result], start: int, end: int) -> Checks:
    """Of ``[start, end)``. The results are in order of time."""
    found = Checks()
    for result in results[_first(results, start) : _first(results, end)]:
        if result.attempt == 1 and result.state in COUNTED:
            found.samples += 1
            if result.state == "down":
                found.errors += 1
            elif result.response is not None:
                found.times.append(result.response / 1000)
    return found


def rank(values: Iterable[float], q: float) -> float | None:
    """The value of nearest rank."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(q * len(ordered) - 1e-9)) - 1] if ordered else None


def mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def middle(values: Sequence[float]) -> float | None:
    """The median, between the two middle values of an even number."""
    ordered = sorted(values)
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


@dataclass(frozen=True, slots=True)
class Span:
    """A service was in a state."""

    start: int
    end: int
    state: str
    error: str | None


def spans(results: Sequence[Result], start: int, end: int, holes: Sequence[tuple[int, int]]) -> list[Span]:
    """The states of a window: each lasts until another is seen; in a hole nothing is known."""
    before = [result for result in results if result.at <= start]
    state, error = (before[-1].state, before[-1].error) if before else ("unknown", None)
    at: dict[int, tuple[str, str | None]] = {start: (state, error)}
    for result in results:
        if start <= result.at < end and result.state != state:
            state, error = result.state, result.error
            at[result.at] = (state, error)
    edges = sorted({*at, end, *(edge for hole in holes for edge in hole if start < edge < end)})
    found: list[Span] = []
    seen: tuple[str, str | None] = ("unknown", None)
    for begin, stop in itertools.pairwise(edges):
        seen = at.get(begin, seen)
        hidden = any(a <= begin < b for a, b in holes)
        state, error = ("unknown", None) if hidden else seen
        last = found[-1] if found else None
        if last is not None and last.state == state and (last.error == error or state != "down"):
            found[-1] = Span(last.start, stop, state, last.error)
        else:
            found.append(Span(begin, stop, state, error))
    return found


@dataclass(frozen=True, slots=True)
class Failure:
    """A service was down, cut to the window."""

    service: str
    start: int
    end: int
    down: float
    ongoing: bool
    earlier: bool
    cause: str | None
    alert: int | None = None


def failures(service: str, told: Sequence[Span], *, was_down: bool) -> list[Failure]:
    """From going down until it is next seen in another known state; unknown time inside belongs to it."""
    found = []
    index = 0
    while index < len(told):
        if told[index].state != "down":
            index += 1
            continue
        last = index
        run = index
        while run + 1 < len(told) and told[run + 1].state in ("down", "unknown"):
            run += 1
        ongoing = run + 1 == len(told)
        last = run if ongoing else max(i for i in range(index, run + 1) if told[i].state == "down")
        down = [span for span in told[index : last + 1] if span.state == "down"]
        found.append(
            Failure(
                service,
                told[index].start,
                told[last].end,
                sum(span.end - span.start for span in down) / SECOND,
                ongoing,
                index == 0 and was_down,
                next((span.error for span in down if span.error), None),
            )
        )
        index = run + 1
    return found
