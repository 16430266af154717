"""The buffer: ordered, bounded, with a count of what it dropped."""

from __future__ import annotations

from datetime import timedelta

from amt_console.clock import FakeClock
from amt_console.model import Gap, GapReason, ProbeResult, ServiceState
from amt_console.monitor.buffer import MOST_ARRIVED, Arrived, Buffer, Collected, Pause


def results(count: int) -> list[Collected]:
    clock = FakeClock()
    collected = []
    for _ in range(count):
        result = ProbeResult(service="web-app", timestamp=clock.now(), state=ServiceState.UP, interval=1.0)
        collected.append(Collected(result, clock.instant()))
        clock.advance(1)
    return collected


def test_what_goes_in_comes_out_in_order() -> None:
    buffer = Buffer()
    items = results(5)
    for item in items:
        buffer.add(item)
    assert list(buffer.take(3)) == items[:3]
    assert list(buffer.take(3)) == items[3:]
    assert buffer.take(3) == ()
    assert len(buffer) == 0


def test_what_could_not_be_stored_goes_back_to_the_front() -> None:
    buffer = Buffer()
    items = results(5)
    for item in items[:4]:
        buffer.add(item)
    taken = buffer.take(3)
    buffer.add(items[4])
    buffer.give_back(taken)
    assert list(buffer.take(10)) == items


def test_a_full_buffer_drops_the_oldest_and_tells_which_time_was_lost() -> None:
    buffer = Buffer(limit=3)
    items = results(5)
    gap = Gap(items[0].result.timestamp - timedelta(hours=1), items[0].result.timestamp, GapReason.STOPPED)
    stopped = Pause(gap, items[0].at)
    buffer.add(stopped)
    for item in items:
        buffer.add(item)
    assert buffer.dropped == 2
    taken = buffer.take(10)
    lost = Pause(Gap(items[0].result.timestamp, items[1].result.timestamp, GapReason.LOST), None)
    assert list(taken) == [stopped, lost, *items[2:]]


def test_giving_back_into_a_full_buffer_drops_the_oldest_too() -> None:
    buffer = Buffer(limit=3)
    items = results(5)
    for item in items[:3]:
        buffer.add(item)
    taken = buffer.take(3)
    for item in items[3:]:
        buffer.add(item)
    buffer.give_back(taken)
    assert buffer.dropped == 2
    pause, *rest = buffer.take(10)
    assert isinstance(pause, Pause)
    assert pause.gap.reason is GapReason.LOST
    assert rest == items[2:]


def test_what_came_in_from_outside_is_taken_a_few_at_a_time() -> None:
    buffer, clock, samples = Buffer(), FakeClock(), results(2)
    arrived = [Arrived(clock.instant(), number) for number in range(2 * MOST_ARRIVED + 1)]
    for item in (samples[0], *arrived, samples[1]):
        buffer.add(item)
    assert list(buffer.take(500)) == [*arrived[:MOST_ARRIVED], *samples], "measurements do not wait for them"
    assert list(buffer.take(10)) == arrived[MOST_ARRIVED : MOST_ARRIVED + 10]
    buffer.give_back(arrived[MOST_ARRIVED : MOST_ARRIVED + 10])
    assert buffer.has_arrived
    assert list(buffer.take(500)) == arrived[MOST_ARRIVED : 2 * MOST_ARRIVED]
    assert list(buffer.take(500)) == arrived[2 * MOST_ARRIVED :]
    assert not buffer.has_arrived
