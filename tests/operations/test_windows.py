"""The windowed figures of many services are read a few at a time, and each in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from amt_console.clock import FakeClock
from amt_console.model import ProbeResult, ServiceState
from amt_console.operations.windows import RollingWindows, read_windows
from amt_console.store import Reads, Store

NAMES = tuple(f"service-{number:02d}" for number in range(40))


class CountingReads:
    """Passes questions on, and keeps which services they were about."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self.services = self
        self.days: list[str] = []
        self.minutes: list[str] = []

    def totals(self, *, start: datetime, end: datetime, services: Sequence[str], **question: Any) -> Any:
        if end - start > timedelta(hours=2):
            self.days += services
        return self._reads.services.totals(start=start, end=end, services=services, **question)

    def courses(self, *, services: Sequence[str], **question: Any) -> Any:
        self.minutes += services
        return self._reads.services.courses(services=services, **question)


def results(at: datetime, state: ServiceState) -> list[ProbeResult]:
    return [ProbeResult(name, at, state, 60.0, 20.0 if state is ServiceState.UP else None) for name in NAMES]


def turns(reads: Reads, names: Sequence[str], end: datetime, seconds: int) -> tuple[list[list[str]], list[list[str]]]:
    """Whose day and whose minutes were read at each of some seconds."""
    rolling = RollingWindows(names, refresh=10.0)
    days, minutes = [], []
    for second in range(seconds):
        counting = CountingReads(reads)
        rolling.read(counting, end, float(second))  # type: ignore[arg-type]
        days.append(counting.days)
        minutes.append(counting.minutes)
    return days, minutes


def test_each_service_has_its_turn_and_no_picture_pays_for_all(store: Store, clock: FakeClock) -> None:
    with store.read() as reads:
        days, minutes = turns(reads, NAMES, clock.now(), 25)
    for taken in (days, minutes):
        assert taken[0] == list(NAMES)
        assert max(map(len, taken[1:])) <= 8
    for first in (1, 6, 11):
        assert {name for names in minutes[first : first + 12] for name in names} == set(NAMES)
    assert {name for names in days[1:14] for name in names} == set(NAMES)


def test_a_few_services_are_read_together(store: Store, clock: FakeClock) -> None:
    with store.read() as reads:
        days, minutes = turns(reads, NAMES[:3], clock.now(), 30)
    assert days == minutes
    assert [len(names) for names in minutes] == [3, *[0] * 9, 3, *[0] * 9, 3, *[0] * 9]


def test_after_a_pause_everything_is_read_at_once(store: Store, clock: FakeClock) -> None:
    rolling = RollingWindows(NAMES, refresh=10.0)
    with store.transaction() as writes:
        writes.add_results(results(clock.now(), ServiceState.UP))
    clock.advance(60)
    with store.read() as reads:
        before = dict(rolling.read(reads, clock.now(), clock.monotonic()))
        assert before == read_windows(reads, NAMES, clock.now())
    with store.transaction() as writes:
        writes.add_results(results(clock.now(), ServiceState.DOWN))
    clock.advance(60)
    with store.read() as reads:
        after = rolling.read(reads, clock.now(), clock.monotonic())
        assert after == read_windows(reads, NAMES, clock.now())
    assert all(after[name] != before[name] for name in NAMES)
    assert after[NAMES[0]].error_rate_percent_1h == 50.0


def test_nobody_to_read_is_no_trouble(store: Store, clock: FakeClock) -> None:
    rolling = RollingWindows((), refresh=10.0)
    with store.read() as reads:
        assert [rolling.read(reads, clock.now(), float(second)) for second in range(3)] == [{}, {}, {}]
