"""What moved together with an alert, in lines: signals that moved alike share one. Pure."""

from __future__ import annotations

from datetime import datetime

from amt_console.model.queries.moved import MovedSignal, MovedTogether
from amt_console.operations.history.moved_alike import MOST_NAMES, MovedAlike, moved_alike
from widgets.cells import Runs, joined
from widgets.look import Look

_FROM_TIME_MINUTES = 2
"""A signal that moved so many minutes off the begin of the alert has its time beside it."""


def moved_lines(
    moved: MovedTogether,
    services: frozenset[str],
    opened_at: datetime,
    look: Look,
    *,
    each_apart: bool,
    every_name: bool,
) -> list[Runs]:
    """The groups.

    Args:
        moved: Signals that moved.
        services: The subjects that are services.
        opened_at: When the alert began.
        look: Palette and zone.
        each_apart: A line for each group, with its time; else all on one line.
        every_name: All names of a group.
    """
    palette, most = look.palette, None if every_name else MOST_NAMES
    groups = moved_alike(moved.signals, services)
    if each_apart:
        against = "the same hour of four weeks" if moved.weeks else "the hours before"
        lines: list[Runs] = [[(f"moved together, against {against}", palette.muted)]]
        for group in groups:
            words = _words(group, most)
            lines.append([(f"{look.local(group.onset):%H:%M}  ", palette.muted), (words, palette.text)])
        return lines
    parts: list[Runs] = []
    for group in groups:
        off = abs((group.onset - opened_at).total_seconds()) / 60
        since = f" from {look.local(group.onset):%H:%M}" if off > _FROM_TIME_MINUTES else ""
        words = _words(group, most, enclosed=True)
        parts.append([(words, palette.text), (since, palette.muted)])
    return [[("moved together: ", palette.muted), *joined(parts, (", ", palette.muted))]]


def _words(group: MovedAlike[MovedSignal], most_names: int | None, *, enclosed: bool = False) -> str:
    """``chat response time 4 x``, or ``response time of 12 services 3-4 x: chat, search``.

    Args:
        group: Signals that moved alike.
        most_names: How many names to tell; ``None`` for all.
        enclosed: The names in brackets, for what stands between commas.
    """
    if len(group.members) == 1:
        return group.members[0].words
    names = group.names(most_names)
    return f"{group.change} ({names})" if enclosed else f"{group.change}: {names}"
