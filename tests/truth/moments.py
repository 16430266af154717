"""Times in documents, and how near they must be."""

from __future__ import annotations

from typing import Any

from truth.compare import Near, OneOf
from truth.raw import SECOND, moment

HOUR = 3600 * SECOND
DAY = 24 * HOUR


def iso(at: int) -> Any:
    return _Same(at)


class _Same:
    """A moment, in whatever form it is written."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __eq__(self, other: object) -> bool:
        from datetime import datetime

        return isinstance(other, str) and abs(datetime.fromisoformat(other).timestamp() * SECOND - self.at) < SECOND

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return moment(self.at).isoformat()


class TopHour(dict[str, Any]):
    """An hour of the day that has the most: others that are as near as the histogram can tell are as good."""

    def __init__(self, hours: dict[int, float], key: str) -> None:
        super().__init__()
        self.hours, self.key = hours, key

    def __contains__(self, key: object) -> bool:
        return key in ("hour", self.key)

    def __iter__(self) -> Any:
        return iter(())

    def __getitem__(self, key: str) -> Any:
        top = max(self.hours.values())
        if key == "hour":
            return OneOf({hour for hour, value in self.hours.items() if value >= 0.975 * top})
        return Near(top, share=0.025)
