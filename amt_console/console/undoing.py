"""The last action of this console that a key takes back, for some seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amt_console.clock import Clock

# The first frame needs no actions: they are loaded with the first one.
if TYPE_CHECKING:
    from amt_console.model import Action

UNDO_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Undoable:
    """How to take an action back."""

    by: tuple[Action[Any], ...]
    """One for each thing that was done."""
    what: str
    """What is taken back, in words."""


class UndoMemory:
    """Remembers one action, or several done at once; a later one takes their place."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: Undoable | None = None
        self._until = 0.0

    def remember(self, by: Action[Any] | Sequence[Action[Any]], what: str) -> None:
        """An action was done that ``by`` takes back; or several at once."""
        every = tuple(by) if isinstance(by, Sequence) else (by,)
        self._last, self._until = Undoable(every, what), self._clock.monotonic() + UNDO_SECONDS

    def take(self) -> Undoable | None:
        """What can still be taken back, once."""
        last, self._last = self._last, None
        return last if self._clock.monotonic() <= self._until else None
