"""The event that ends the reading of keys."""

from __future__ import annotations

import contextlib
import os
from threading import Event


class InputEnd(Event):
    """An event that also ends a ``select``: its file descriptor is readable while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._closed = False

    def fileno(self) -> int:
        """For ``select``."""
        return self._reading

    def set(self) -> None:
        """End the reading."""
        super().set()
        if not self._closed:
            with contextlib.suppress(BlockingIOError):  # full: it is readable
                os.write(self._writing, b"\0")

    def clear(self) -> None:
        """Read on."""
        super().clear()
        if not self._closed:
            with contextlib.suppress(BlockingIOError):
                while os.read(self._reading, 4096):
                    pass

    def close(self) -> None:
        """Close the file descriptors, after the last ``select``."""
        if not self._closed:
            self._closed = True
            os.close(self._reading)
            os.close(self._writing)
