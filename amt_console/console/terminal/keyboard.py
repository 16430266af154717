"""Parses terminal input into key presses and pastes.

A terminal with bracketed paste marks pasted text. Textual loses a paste with an escape character, so the marks are read
here. A terminal without it sends a paste as keys: then a burst of keys counts as a paste.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from textual import events
from textual.message import Message

PASTED = "pasted+"
"""Prefix of the name of an enter, tab or control key within a pasted burst."""
LONGEST_PASTE = 1_000_000
"""Longest paste in characters; the rest is dropped."""
LONGEST_TYPED_LINE = 120
"""A longer line in one burst is a paste."""
_START, _END = "\x1b[200~", "\x1b[201~"
_LINE_END = re.compile(r"[\r\n]")
_SEQUENCE = r"(?:\[[0-9;]*[A-HPQRSZu~]|O.)"
"""What follows an escape character: arrows, function keys and the like."""
_KEY, _STRAY_ESCAPE = re.compile("\x1b" + _SEQUENCE), re.compile("\x1b(?!" + _SEQUENCE + ")")
_LOST_END = 10
"""Pauses until the missing end mark of a paste is given up."""


class KeyParser(Protocol):
    """Textual's parser of terminal input."""

    def feed(self, data: str) -> Iterable[Message]:
        """Parse more."""
        ...

    def tick(self) -> Iterable[Message]:
        """No input for a while: an incomplete sequence is complete."""
        ...


class Keyboard:
    """Feeds a parser with typed keys and takes out pastes."""

    def __init__(self, parser: KeyParser) -> None:
        self._parser = parser
        self._held = ""
        """The beginning of a possible mark."""
        self._paste: list[str] | None = None
        self._pauses = 0
        self._burst = ""

    @property
    def rests(self) -> bool:
        """Whether another pause would change nothing."""
        return self._pauses > _LOST_END

    def feed(self, data: str, *, continues: bool) -> Iterator[Message]:
        """What was read at once.

        Args:
            data: The text.
            continues: It came directly after what was read before.
        """
        if not continues:
            self._burst = ""
        self._pauses = 0
        rest, self._held = self._held + data, ""
        while rest:
            mark = _START if self._paste is None else _END
            part, found, rest = rest.partition(mark)
            if not found:
                self._held = _half_mark(part, mark)
                part = part.removesuffix(self._held)
            if self._paste is None:
                yield from self._typed(part)
            else:
                self._paste.append(part)
            if found:
                yield from self._toggle()

    def pause(self) -> Iterator[Message]:
        """No input for a tenth of a second."""
        self._pauses += 1
        held, self._held = self._held, ""
        if self._paste is not None:
            self._paste.append(held)
            if self._pauses >= _LOST_END:
                yield from self._toggle()
        elif held == "\x1b":
            yield events.Key("escape", "\x1b")
        elif held:
            yield from self._typed(held)
        yield from self._marked(self._parser.tick())

    def _toggle(self) -> Iterator[Message]:
        pasted, self._paste = self._paste, None if self._paste is not None else []
        if pasted is not None:
            yield events.Paste("".join(pasted)[:LONGEST_PASTE])

    def _typed(self, text: str) -> Iterator[Message]:
        if text:
            self._burst = (self._burst + text)[-2 * LONGEST_TYPED_LINE :]
            if looks_pasted(self._burst):
                text = _STRAY_ESCAPE.sub("", text)
            yield from self._marked(self._parser.feed(text))

    def _marked(self, messages: Iterable[Message]) -> Iterator[Message]:
        pasted = looks_pasted(self._burst)
        for message in messages:
            if pasted and isinstance(message, events.Key) and not message.is_printable:
                message.key = PASTED + message.key
            yield message


def looks_pasted(burst: str) -> bool:
    """Whether a burst of keys contains a line end that was pasted.

    A typed line, an enter and the next key may arrive together after a stall of the connection.
    """
    first, *others = _LINE_END.split(_KEY.sub("", burst).lstrip("\r\n"))
    typed, behind = len(first), sum(len(line) for line in others)
    if not typed or not others:
        return False
    return len(others) > 1 or behind > 1 or "\x1b" in first or typed >= LONGEST_TYPED_LINE


def _half_mark(text: str, mark: str) -> str:
    """The end of a text that is the beginning of a mark."""
    return next((mark[:size] for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), "")
