"""An event loop whose time passes only while nothing is to be done: a week of a program's life in minutes."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

from amt_console.clock import FakeClock

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")
_LOOK_SECONDS = 0.05
"""How long a thread or a socket is waited for at a time."""


class _Selector(selectors.DefaultSelector):
    """Moves the clock instead of waiting, unless something real is awaited."""

    def __init__(self, clock: FakeClock, busy: Callable[[], bool]) -> None:
        super().__init__()
        self._clock = clock
        self._busy = busy

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; without anything it is later."""
        found = super().select(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        if timeout is None or self._busy():
            return super().select(_LOOK_SECONDS)
        self._clock.advance(timeout)
        return []


class SimulatedTimeLoop(asyncio.SelectorEventLoop):
    """Sockets, threads and timers work as ever. While a thread or a socket is awaited the clock stands.

    Args:
        clock: What the loop's time is read from.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._threads = 0
        self._watched = _Selector(clock, self._awaited)
        super().__init__(self._watched)
        self._own_files = len(self._watched.get_map())

    def time(self) -> float:
        """Seconds on the simulated clock."""
        return self._clock.monotonic()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*_Arguments], _Result], *args: *_Arguments
    ) -> asyncio.Future[_Result]:
        """As ever, and noticed."""
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._returned)
        return future

    def _returned(self, _: asyncio.Future[Any]) -> None:
        self._threads -= 1

    def _awaited(self) -> bool:
        return self._threads > 0 or len(self._watched.get_map()) > self._own_files
