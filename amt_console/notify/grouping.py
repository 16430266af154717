"""The second stage: which messages go out now, and how many alerts one of them tells of.

The first critical page on a quiet channel goes at once. What follows waits a moment for others and goes as one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.model.notifications import QueuedMessage
from amt_console.notify.settling import Bundle, Tells

MOST_ALERTS = 100
"""In one message."""


@dataclass(frozen=True, slots=True)
class GroupTimes:
    """How long messages wait for others, in seconds."""

    wait: float = 30.0
    wait_critical: float = 5.0
    interval: float = 300.0
    """Between two messages that are not about critical alerts."""


@dataclass(frozen=True, slots=True)
class Recent:
    """What a channel sent lately, in seconds ago; ``None`` if nothing is known."""

    anything: float | None = None
    calm: Mapping[Tells, float] = field(default_factory=dict)
    """Messages that were not about critical alerts."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one message."""

    bundles: tuple[Bundle, ...]

    @property
    def rows(self) -> tuple[QueuedMessage, ...]:
        """All rows, oldest first."""
        return tuple(sorted((row for bundle in self.bundles for row in bundle.rows), key=lambda row: row.id))

    @property
    def id(self) -> int | None:
        """Of an earlier attempt."""
        return self.bundles[0].batch

    @property
    def tells(self) -> Tells:
        """What it says."""
        return self.bundles[0].tells

    @property
    def critical(self) -> bool:
        """Whether a critical alert is in it."""
        return any(bundle.critical for bundle in self.bundles)

    @property
    def due_at(self) -> datetime:
        """Since when it is due."""
        return min(bundle.due_at for bundle in self.bundles)


@dataclass(frozen=True, slots=True)
class Grouped:
    """The result of the stage."""

    ready: tuple[Batch, ...] = ()
    """Critical pages first, then by age."""
    pause: float | None = None
    """Seconds until the next one is ready; ``None`` if nothing waits."""


def group(
    bundles: Sequence[Bundle], *, groups: bool, now: datetime, times: GroupTimes, recent: Recent = Recent()
) -> Grouped:
    """Group what is due.

    Args:
        bundles: Of one channel.
        groups: Whether the channel takes several alerts in one message; otherwise nothing waits.
        now: The wall clock.
        times: How long messages wait.
        recent: What the channel sent lately.
    """
    pauses = [(bundle.due_at - now).total_seconds() for bundle in bundles if bundle.due_at > now]
    due = [bundle for bundle in bundles if bundle.due_at <= now]
    ready: list[Batch] = []
    together: dict[tuple[Tells, bool], list[Bundle]] = {}
    for bundle in due:
        if not groups or bundle.batch is not None or bundle.tells is Tells.ALONE:
            ready.append(Batch((bundle,)))
        else:
            together.setdefault((bundle.tells, bundle.critical), []).append(bundle)
    for (tells, critical), waiting in together.items():
        pause = _pause(waiting, tells, critical, now=now, times=times, recent=recent)
        if pause > 0:
            pauses.append(pause)
            continue
        parts = [waiting[start : start + MOST_ALERTS] for start in range(0, len(waiting), MOST_ALERTS)]
        ready += [Batch(tuple(part)) for part in parts]
    ready.sort(key=lambda batch: (not (batch.critical and batch.tells is Tells.FIRES), batch.due_at, batch.rows[0].id))
    return Grouped(tuple(ready), min(pauses, default=None))


def _pause(
    waiting: Sequence[Bundle], tells: Tells, critical: bool, *, now: datetime, times: GroupTimes, recent: Recent
) -> float:
    """Seconds that these still wait."""
    ages = [(now - bundle.due_at).total_seconds() for bundle in waiting]
    if critical:
        quiet = recent.anything is None or recent.anything >= times.wait
        return 0.0 if quiet and tells is Tells.FIRES else times.wait_critical - max(ages)
    last = recent.calm.get(tells)
    return max(times.wait - max(ages), 0.0 if last is None else times.interval - last)
