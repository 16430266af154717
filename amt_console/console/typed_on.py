"""Text that a person goes on typing for a prompt that did not open: none of it may run as a key."""

from __future__ import annotations

from textual.events import Key

from amt_console.console.terminal.keyboard import PASTED

TYPED_ON_SECONDS = 0.5
"""Who types on has the next character within this; who has read why nothing was asked takes longer."""
_IN_A_TEXT = frozenset({"enter", "backspace"})


class TypedOn:
    """Tells keys from a text without a prompt. All times are those of events: seconds on the monotonic clock."""

    def __init__(self) -> None:
        self._refused_at = self._until = float("-inf")

    def refused(self, at: float, *, goes_on: bool = True) -> None:
        """A key that asks for a text has opened no prompt.

        Args:
            at: When that was known.
            goes_on: Whether a person may go on typing: not for a key that asks only sometimes.
        """
        self._refused_at, self._until = at, at + TYPED_ON_SECONDS if goes_on else float("-inf")

    def takes(self, event: Key) -> bool:
        """Whether a key belongs to that text: whatever came before the refusal, then text without a pause."""
        if event.time <= self._refused_at:
            return True
        if event.time > self._until or not (event.is_printable or event.key.removeprefix(PASTED) in _IN_A_TEXT):
            self._until = float("-inf")
            return False
        self._until = event.time + TYPED_ON_SECONDS
        return True
