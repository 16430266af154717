"""Gaps: stopped, suspended, stalled; a stepped wall clock is none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from support.stores import lay_out

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import GapReason, ProbeResult, Service, ServiceState
from amt_console.monitor.buffer import Collected
from amt_console.monitor.recorder import Recorder
from amt_console.monitor.ruleset import build_ruleset
from amt_console.monitor.watches.gaps import ClockWatch, stopped_gap
from amt_console.store import Store


def test_a_stop_of_more_than_two_intervals_is_a_gap() -> None:
    clock = FakeClock()
    last = clock.now()
    clock.advance(31)
    gap = stopped_gap(last, clock.now(), 15.0)
    assert gap is not None
    assert (gap.started_at, gap.ended_at, gap.reason) == (last, clock.now(), GapReason.STOPPED)


@pytest.mark.parametrize(("seconds", "interval"), [(0, 15.0), (30, 15.0), (29, 1.0), (119, 60.0), (-3600, 15.0)])
def test_a_restart_is_none(seconds: int, interval: float) -> None:
    now = FakeClock().now()
    assert stopped_gap(now - timedelta(seconds=seconds), now, interval) is None


def test_a_restart_without_a_gap_counts_as_unknown_from_one_and_a_half_intervals_on(tmp_path: Path) -> None:
    clock = FakeClock()
    start = clock.now()
    service = Service(name="web", url="http://127.0.0.1:1/", interval=5.0)
    ruleset = build_ruleset(Settings(web_app_url="http://127.0.0.1:1"), [service])

    def probe(recorder: Recorder) -> None:
        result = ProbeResult("web", clock.now(), ServiceState.UP, interval=5.0, response_time_ms=12.0)
        recorder.write([Collected(result, clock.instant())])

    lay_out(tmp_path / "m.db")
    with Store.open(f"sqlite:///{tmp_path / 'm.db'}", clock=clock) as store:
        before = Recorder(store=store, ruleset=ruleset, clock=clock)
        for _ in range(5):
            probe(before)
            clock.advance(5)
        probe(before)
        clock.advance(10)
        after = Recorder(store=store, ruleset=ruleset, clock=clock)
        for _ in range(6):
            probe(after)
            clock.advance(5)
        with store.read() as reads:
            assert reads.monitor.gaps(start, clock.now()) == []
            minute, *_ = reads.services.rollups(resolution=60, start=start, end=start + timedelta(seconds=60))["web"]
    assert (minute.unknown_s, minute.up_s, minute.down_s) == (2.5, 57.5, 0.0)


def test_the_first_start_ever_is_none() -> None:
    assert stopped_gap(None, FakeClock().now(), 15.0) is None


def test_ticks_on_time_tell_nothing() -> None:
    clock = FakeClock()
    watch = ClockWatch(clock.instant())
    for _ in range(100):
        clock.advance(1.2)
        reading = watch.tick(clock.instant(), expected=1.0)
        assert reading.gap is None
        assert reading.wall_step == 0.0


def test_a_suspended_machine_is_a_gap_of_its_length() -> None:
    clock = FakeClock()
    watch = ClockWatch(clock.instant())
    asleep = clock.now()
    clock.suspend(3600)
    clock.advance(1)
    gap = watch.tick(clock.instant(), expected=1.0).gap
    assert gap is not None
    assert gap.reason is GapReason.SUSPENDED
    assert gap.started_at == asleep
    assert gap.ended_at == clock.now()
    clock.advance(1)
    assert watch.tick(clock.instant(), expected=1.0).gap is None


def test_a_loop_that_stood_still_is_a_gap() -> None:
    clock = FakeClock()
    watch = ClockWatch(clock.instant())
    before = clock.now()
    clock.advance(300)
    gap = watch.tick(clock.instant(), expected=1.0).gap
    assert gap is not None
    assert gap.reason is GapReason.STALLED
    assert gap.started_at == before


@pytest.mark.parametrize("step", [86_400, -86_400, 2, -2])
def test_a_stepped_wall_clock_is_noted_and_is_no_gap(step: int) -> None:
    clock = FakeClock()
    watch = ClockWatch(clock.instant())
    clock.advance(1)
    clock.step_wall(step)
    reading = watch.tick(clock.instant(), expected=1.0)
    assert reading.gap is None
    assert reading.wall_step == pytest.approx(step)


def test_a_gap_is_as_long_as_it_lasted_though_the_wall_clock_was_set_meanwhile() -> None:
    clock = FakeClock()
    watch = ClockWatch(clock.instant())
    clock.suspend(600)
    clock.step_wall(7200)
    reading = watch.tick(clock.instant(), expected=1.0)
    assert reading.gap is not None
    assert reading.gap.ended_at - reading.gap.started_at == timedelta(seconds=600)
    assert reading.wall_step == pytest.approx(7200)
