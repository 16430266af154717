"""What moved together with an alert, in lines: signals that moved alike share one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.model.queries.moved import MovedSignal, MovedTogether
from amt_console.operations.history.moved_words import alike, range_words, signal_words
from widgets.cells import Runs, joined
from widgets.look import Look

MOST_NAMES = 6
"""Names of a group where not all are shown."""
_LEAST_MEMBERS = 3
_SAME_TIME = timedelta(minutes=10)
_FROM_TIME_MINUTES = 2
"""A signal that moved so many minutes off the begin of the alert has its time beside it."""


@dataclass(frozen=True, slots=True)
class MovedAlike:
    """One signal, or the same signal of several services that changed about as much at about the same time."""

    members: tuple[MovedSignal, ...]
    """Strongest first."""

    @property
    def onset(self) -> datetime:
        """When the first of them moved."""
        return min(each.onset for each in self.members)

    def words(self, *, most_names: int | None = MOST_NAMES, enclosed: bool = False) -> str:
        """``chat response time 4 x``, or ``response time of 12 services 3-4 x: chat, search``.

        Args:
            most_names: How many names to tell; ``None`` for all.
            enclosed: The names in brackets, for what stands between commas.
        """
        first = self.members[0]
        if len(self.members) == 1:
            return first.words
        names = [each.subject for each in self.members[:most_names]]
        more = len(self.members) - len(names)
        told = ", ".join(names) + (f" and {more} more" if more else "")
        changes = range_words(first.signal, [(each.value, each.usual) for each in self.members])
        head = f"{signal_words(first.signal)} of {len(self.members)} services {changes}"
        return f"{head} ({told})" if enclosed else f"{head}: {told}"


def moved_alike(signals: Sequence[MovedSignal], services: frozenset[str]) -> list[MovedAlike]:
    """Groups in the order of their strongest member; few that are alike stay apart.

    Args:
        signals: Strongest first.
        services: The subjects that are services.
    """
    groups: list[list[MovedSignal]] = []
    for signal in signals:
        fitting = (group for group in groups if signal.subject in services and _fits(signal, group, services))
        group = next(fitting, None)
        if group is None:
            groups.append([signal])
        else:
            group.append(signal)
    kept = [tuple(group) for group in groups if len(group) >= _LEAST_MEMBERS]
    kept += [(signal,) for group in groups if len(group) < _LEAST_MEMBERS for signal in group]
    place = {id(signal): at for at, signal in enumerate(signals)}
    return [MovedAlike(group) for group in sorted(kept, key=lambda group: place[id(group[0])])]


def _fits(signal: MovedSignal, group: Sequence[MovedSignal], services: frozenset[str]) -> bool:
    first = group[0]
    return (
        first.subject in services
        and signal.signal == first.signal
        and abs(signal.onset - first.onset) <= _SAME_TIME
        and all(alike(signal.signal, (each.value, each.usual), (signal.value, signal.usual)) for each in group)
    )


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
            words = group.words(most_names=most)
            lines.append([(f"{look.local(group.onset):%H:%M}  ", palette.muted), (words, palette.text)])
        return lines
    parts: list[Runs] = []
    for group in groups:
        off = abs((group.onset - opened_at).total_seconds()) / 60
        since = f" from {look.local(group.onset):%H:%M}" if off > _FROM_TIME_MINUTES else ""
        words = group.words(most_names=most, enclosed=True)
        parts.append([(words, palette.text), (since, palette.muted)])
    return [[("moved together: ", palette.muted), *joined(parts, (", ", palette.muted))]]
