"""Claims that wait at the same time are one question to the server."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import pytest

from amt_console.monitor.cluster.claim_batches import ClaimBatches
from amt_console.store import StoreUnavailable
from amt_console.store.cluster.members import SlotClaim


class Server:
    """Answers when the test says so, and gives the slots of ``free``."""

    def __init__(self, free: Collection[str] = ()) -> None:
        self.asked: list[list[str]] = []
        self.free = free
        self.fault: Exception | None = None
        self.answers = asyncio.Event()
        self._came = asyncio.Condition()

    async def ask(self, claims: Sequence[SlotClaim]) -> Collection[str]:
        async with self._came:
            self.asked.append([claim.target for claim in claims])
            self._came.notify_all()
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        return {claim.target for claim in claims} & set(self.free)

    async def was_asked(self, times: int) -> None:
        async with self._came:
            await self._came.wait_for(lambda: len(self.asked) >= times)


def claim(target: str) -> SlotClaim:
    return SlotClaim(target, 5.0, True)


async def test_what_comes_in_while_the_server_thinks_is_one_batch() -> None:
    server = Server(free=("a", "c"))
    batches = ClaimBatches(server.ask)
    first = asyncio.create_task(batches.claim(claim("a")))
    await server.was_asked(1)
    others = [asyncio.create_task(batches.claim(claim(name))) for name in ("b", "c", "d")]
    await asyncio.sleep(0)
    server.answers.set()
    assert await first
    assert await asyncio.gather(*others) == [False, True, False]
    assert server.asked == [["a"], ["b", "c", "d"]]
    assert not await batches.claim(claim("e")), "and it asks again later"


async def test_a_fault_reaches_everybody_who_waits_and_the_next_question_is_asked() -> None:
    server = Server(free=("a", "b"))
    server.fault = StoreUnavailable("the server does not answer")
    server.answers.set()
    batches = ClaimBatches(server.ask)
    found = await asyncio.gather(*(batches.claim(claim(name)) for name in ("a", "b")), return_exceptions=True)
    assert [type(each) for each in found] == [StoreUnavailable, StoreUnavailable]
    server.fault = None
    assert await batches.claim(claim("a"))


async def test_who_has_stopped_waiting_takes_no_slot() -> None:
    server = Server(free=("a", "b", "c"))
    batches = ClaimBatches(server.ask)
    first = asyncio.create_task(batches.claim(claim("a")))
    await server.was_asked(1)
    gone, waiting = (asyncio.create_task(batches.claim(claim(name))) for name in ("b", "c"))
    await asyncio.sleep(0)
    gone.cancel()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    server.answers.set()
    assert await waiting
    assert server.asked == [["a"], ["c"]]
