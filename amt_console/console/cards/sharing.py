"""Shares the lines of a sheet between its sections. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Want:
    """The lines that a section wants."""

    least: int
    """With fewer it says nothing: then it gets none."""
    most: int
    """It has no use for more."""
    rank: int = 0
    """Among those that want more, the lowest is served first."""
    weight: int = 1
    """Lines that it gets in one round."""
    late: bool = False
    """Whether it gets only what the others leave."""


def share_lines(total: int, wants: Sequence[Want]) -> list[int]:
    """The lines of each section.

    Each one gets its least lines in the order of the ranks, as long as they fit. What is left is dealt out in rounds,
    and what is left then goes to the late ones in the same way. A section gets nothing, or at least ``least`` and at
    most ``most`` lines; together they get at most ``total``, and no line is left while a section that is shown wants
    it.
    """
    given = [0] * len(wants)
    left = max(0, total)
    for late in (False, True):
        among = [at for at in range(len(wants)) if wants[at].late is late]
        left -= _deal(left, wants, sorted(among, key=lambda at: (wants[at].rank, at)), given)
    return given


def _deal(total: int, wants: Sequence[Want], order: Sequence[int], given: list[int]) -> int:
    """Deal out lines to some sections; returns how many."""
    left = total
    for at in order:
        least = min(wants[at].least, wants[at].most)
        if least <= left:
            given[at] = least
            left -= least
    growing = [at for at in order if 0 < given[at] < wants[at].most]
    while left > 0 and growing:
        for at in growing:
            more = min(left, wants[at].weight, wants[at].most - given[at])
            given[at] += more
            left -= more
        growing = [at for at in growing if given[at] < wants[at].most]
    return total - left
