"""How often threads take turns while the console runs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

TURN_SECONDS = 0.001
"""The longest wait of a thread for one that computes. With the usual 5 ms the thread that reads keys, the screen, and
the thread that writes each wait that long in turn for a snapshot that is decoded, or for a panel that is drawn.
"""


@contextlib.contextmanager
def short_turns() -> Iterator[None]:
    """Let threads take turns more often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
