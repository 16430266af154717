"""What is kept of a command's output: its beginning and its end, as text that is safe to show."""

from __future__ import annotations

import re
import threading

from amt_console.text import safe_text

KEPT_BYTES = 64 * 1024
_HALF = KEPT_BYTES // 2
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])")
"""Terminal sequences: colours, titles, cursor moves."""
_TAB_CELLS = 8


class KeptOutput:
    """Takes any amount of bytes and keeps ``KEPT_BYTES`` of them. Safe to call from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    @property
    def total(self) -> int:
        """Bytes that came, also those that are not kept."""
        return self._total

    def add(self, data: bytes) -> None:
        """Take more."""
        with self._guard:
            self._total += len(data)
            room = _HALF - len(self._head)
            self._head += data[:room]
            self._tail += data[room:]
            if len(self._tail) > 2 * _HALF:
                del self._tail[:-_HALF]

    def lines(self) -> list[str]:
        """The kept lines, each printable; where the middle is dropped, a line says how much."""
        with self._guard:
            head, tail = bytes(self._head), bytes(self._tail[-_HALF:])
            dropped = self._total - len(head) - len(tail)
        if not dropped:
            return _readable(head + tail)
        return [*_readable(head), f"… {dropped:,} bytes are left out here …", *_readable(tail)]


def _readable(data: bytes) -> list[str]:
    """Lines without terminal sequences; what was overwritten by a carriage return is gone, as on a terminal."""
    text = _SEQUENCE.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")
    lines = text.removesuffix("\n").split("\n") if text else []
    last = (line.rstrip("\r").rpartition("\r")[2].expandtabs(_TAB_CELLS) for line in lines)
    return [safe_text(line, KEPT_BYTES) for line in last]
