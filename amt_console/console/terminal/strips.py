"""Strips, Textual's lines: caches that are created when they are used, and one result for all filters.

Textual gives each strip seven caches, which are 14 objects and 0.9 KB. Most strips use none or one. To create and free
them took a tenth of a console's processor time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.segment import Segment
from textual.cache import FIFOCache
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip

_SIZES = {
    "_divide_cache": 4,
    "_crop_cache": 16,
    "_style_cache": 16,
    "_filter_cache": 4,
    "_line_length_cache": 4,
    "_crop_extend_cache": 4,
    "_offsets_cache": 4,
}
"""The caches of a strip, and how many entries Textual lets each have."""
_OTHERS = ("_segments", "_cell_length", "_render_cache", "_link_ids", "_cell_count")


def create_caches_when_used() -> bool:
    """Let strips that are made from now on create each cache with its first use. Idempotent.

    Returns:
        Whether strips have the slots that are known here. Any other Textual is left alone.
    """
    if {*Strip.__slots__} != {*_SIZES, *_OTHERS}:
        return False
    Strip.__init__ = _begin  # type: ignore[assignment, method-assign]
    Strip.__getattr__ = _create  # type: ignore[attr-defined]
    return True


def _begin(strip: Any, segments: Iterable[Segment], cell_length: int | None = None) -> None:
    strip._segments = list(segments)
    strip._cell_length = cell_length
    strip._render_cache = strip._link_ids = strip._cell_count = None


def _create(strip: Strip, name: str) -> FIFOCache[Any, Any]:
    """The value of a slot that is empty yet: Python asks for it with the first use."""
    if name not in _SIZES:
        raise AttributeError(f"{type(strip).__name__!r} object has no attribute {name!r}", name=name, obj=strip)
    cache = FIFOCache[Any, Any](_SIZES[name])
    setattr(strip, name, cache)
    return cache


class AllFilters(LineFilter):
    """Several filters as one: a strip keeps the last result, and not one for each."""

    def __init__(self, filters: Sequence[LineFilter]) -> None:
        """Args:
        filters: In the order in which they are applied.
        """
        super().__init__()
        self.filters = filters

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Filter one line."""
        for each in self.filters:
            segments = each.apply(segments, background)
        return segments
