"""Combines claims that wait at the same time into one statement.

Many probes start on one tick. Claimed one by one, each would cost several round trips: a monitor that takes over the
targets of another one could not keep up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence

from amt_console.store.cluster.members import SlotClaim

Ask = Callable[[Sequence[SlotClaim]], Awaitable[Collection[str]]]
"""Claims slots and returns the targets of those that were won."""


class ClaimBatches:
    """Asks at once while nothing is under way; what arrives meanwhile is the next batch. Lives on one event loop."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._waiting: dict[SlotClaim, asyncio.Future[bool]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def claim(self, claim: SlotClaim) -> bool:
        """Whether the slot was won. Raises what ``ask`` raises."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[claim] = answer
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_for_all(), name="claims")
        return await answer

    async def _ask_for_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, {}
                await self._ask_for(batch)
        finally:
            self._asking = None

    async def _ask_for(self, batch: dict[SlotClaim, asyncio.Future[bool]]) -> None:
        # The others have stopped waiting: what they would win, nobody would probe.
        if not (claims := [claim for claim, answer in batch.items() if not answer.done()]):
            return
        try:
            won = await self._ask(claims)
        except Exception as error:
            for answer in batch.values():
                if not answer.done():
                    answer.set_exception(error)
        else:
            for claim, answer in batch.items():
                if not answer.done():
                    answer.set_result(claim.target in won)
