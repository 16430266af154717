"""Combines what several locations measure of a target: a series per location, and one combined result. Pure.

The result of a target with one location passes unchanged. A combined result is dated when it is combined: the hosts'
clocks need not agree, and no result is late.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, pairwise

from amt_console.alerts import Sight, from_locations, majority
from amt_console.clock import Instant
from amt_console.model import (
    DEFAULT_LOCATION,
    FORGOTTEN_AFTER,
    OWN_ERRORS,
    ProbeResult,
    ServiceState,
    series_name,
)
from amt_console.monitor.buffer import Collected

SPEAKS_INTERVALS = 2.0
"""Intervals for which a location's newest result counts: a probe that hangs until its deadline arrives that late."""
SPEAKS_SECONDS = 20.0
"""Least seconds for which it counts: nothing arrives for up to ten seconds while another monitor takes over."""
_INSTANT = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_WORST_FIRST = (ServiceState.DOWN, ServiceState.DEGRADED, ServiceState.UP)


@dataclass(slots=True)
class _Seen:
    """The recent results of one location for a target."""

    results: deque[ProbeResult]
    """Newest first, without longer pauses."""
    at: Instant
    """When the newest arrived."""

    def speaks(self, at: Instant) -> bool:
        return at.seconds_since(self.at) <= _speaks_for(self.results[0])


@dataclass(slots=True)
class _Target:
    seen: dict[str, _Seen]
    several: bool = False
    """Whether several locations reported at one time, and none of them is forgotten yet."""
    stamped: datetime | None = None
    """Time of the newest combined result."""


class LocationMerger:
    """Remembers the results of each location for each target.

    Args:
        depth: Number of results to remember: as many as confirm a fault or its end.
    """

    def __init__(self, depth: int) -> None:
        self._depth = max(1, depth)
        self._targets: dict[str, _Target] = {}

    def configure(self, depth: int, targets: Collection[str]) -> None:
        """Use another depth from now on, and forget other targets."""
        self._depth = max(1, depth)
        self._targets = {name: target for name, target in self._targets.items() if name in targets}

    def recall(self, location: str, results: Sequence[ProbeResult], at: Instant, *, several: bool) -> None:
        """Load what was stored before.

        Args:
            location: Who measured it.
            results: Of one target, newest first, at least one.
            at: When the newest arrived.
            several: Whether it was kept as this location's own series.
        """
        target = self._targets.setdefault(results[0].service, _Target({}))
        target.seen[location] = _Seen(deque(islice(_without_pause(results), self._depth)), at)
        target.several = target.several or several

    def arrive(self, item: Collected, living: Collection[str]) -> list[Collected]:
        """The items to store and judge for a result: the result itself, or a combined result and the location's series.

        Args:
            item: The result, in the order of arrival.
            living: The locations with a heartbeat; only these are combined.
        """
        result, at = item.result, item.at
        location = result.location or DEFAULT_LOCATION
        if item.late:
            several = result.service in self._targets and self._targets[result.service].several
            return [_own(item, location)] if several else [item]
        target = self._remember(location, result, at)
        speaking = {name: seen for name, seen in target.seen.items() if name in living and seen.speaks(at)}
        target.several = target.several or len(speaking) > 1
        own = _own(item, location)
        if not target.several and (location in speaking or len(target.seen) == 1):
            return [item]
        if location not in speaking:
            return [own]
        newest = {name: seen.results[0] for name, seen in speaking.items()}
        stamp = target.stamped = _stamp(at.wall, target.stamped)
        sights = tuple(Sight(name, tuple(seen.results)) for name, seen in sorted(speaking.items()))
        return [Collected(combined(location, newest, stamp), at, sights=sights), own]

    def _remember(self, location: str, result: ProbeResult, at: Instant) -> _Target:
        target = self._targets.setdefault(result.service, _Target({}))
        for name in [name for name, seen in target.seen.items() if name != location and _forgotten(seen, at)]:
            del target.seen[name]
            target.several = target.several and len(target.seen) > 1
        seen = target.seen.get(location)
        before: Iterable[ProbeResult] = seen.results if seen is not None and seen.speaks(at) else ()
        target.seen[location] = _Seen(deque(islice((result, *before), self._depth)), at)
        return target


def combined(arriving: str, newest: Mapping[str, ProbeResult], at: datetime) -> ProbeResult:
    """One result of all locations, under the target's own name.

    Down: more than half of the locations that could measure find it down. Degraded: fewer do. The measurements are
    those of one location that agrees, preferably the one that has just reported.

    Args:
        arriving: Whose result came in.
        newest: The newest result of each location that speaks; ``arriving`` is one of them.
        at: Its time.
    """
    last = newest[arriving]
    known = {name: result for name, result in newest.items() if _measured(result)}
    if not known:
        return replace(last, timestamp=at, location=None)
    needed = majority(len(known))
    state = sorted((result.state for result in known.values()), key=_WORST_FIRST.index)[needed - 1]
    down = sorted(name for name, result in known.items() if result.state is ServiceState.DOWN)
    few = bool(down) and state is not ServiceState.DOWN
    agreeing = sorted(name for name in known if (name not in down if few else known[name].state is state))
    speaker = known[arriving if arriving in agreeing else agreeing[0]]
    whole = replace(
        speaker,
        timestamp=at,
        state=ServiceState.DEGRADED if few else state,
        interval=last.interval,
        attempt=last.attempt,
        location=None,
    )
    if not down or len(known) == 1:
        return whole
    where = from_locations(down, len(known))
    witness = known[down[0] if few else down[needed - 1]]
    error = f"{where}: {witness.error or witness.error_class or 'no reason is known'}"
    return replace(whole, error=f"down {error}" if few else error, error_class=witness.error_class)


def _measured(result: ProbeResult) -> bool:
    return result.state in _WORST_FIRST and result.error_class not in OWN_ERRORS


def _own(item: Collected, location: str) -> Collected:
    result = item.result
    kept = replace(result, service=series_name(result.service, location), location=location)
    return replace(item, result=kept)


def _speaks_for(result: ProbeResult) -> float:
    return max(SPEAKS_SECONDS, SPEAKS_INTERVALS * result.interval)


def _without_pause(results: Sequence[ProbeResult]) -> Iterator[ProbeResult]:
    """The newest results without a pause longer than the validity of each."""
    yield results[0]
    for later, earlier in pairwise(results):
        if (later.timestamp - earlier.timestamp).total_seconds() > _speaks_for(earlier):
            return
        yield earlier


def _forgotten(seen: _Seen, at: Instant) -> bool:
    return at.seconds_since(seen.at) > FORGOTTEN_AFTER.total_seconds()


def _stamp(now: datetime, last: datetime | None) -> datetime:
    """Now, by the evaluator's clock, and always later than before: two results of one moment would be stored as one."""
    return last + _INSTANT if last is not None and timedelta() <= last - now < _SECOND else now
