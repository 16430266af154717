"""The newest answers about periods that are over: what is measured later does not change them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from amt_console.clock import Clock

SETTLED_AFTER = timedelta(minutes=2)
"""Results are stored some time after they were measured."""
KEPT_SECONDS = 300.0
"""An import or a deletion of old results shows after so long."""
MOST = 64

_T = TypeVar("_T")


class SettledAnswers:
    """Keeps a few answers. Safe to call from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def answer(self, key: Hashable, until: datetime, read: Callable[[], _T]) -> _T:
        """The kept answer, or the one that ``read`` returns.

        Args:
            key: Names the question and all that its answer depends on but the database.
            until: The end of the period that is read.
            read: Reads the answer.
        """
        if self._clock.now() - until < SETTLED_AFTER:
            return read()
        tick = self._clock.monotonic()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and 0 <= tick - kept[0] < KEPT_SECONDS:
                self._kept.move_to_end(key)
                found: _T = kept[1]
                return found
        found = read()
        with self._lock:
            self._kept[key] = tick, found
            self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return found
