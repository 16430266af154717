"""Reads a past moment before it is shown: while its time is typed, or before the same key comes again.

Whoever answers keeps the newest answers about the past, so that the screens find them there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from amt_console.console.actions import Selection
from amt_console.model import Snapshot
from amt_console.operations.protocol import Operations

Find = Callable[[Operations], "datetime | None"]
"""Says which moment, or that there is none; blocking."""
Found = Callable[[Snapshot], None]
AHEAD = "look ahead"
_log = logging.getLogger(__name__)


class LookAheadHost(Protocol):
    """The part of the app that looks ahead."""

    operations: Operations | None

    def selection(self) -> Selection:
        """The selected alert or service."""
        ...

    def on_thread(self, work: Callable[[], None], group: str) -> None:
        """Run blocking work on a thread of its own."""
        ...

    def on_loop(self, call: Callable[[], None]) -> None:
        """Call on the app's loop, unless the app is ending. Thread-safe."""
        ...


class LookAhead:
    """One reading at a time. What is asked for while one runs waits for its end; of several only the newest is read."""

    def __init__(self, host: LookAheadHost) -> None:
        self._host = host
        self._running = False
        self._waiting: Callable[[], None] | None = None

    def read(self, find: Find, found: Found | None = None) -> None:
        """Read a moment, then call ``found`` on the loop. A failure is left to the reading that shows the moment."""
        if self._running:
            self._waiting = partial(self._begin, find, found)
        else:
            self._begin(find, found)

    def forget(self) -> None:
        """Read nothing that waits."""
        self._waiting = None

    def _begin(self, find: Find, found: Found | None) -> None:
        operations = self._host.operations
        if operations is None:
            return
        self._running = True
        selected = self._host.selection().alert_id
        self._host.on_thread(partial(self._read, operations, selected, find, found), AHEAD)

    def _read(self, operations: Operations, selected: int | None, find: Find, found: Found | None) -> None:
        try:
            at = find(operations)
            if at is not None:
                snapshot = operations.snapshot(at)
                if found is not None:
                    self._host.on_loop(partial(found, snapshot))
                _read_details(operations, selected, snapshot)
        except Exception:
            # Whoever shows the moment reads it again, and tells why that fails.
            _log.debug("a moment could not be read ahead", exc_info=True)
        finally:
            self._host.on_loop(self._ended)

    def _ended(self) -> None:
        self._running = False
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting()


def _read_details(operations: Operations, selected: int | None, snapshot: Snapshot) -> None:
    """The last hour, and what moved together with the alert that will be selected: nothing else takes as long."""
    from amt_console.console.cards.alert_known import ask_moved  # not for the first frame
    from amt_console.model.queries import StatesQuery

    operations.ask(StatesQuery(at=snapshot.at))
    numbers = [alert.id for alert in snapshot.alerts]
    if numbers:
        ask_moved(operations, selected if selected in numbers else numbers[0], snapshot.at)
