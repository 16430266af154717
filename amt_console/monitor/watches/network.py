"""Watches whether this machine is still online, and asks the canaries when most services fail at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from amt_console.alerts import NetworkReading, Reachability
from amt_console.clock import Clock
from amt_console.model import NETWORK_ERRORS, ProbeResult, Service, Target

LOOK_EVERY = 10.0
"""Seconds between two readings while something is wrong or an alert is open."""
ASK_EVERY = 30.0
"""Seconds between two rounds of the canaries."""


class NetworkWatch:
    """Lives on the engine's loop.

    Args:
        targets: What is watched.
        canaries: Pages elsewhere; asked only when most services fail at once.
        probe: Probes one of them.
        clock: The time.
        emit: Takes a reading.
        alert_is_open: Whether an alert about the network is open.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        canaries: Sequence[Service],
        *,
        probe: Callable[[Service], Awaitable[ProbeResult]],
        clock: Clock,
        emit: Callable[[NetworkReading], None],
        alert_is_open: Callable[[], bool],
    ) -> None:
        self._reachability = Reachability(targets)
        self._canaries = tuple(canaries)
        self._probe = probe
        self._clock = clock
        self._emit = emit
        self._alert_is_open = alert_is_open
        self._mostly = False
        self._turned = asyncio.Event()
        self._canaries_fail: bool | None = None
        self._asked_at: float | None = None

    def replace(self, targets: Sequence[Target], canaries: Sequence[Service]) -> None:
        """Use another configuration."""
        self._reachability.replace(targets)
        self._canaries = tuple(canaries)
        self._canaries_fail = self._asked_at = None

    def hear(self, result: ProbeResult) -> None:
        """Note a result."""
        self._reachability.hear(result)
        mostly = self._reachability.mostly_unreachable
        if mostly is not self._mostly:
            self._mostly = mostly
            self._turned.set()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._turned.wait()
            except TimeoutError:
                if not (self._mostly or self._alert_is_open()):
                    continue
            self._turned.clear()
            if self._reachability.reading(self._clock.instant()).suspected:
                await self._ask_canaries()
            else:
                self._canaries_fail = self._asked_at = None
            self._emit(self._reachability.reading(self._clock.instant(), canaries_fail=self._canaries_fail))

    async def _ask_canaries(self) -> None:
        now = self._clock.monotonic()
        if not self._canaries or (self._asked_at is not None and now - self._asked_at < ASK_EVERY):
            return
        results = await asyncio.gather(*(self._probe(canary) for canary in self._canaries))
        self._asked_at = self._clock.monotonic()
        self._canaries_fail = all(result.error_class in NETWORK_ERRORS for result in results)
