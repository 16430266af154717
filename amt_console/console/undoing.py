"""The last action of this console that a key takes back, for some seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amt_console.clock import Clock
from amt_console.model import Action

UNDO_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Undoable:
    """How to take an action back."""

    by: Action[Any]
    what: str
    """What is taken back, in words."""


class UndoMemory:
    """Remembers one action; a later one takes its place."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: Undoable | None = None
        self._until = 0.0

    def remember(self, by: Action[Any], what: str) -> None:
        """An action was done that ``by`` takes back."""
        self._last, self._until = Undoable(by, what), self._clock.monotonic() + UNDO_SECONDS

    def take(self) -> Undoable | None:
        """What can still be taken back, once."""
        last, self._last = self._last, None
        return last if self._clock.monotonic() <= self._until else None
