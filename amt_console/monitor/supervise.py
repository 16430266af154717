"""Keeps the engine's tasks alive: a failed task restarts after a growing pause, without affecting the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field

from amt_console.clock import Clock

LOG = logging.getLogger("amt_console.monitor")
"""The one logger of this room."""
CANCEL_SECONDS = 1.5
"""How long cancelled tasks may take to end."""
DRAIN_SECONDS = 2.5
"""How long storing what was collected may take at the stop."""
Work = tuple[str, Callable[[], Coroutine[None, None, None]]]
"""The name of a task, and what it runs."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off: ``first``, then times ``factor``, at most ``longest`` seconds."""

    first: float = 0.5
    factor: float = 2.0
    longest: float = 60.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after the given number of failures in a row (1 and up)."""
        exponent = min(max(0, failures - 1), 64)
        return min(self.longest, self.first * self.factor**exponent)


@dataclass(slots=True)
class Restarts:
    """How often each task was restarted, and the last reason."""

    counts: dict[str, int] = field(default_factory=dict)
    last_error: str | None = None

    @property
    def total(self) -> int:
        """Over all tasks."""
        return sum(self.counts.values())


async def supervise(
    name: str,
    task: Callable[[], Awaitable[None]],
    *,
    clock: Clock,
    restarts: Restarts,
    backoff: Backoff = Backoff(),
) -> None:
    """Run ``task`` until it returns or is cancelled; start it again after an exception.

    After a run longer than the longest pause, the back-off starts over.
    """
    failures = 0
    while True:
        started = clock.monotonic()
        try:
            await task()
        except Exception as error:
            if clock.monotonic() - started > backoff.longest:
                failures = 0
            failures += 1
            restarts.counts[name] = restarts.counts.get(name, 0) + 1
            restarts.last_error = f"{name}: {type(error).__name__}: {error}"
            delay = backoff.delay(failures)
            LOG.exception("The task %r failed and starts again in %.1f s.", name, delay)
            await asyncio.sleep(delay)
        else:
            return
