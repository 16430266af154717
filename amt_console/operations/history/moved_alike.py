"""Signals that moved alike, in groups: the same signal of several services. Pure; for screens and reports."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from amt_console.operations.history.moved_words import MovedValue, alike, range_words, signal_words

MOST_MOVED = 100
"""Signals that are looked at for groups."""
MOST_NAMES = 6
"""Names of a group where not all are shown."""
_LEAST_MEMBERS = 3
_SAME_TIME = timedelta(minutes=10)


_Moved = TypeVar("_Moved", bound=MovedValue)


@dataclass(frozen=True, slots=True)
class MovedAlike(Generic[_Moved]):
    """One signal, or the same signal of several services that changed about as much at about the same time."""

    members: tuple[_Moved, ...]
    """Strongest first."""

    @property
    def onset(self) -> datetime:
        """When the first of them moved."""
        return min(each.onset for each in self.members)

    def names(self, most: int | None = MOST_NAMES) -> str:
        """``chat, search and 3 more``; ``None`` for all."""
        names = [each.subject for each in self.members[:most]]
        more = len(self.members) - len(names)
        return ", ".join(names) + (f" and {more} more" if more else "")

    @property
    def change(self) -> str:
        """Of several: ``response time of 12 services 3-4 x``."""
        signal = self.members[0].signal
        changes = range_words(signal, [(each.value, each.usual) for each in self.members])
        return f"{signal_words(signal)} of {len(self.members)} services {changes}"


def moved_alike(signals: Sequence[_Moved], services: Collection[str]) -> list[MovedAlike[_Moved]]:
    """Groups in the order of their strongest member; few that are alike stay apart.

    Args:
        signals: Strongest first.
        services: The subjects that are services.
    """
    groups: list[list[_Moved]] = []
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


def _fits(signal: MovedValue, group: Sequence[MovedValue], services: Collection[str]) -> bool:
    first = group[0]
    return (
        first.subject in services
        and signal.signal == first.signal
        and abs(signal.onset - first.onset) <= _SAME_TIME
        and all(alike(signal.signal, (each.value, each.usual), (signal.value, signal.usual)) for each in group)
    )
