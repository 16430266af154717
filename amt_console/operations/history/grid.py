"""The equal buckets that a window is shown in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from amt_console.model import RESOLUTIONS
from amt_console.operations.protocol import InvalidError
from amt_console.operations.windows import floor_time

LONGEST_HOURS = 24.0 * 400
Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class BucketGrid:
    """Buckets from ``start``, which is that of a stored bucket, to ``end``; the last one may be cut short."""

    start: datetime
    end: datetime
    seconds: int
    """Of a bucket: a resolution of the rollups."""

    @property
    def count(self) -> int:
        """Number of buckets."""
        return int((self.end - self.start).total_seconds() // self.seconds) + 1

    def series(self, found: Iterable[Each], start: Callable[[Each], datetime]) -> list[Each | None]:
        """One for each bucket; of several the last one.

        Args:
            found: In order of time.
            start: Returns when one begins.
        """
        known = {int((start(each) - self.start).total_seconds() // self.seconds): each for each in found}
        return [known.get(index) for index in range(self.count)]


def grids(end: datetime, hours: float, most_buckets: int) -> Iterator[BucketGrid]:
    """The grids for the ``hours`` up to ``end``: first the finest with at most ``most_buckets``, then coarser ones.

    Fine rollups are deleted before coarse ones: whoever finds nothing on a grid tries the next.

    Raises:
        InvalidError: The window has no length, or is too long.
    """
    check_hours(hours)
    seconds = hours * 3600
    fitting = [each for each in RESOLUTIONS if seconds / each <= most_buckets] or [RESOLUTIONS[-1]]
    for resolution in fitting:
        yield BucketGrid(floor_time(end - timedelta(seconds=seconds), resolution), end, resolution)


def check_hours(hours: float) -> None:
    """Whether a window has a usable length. Raises InvalidError."""
    if not 0 < hours <= LONGEST_HOURS:
        raise InvalidError(f"a window is longer than 0 and at most {LONGEST_HOURS:g} hours, not {hours:g}")
