"""Refractory gate: a score counts only if it exceeds those of the recent past."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

RECENT = 150
"""Values of the recent past; a number, never a share of the series, because that would look ahead."""


def passes(scores: Sequence[float]) -> list[bool]:
    """Whether each score exceeds the maximum of the ``RECENT`` scores before it."""
    falling: deque[tuple[int, float]] = deque()
    found: list[bool] = []
    for index, score in enumerate(scores):
        while falling and falling[0][0] < index - RECENT:
            falling.popleft()
        found.append(not falling or score > falling[0][1])
        while falling and falling[-1][1] <= score:
            falling.pop()
        falling.append((index, score))
    return found
