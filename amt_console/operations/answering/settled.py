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
    """Keeps a few answers. Safe to call from several threads: an answer that is being read is waited for."""

    def __init__(self, clock: Clock, most: int = MOST) -> None:
        """Args:
        clock: The time.
        most: Answers that are kept.
        """
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._reading: dict[Hashable, threading.Event] = {}
        """What is being read, each with its end."""

    def answer(self, key: Hashable, until: datetime, read: Callable[[], _T]) -> _T:
        """The kept answer, or the one that ``read`` returns.

        Args:
            key: Names the question and all that its answer depends on but the database.
            until: The end of the period that is read.
            read: Reads the answer, which is not ``None``.
        """
        if self._clock.now() - until < SETTLED_AFTER:
            return read()
        while True:
            with self._lock:
                kept: _T | None = self._newest(key)
                if kept is not None:
                    return kept
                running = self._reading.get(key)
                if running is None:
                    ended = self._reading[key] = threading.Event()
                    break
            running.wait()
        try:
            return self._read(key, read)
        finally:
            with self._lock:
                del self._reading[key]
            ended.set()

    def kept(self, key: Hashable) -> Any | None:
        """The kept answer, if there is one."""
        with self._lock:
            return self._newest(key)

    def _newest(self, key: Hashable) -> Any | None:
        at, found = self._kept.get(key, (float("-inf"), None))
        if not 0 <= self._clock.monotonic() - at < KEPT_SECONDS:
            return None
        self._kept.move_to_end(key)
        return found

    def _read(self, key: Hashable, read: Callable[[], _T]) -> _T:
        tick = self._clock.monotonic()
        found = read()
        with self._lock:
            self._kept[key] = tick, found
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return found
