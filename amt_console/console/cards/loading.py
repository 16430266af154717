"""Loading for panels: one load at a time, and only the answer to the newest question is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

ResultT = TypeVar("ResultT")


class LoadingHost(Protocol):
    """The part of the app that loads."""

    def load(self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]) -> None:
        """Run blocking work on a thread, then ``done`` or ``failed`` on the loop."""
        ...


class Loader:
    """Loads for one panel. What is asked while a load runs waits for its end; of several the newest one is asked.

    Args:
        host: The app.
    """

    def __init__(self, host: LoadingHost) -> None:
        self._host = host
        self._running = False
        self._waiting: Callable[[], None] | None = None

    @property
    def running(self) -> bool:
        """Whether a load runs."""
        return self._running

    def ask(self, work: Callable[[], ResultT], done: Callable[[ResultT], None], failed: Callable[[str], None]) -> None:
        """Load, then call ``done``, or ``failed`` with the reason; neither if something else was asked meanwhile."""
        if self._running:
            self._waiting = lambda: self.ask(work, done, failed)
            return
        self._running = True
        self._host.load(
            work, lambda result: self._ended(lambda: done(result)), lambda why: self._ended(lambda: failed(why))
        )

    def forget(self) -> None:
        """Ask nothing that waits, and draw no answer to what runs."""
        if self._running:
            self._waiting = lambda: None

    def _ended(self, then: Callable[[], None]) -> None:
        self._running = False
        waiting, self._waiting = self._waiting, None
        (waiting or then)()
