"""Quarantine: which item cannot be stored, which one waits, which one is tried next."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from amt_console.clock import FakeClock
from amt_console.model import HostSample, ProbeResult, ServiceState
from amt_console.monitor.buffer import Buffer, Collected, HostReading, Item
from amt_console.monitor.quarantine import MOST_CANDIDATES, RETRY_EVERY, Quarantine, fault, origin

CLOCK = FakeClock()
FAULT = ValueError("cannot be stored")
NOW = 0.5
"""By the monotonic clock, a moment after the machine has started."""


def results(count: int) -> list[Collected]:
    made = []
    for number in range(count):
        made.append(Collected(ProbeResult(f"s{number}", CLOCK.now(), ServiceState.UP, 1.0), CLOCK.instant()))
    return made


def reading(cpu: float = 1.0) -> HostReading:
    return HostReading(HostSample(CLOCK.now(), cpu, 2.0, 3.0), CLOCK.instant())


@pytest.fixture
def buffer() -> Buffer:
    return Buffer()


@pytest.fixture
def quarantine(buffer: Buffer) -> Quarantine:
    return Quarantine(buffer)


def waiting(buffer: Buffer) -> list[Item]:
    """What is in the buffer, which keeps it."""
    found = buffer.take(1000)
    buffer.give_back(found)
    return list(found)


def names(tried: Iterable[tuple[Item, ...]]) -> list[str]:
    """The services of results that were tried alone, in the order of their names."""
    return sorted(item.result.service for (item,) in tried if isinstance(item, Collected))


def test_an_item_that_fails_again_after_another_of_its_kind_was_stored_is_dropped(
    quarantine: Quarantine, buffer: Buffer
) -> None:
    bad, good = results(2)
    assert not quarantine.failed(bad, FAULT, NOW)
    assert quarantine.holds(bad)
    assert (len(quarantine), quarantine.trouble, quarantine.halted) == (1, None, False)
    quarantine.stored([good])
    assert not quarantine.holds(bad)
    assert waiting(buffer) == [bad], "it is tried once more"
    assert quarantine.failed(bad, FAULT, NOW)
    assert (len(quarantine), quarantine.holds(bad)) == (0, False)
    assert not quarantine.failed(bad, FAULT, NOW), "the next time it is judged anew"


def test_a_doomed_item_that_waits_again_is_dropped_and_waits_no_more(quarantine: Quarantine) -> None:
    bad, good, other = results(3)
    quarantine.failed(bad, FAULT, NOW)
    quarantine.stored([good])
    for each in results(2):
        quarantine.failed(each, FAULT, NOW)
    assert quarantine.sift([bad, other]) == ()
    assert quarantine.failed(bad, FAULT, NOW)
    assert not quarantine.holds(bad)


def test_an_item_of_another_kind_proves_nothing(quarantine: Quarantine, buffer: Buffer) -> None:
    (bad,) = results(1)
    quarantine.failed(bad, FAULT, NOW)
    quarantine.stored([reading()])
    assert quarantine.holds(bad)
    assert waiting(buffer) == []
    assert not quarantine.failed(bad, FAULT, NOW)


def test_two_failing_items_are_a_fault_of_their_kind(quarantine: Quarantine, buffer: Buffer) -> None:
    one, two, third = results(3)
    sample = reading()
    quarantine.failed(one, FAULT, NOW)
    assert quarantine.sift([third, sample]) == (third, sample)
    quarantine.failed(two, FAULT, NOW)
    assert quarantine.halted
    assert quarantine.trouble == "internal fault (ValueError: cannot be stored), the log says more."
    assert quarantine.sift([third, sample]) == (sample,)
    assert [quarantine.holds(item) for item in (third, sample)] == [True, False]
    quarantine.stored([sample])
    assert (len(quarantine), waiting(buffer)) == (3, [])
    quarantine.stored([third])
    assert (quarantine.halted, quarantine.trouble) == (False, None)
    assert waiting(buffer) == [one, two]


def test_a_fault_of_host_samples_halts_no_result(quarantine: Quarantine) -> None:
    for cpu in (1.0, 2.0):
        quarantine.failed(reading(cpu), FAULT, NOW)
    assert quarantine.trouble is not None
    assert not quarantine.halted


def test_the_accused_wait_while_others_of_their_kind_go_on(quarantine: Quarantine, buffer: Buffer) -> None:
    samples = [reading(1.0), reading(2.0)]
    for sample in samples:
        quarantine.failed(sample, FAULT, NOW)
    (bad,) = results(1)
    quarantine.failed(bad, FAULT, NOW)
    quarantine.stored([reading(3.0)])
    assert waiting(buffer) == samples
    assert quarantine.holds(bad), "no result was stored"


def test_an_item_is_due_at_times_and_each_gets_its_turn(quarantine: Quarantine) -> None:
    assert quarantine.due(NOW) == ()
    made = results(3)
    for item in made:
        quarantine.failed(item, FAULT, NOW)
    assert quarantine.due(NOW + RETRY_EVERY - 0.1) == ()
    tried = [quarantine.due(NOW + RETRY_EVERY * turn) for turn in range(1, 4)]
    assert names(tried) == ["s0", "s1", "s2"]
    last = NOW + 3 * RETRY_EVERY
    assert quarantine.due(last) == ()
    assert quarantine.due(last + RETRY_EVERY - 0.1) == ()
    assert len(quarantine.due(last + RETRY_EVERY)) == 1


def test_while_halted_new_results_are_tried_first_and_then_the_known_ones_in_turn(
    quarantine: Quarantine, buffer: Buffer
) -> None:
    one, two, third, fourth = results(4)
    sample = reading()
    quarantine.failed(one, FAULT, NOW)
    quarantine.failed(two, FAULT, NOW)
    for item in (sample, third, fourth):
        buffer.add(item)
    assert quarantine.candidate() == (third,)
    assert [quarantine.holds(item) for item in (sample, third, fourth)] == [True, True, False]
    assert quarantine.candidate() == (fourth,)
    turns = [quarantine.candidate() for _ in range(4)]
    assert names(turns) == ["s0", "s1", "s2", "s3"]


def test_no_more_than_some_candidates_are_taken(quarantine: Quarantine, buffer: Buffer) -> None:
    for item in results(MOST_CANDIDATES + 5):
        buffer.add(item)
    for _ in range(MOST_CANDIDATES + 5):
        assert len(quarantine.candidate()) == 1
    assert (len(quarantine), len(buffer)) == (MOST_CANDIDATES, 5)


def test_without_a_result_there_is_no_candidate(quarantine: Quarantine, buffer: Buffer) -> None:
    buffer.add(reading())
    assert quarantine.candidate() == ()


def test_the_oldest_waiting_result_is_told_besides_those_on_their_way(quarantine: Quarantine) -> None:
    assert quarantine.first_result(()) is None
    sample = reading()
    one, two = results(2)
    for item in (sample, one, two):
        quarantine.failed(item, FAULT, NOW)
    assert quarantine.first_result(()) is one
    assert quarantine.first_result([one]) is two
    assert quarantine.first_result([one, two]) is None


def test_a_release_lets_all_be_tried_once_more(quarantine: Quarantine, buffer: Buffer) -> None:
    made = results(2)
    for item in made:
        quarantine.failed(item, FAULT, NOW)
    quarantine.release()
    assert (len(quarantine), quarantine.halted, quarantine.trouble) == (0, False, None)
    assert waiting(buffer) == made


def test_a_fault_is_told_safely_and_known_by_its_place() -> None:
    assert fault(ValueError("\x1b[2J")) == "internal fault (ValueError: ␛[2J), the log says more."
    assert origin(FAULT) == ("ValueError", "", 0)
    raised: list[BaseException] = []

    def deeper() -> None:
        raise KeyError("x")

    for _ in range(2):
        try:
            deeper()
        except KeyError as error:
            raised.append(error)
    kind, file, line = origin(raised[0])
    assert (kind, file, line) == ("KeyError", __file__, deeper.__code__.co_firstlineno + 1)
    assert origin(raised[1]) == (kind, file, line)
