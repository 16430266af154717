"""Distinguishes an item that cannot be stored from a fault of its whole kind. On the engine's loop only."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Sequence

from amt_console.monitor.buffer import Buffer, Collected, Item
from amt_console.text import safe_text

RETRY_EVERY = 15.0
"""Seconds between two attempts to store quarantined items."""
MOST_CANDIDATES = 64
"""Largest number of quarantined items while searching for a result that can be stored."""


class Quarantine:
    """Items that failed alone, with errors that are not the database's.

    An item is dropped only if it failed, another item of its kind was stored, and then it failed again. Two failing
    items of a kind with none stored between them are a fault of the kind: all items of that kind are kept. If the kind
    is probe results, nothing else is stored either, and the monitor counts as silent.

    Args:
        buffer: Takes items back when they may be tried again.
    """

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._parked: dict[int, Item] = {}
        self._accused: dict[int, Item] = {}
        self._doomed: dict[int, Item] = {}
        self._error = ""
        self._turn = 0
        self._retry_at = 0.0

    def __len__(self) -> int:
        return len(self._parked)

    def holds(self, item: Item) -> bool:
        """Whether this item is quarantined."""
        return id(item) in self._parked

    @property
    def halted(self) -> bool:
        """Whether no result of a probe can be stored."""
        return Collected in self._blocked()

    @property
    def trouble(self) -> str | None:
        """The fault for people while a kind of items cannot be stored."""
        return self._error if self._blocked() else None

    def first_result(self, besides: Sequence[Item]) -> Collected | None:
        """The oldest quarantined result outside these items."""
        tried = {id(item) for item in besides}
        results = (item for key, item in self._parked.items() if key not in tried and isinstance(item, Collected))
        return next(results, None)

    def sift(self, items: Sequence[Item]) -> tuple[Item, ...]:
        """Quarantine items that cannot be stored at the moment; returns the others."""
        blocked = self._blocked()
        self._parked.update((id(item), item) for item in items if type(item) in blocked)
        return tuple(item for item in items if type(item) not in blocked)

    def due(self, now: float) -> tuple[Item, ...]:
        """An item to try again, alone, or none; ``now`` is the monotonic clock."""
        if not self._parked or now < self._retry_at:
            return ()
        self._retry_at = now + RETRY_EVERY
        return self._next(list(self._parked.values()))

    def candidate(self) -> tuple[Item, ...]:
        """While halted: the next result to try, alone. New results come first, so that a few bad ones block nothing."""
        while len(self._parked) < MOST_CANDIDATES:
            for item in (taken := self._buffer.take(1)):
                self._parked[id(item)] = item
                if isinstance(item, Collected):
                    return (item,)
            if not taken:
                break
        return self._next([item for item in self._parked.values() if isinstance(item, Collected)])

    def failed(self, item: Item, error: Exception, now: float) -> bool:
        """Note that an item failed alone; returns whether it is dropped."""
        if self._doomed.pop(id(item), None) is not None:
            self._parked.pop(id(item), None)
            return True
        self._error = fault(error)
        self._accused[id(item)] = self._parked[id(item)] = item
        self._retry_at = now + RETRY_EVERY
        return False

    def stored(self, items: Sequence[Item]) -> None:
        """Note stored items: others of their kinds may be tried again, and are themselves at fault if they fail."""
        for item in items:
            for each in (self._parked, self._accused, self._doomed):
                each.pop(id(item), None)
        kinds = {type(item) for item in items}
        for item in [item for item in self._accused.values() if type(item) in kinds]:
            self._doomed[id(item)] = self._accused.pop(id(item))
        blocked = self._blocked()
        self._give_back([i for i in self._parked.values() if id(i) not in self._accused and type(i) not in blocked])

    def release(self) -> None:
        """Let every item be tried once more."""
        self._accused.clear()
        self._give_back(list(self._parked.values()))

    def _blocked(self) -> set[type[Item]]:
        counts = Counter(type(item) for item in self._accused.values())
        return {kind for kind, count in counts.items() if count > 1}

    def _next(self, items: Sequence[Item]) -> tuple[Item, ...]:
        self._turn += 1
        return (items[self._turn % len(items)],) if items else ()

    def _give_back(self, items: Sequence[Item]) -> None:
        for item in items:
            del self._parked[id(item)]
        self._buffer.give_back(items)


def fault(error: BaseException) -> str:
    """A bug, in words for people."""
    return safe_text(f"internal fault ({type(error).__name__}: {error}), the log says more.")


def origin(error: BaseException) -> tuple[str, str, int | None]:
    """The identity of an error: its type, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return (type(error).__name__, frames[-1].filename, frames[-1].lineno) if frames else (type(error).__name__, "", 0)
