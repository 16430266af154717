"""The newest results of a service: scheduled probes, failures outside of outages, response times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from amt_console.alerts.backtest.track import Scheduled, Track
from amt_console.clock import SECOND, micros
from amt_console.model import ProbeResult, ServiceState

EPOCH = datetime(2026, 3, 1, tzinfo=UTC)
UP, SLOW, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN


def probe(seconds: float, state: ServiceState, time_ms: float | None = None, attempt: int = 1) -> ProbeResult:
    at = EPOCH + timedelta(seconds=seconds)
    return ProbeResult("shop", at, state, 60.0, response_time_ms=time_ms, attempt=attempt)


def us(seconds: float) -> int:
    return micros(EPOCH) + round(seconds * SECOND)


@pytest.fixture
def track() -> Track:
    found = Track(3600.0)
    for each in (
        probe(0, UP, 10.0),
        probe(60, DOWN, 99.0),
        probe(61, DOWN, attempt=2),
        probe(63, UP, 20.0, attempt=3),
        probe(120, SLOW, 30.0),
        probe(180, UNKNOWN, 7.0),
        probe(240, DOWN),
        probe(300, DOWN),
        probe(360, UP, 40.0),
    ):
        found.add(each)
    return found


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (-60, 0, Scheduled(0, 0)),
        (0, 60, Scheduled(1, 0)),
        (0, 61, Scheduled(2, 1)),
        (60, 121, Scheduled(2, 1)),
        (121, 240, Scheduled(0, 0)),
        (0, 400, Scheduled(6, 3)),
    ],
)
def test_scheduled_probes_that_measured_something_are_samples(
    track: Track, start: float, end: float, expected: Scheduled
) -> None:
    assert track.scheduled(us(start), us(end)) == expected


@pytest.mark.parametrize(
    ("start", "end", "outages", "expected"),
    [
        (0, 400, [], Scheduled(6, 3)),
        (0, 400, [(240, 300)], Scheduled(4, 1)),
        (0, 400, [(60, 63), (240, 360)], Scheduled(2, 0)),
        (0, 400, [(240, 299)], Scheduled(5, 2)),
        # Two that overlap are counted once, and one inside another.
        (0, 400, [(60, 250), (240, 300)], Scheduled(2, 0)),
        (0, 400, [(60, 300), (120, 240), (300, 360)], Scheduled(1, 0)),
        # Only what lies in the window.
        (61, 300, [(0, 120), (240, 1000)], Scheduled(0, 0)),
        (0, 240, [(240, 300)], Scheduled(3, 1)),
        (300, 400, [(0, 299)], Scheduled(2, 1)),
    ],
)
def test_what_lies_in_outages_is_left_out(
    track: Track, start: float, end: float, outages: list[tuple[float, float]], expected: Scheduled
) -> None:
    spans = [(us(begin), us(stop)) for begin, stop in outages]
    assert track.outside(us(start), us(end), spans) == expected


def test_response_times_of_all_results_or_of_good_scheduled_ones(track: Track) -> None:
    def times(start: float, end: float, *, scheduled: bool = False) -> list[float]:
        found = track.times(us(start), us(end), scheduled=scheduled)
        assert [at for at, _ in found] == sorted(at for at, _ in found)
        return [value for _, value in found]

    assert times(0, 400) == [10.0, 99.0, 20.0, 30.0, 7.0, 40.0]
    assert times(0, 400, scheduled=True) == [10.0, 30.0, 40.0]
    assert times(60, 180) == [99.0, 20.0, 30.0]
    assert track.times(us(0), us(1)) == [(EPOCH, 10.0)]


def test_old_results_are_forgotten_and_a_window_is_whole_all_the_same() -> None:
    track = Track(3600.0)
    for number in range(10_000):
        track.add(probe(60.0 * number, DOWN if number % 2 else UP, float(number)))
        if number > 60:
            start, end = us(60.0 * (number - 61)), us(60.0 * number + 1)
            assert track.scheduled(start, end) == Scheduled(62, 31)
        assert len(track._at) <= 4096 + 63
    assert [value for _, value in track.times(us(60.0 * 9990), us(60.0 * 9992))] == [9990.0, 9991.0]


def test_a_long_window_is_never_cut() -> None:
    track = Track(60.0 * 5000)
    for number in range(12_000):
        track.add(probe(60.0 * number, UP))
    assert track.scheduled(us(60.0 * 6999), us(60.0 * 12_000)).samples == 5001
