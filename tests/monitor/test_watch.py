"""The tick: gaps, heartbeats and missing data, on a fake clock."""

from __future__ import annotations

from amt_console.clock import FakeClock
from amt_console.model import Gap, GapReason
from amt_console.monitor.buffer import NoData
from amt_console.monitor.watches.no_data import NoDataWatch
from amt_console.monitor.watches.watch import TickLoop


class Ticker:
    """A tick loop with everything it reported."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.gaps: list[Gap] = []
        self.silences: list[NoData] = []
        self.beats: list[float] = []
        self.loop = TickLoop(
            clock=self.clock,
            no_data_watch=NoDataWatch({"web-app": 15.0}, now=self.clock.monotonic()),
            on_pause=lambda pause: self.gaps.append(pause.gap),
            on_no_data=self.silences.append,
            on_sign_of_life=lambda: self.beats.append(self.clock.monotonic() - 1000.0),
        )

    def run(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1)
            self.loop.tick()


def test_a_sign_of_life_every_ten_seconds() -> None:
    ticker = Ticker()
    ticker.run(35)
    assert ticker.beats == [10.0, 20.0, 30.0]


def test_a_silent_subject_is_told_of() -> None:
    ticker = Ticker()
    ticker.run(46)
    assert [(silence.subject, silence.seconds) for silence in ticker.silences] == [("web-app", 45.0)]
    assert ticker.silences[0].at.wall < ticker.clock.now()


def test_a_suspend_is_a_gap_and_nobody_is_silent_for_it() -> None:
    ticker = Ticker()
    ticker.run(10)
    ticker.clock.suspend(3600)
    ticker.run(20)
    assert [gap.reason for gap in ticker.gaps] == [GapReason.SUSPENDED]
    assert ticker.silences == []


def test_a_stall_is_a_gap_and_a_stepped_clock_is_only_noted() -> None:
    ticker = Ticker()
    ticker.run(3)
    ticker.clock.advance(300)
    ticker.loop.tick()
    assert [gap.reason for gap in ticker.gaps] == [GapReason.STALLED]
    ticker.clock.step_wall(-7200)
    ticker.run(1)
    assert len(ticker.gaps) == 1
    assert ticker.loop.wall_step is not None
    assert round(ticker.loop.wall_step[1]) == -7200
    assert ticker.silences == []
