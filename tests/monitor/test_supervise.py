"""A failed task restarts; the others continue."""

from __future__ import annotations

import asyncio
import logging

import pytest

from amt_console.clock import SystemClock
from amt_console.monitor.supervise import Backoff, Restarts, supervise

QUICK = Backoff(first=0.001, longest=0.002)


def test_pauses_grow_to_a_limit() -> None:
    backoff = Backoff(first=0.5, factor=2.0, longest=60.0)
    assert [backoff.delay(failures) for failures in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff.delay(10_000) == 60.0


async def test_a_failing_task_is_started_again_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    restarts = Restarts()
    calls = 0

    async def task() -> None:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise RuntimeError("out of luck")

    with caplog.at_level(logging.ERROR, logger="amt_console.monitor"):
        await asyncio.wait_for(supervise("host", task, clock=SystemClock(), restarts=restarts, backoff=QUICK), 60)
    assert calls == 4
    assert restarts.counts == {"host": 3}
    assert restarts.total == 3
    assert restarts.last_error == "host: RuntimeError: out of luck"
    assert len(caplog.records) == 3


async def test_others_go_on_while_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    restarts = Restarts()
    clock = SystemClock()
    failed_twice, done = asyncio.Event(), asyncio.Event()

    async def broken() -> None:
        if restarts.total >= 2:
            failed_twice.set()
        raise ValueError("always")

    async def steady() -> None:
        await failed_twice.wait()
        done.set()

    bad = asyncio.create_task(supervise("broken", broken, clock=clock, restarts=restarts, backoff=QUICK))
    good = asyncio.create_task(supervise("steady", steady, clock=clock, restarts=restarts, backoff=QUICK))
    await asyncio.wait_for(done.wait(), 60)
    bad.cancel()
    with pytest.raises(asyncio.CancelledError):
        await bad
    await good
    assert "steady" not in restarts.counts
    assert caplog.records


async def test_cancelling_ends_it() -> None:
    started = asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    restarts = Restarts()
    running = asyncio.create_task(supervise("forever", forever, clock=SystemClock(), restarts=restarts))
    await asyncio.wait_for(started.wait(), 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert restarts.total == 0
