"""A person's wish to end a long job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class CancelledError(Exception):
    """The person has cancelled the job; nothing has changed."""


class Cancellation:
    """Ends a job from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._stop: Callable[[], None] | None = None

    def cancel(self) -> None:
        """End the job as soon as possible. Idempotent, thread-safe."""
        with self._lock:
            self._cancelled = True
            if self._stop is not None:
                self._stop()

    def check(self) -> None:
        """Raise CancelledError once the job is cancelled."""
        if self._cancelled:
            raise CancelledError("cancelled: nothing was written")

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` when the job is cancelled inside the block; the end of the block checks."""
        with self._lock:
            self._stop = stop
            if self._cancelled:
                stop()
        try:
            yield
        finally:
            with self._lock:
                self._stop = None
        self.check()
