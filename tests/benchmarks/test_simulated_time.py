"""The event loop of benchmarks with simulated time."""

from __future__ import annotations

import asyncio
import threading

from amt_console.clock import FakeClock
from benchmarks.load.simulated_time import SimulatedTimeLoop


def test_time_passes_while_nothing_is_to_be_done() -> None:
    clock = FakeClock()
    begin = clock.monotonic()
    with asyncio.Runner(loop_factory=lambda: SimulatedTimeLoop(clock)) as runner:
        runner.run(asyncio.sleep(7 * 86_400))
    assert clock.monotonic() - begin >= 7 * 86_400


def test_time_stands_while_a_thread_works() -> None:
    clock = FakeClock()
    begin = clock.monotonic()

    def work() -> float:
        threading.Event().wait(0.3)
        return clock.monotonic()

    async def both() -> float:
        later = asyncio.create_task(asyncio.sleep(5))
        seen = await asyncio.to_thread(work)
        await later
        return seen

    with asyncio.Runner(loop_factory=lambda: SimulatedTimeLoop(clock)) as runner:
        assert runner.run(both()) == begin
    assert clock.monotonic() - begin >= 5
