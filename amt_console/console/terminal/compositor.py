"""Renders only the lines and columns that a repaint shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from typing import Any

from rich.console import RenderableType
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[int, int, int]
"""A line of the screen, its first column, and the column behind its last one."""


class LineCompositor(Compositor):
    """Asks widgets for the changed lines alone.

    Textual's own asks each widget within the rectangle around all changes for all of its lines. The changes of a second
    lie far apart: that would be the whole screen for some cells.
    """

    def __init__(self) -> None:
        super().__init__()
        self._painted: Mapping[Widget, tuple[Region, Region]] = {}
        """The widgets of the last repaint, each with its region and its clip."""

    def render_update(
        self, full: bool = False, screen_stack: list[Screen[Any]] | None = None, simplify: bool = False
    ) -> RenderableType | None:
        """What changed since the last repaint, or nothing.

        Textual compares two layouts when it lays out by itself. Whoever reads the map of a layout that is out of date
        lays out as well; then the places that widgets have left would stay as they are.
        """
        visible = self.visible_widgets
        if visible is not self._painted:
            moved = visible.items() ^ self._painted.items()
            places = (region.intersection(clip) for _, (region, clip) in moved)
            self._dirty_regions.update(place for place in places if place)
            self._painted = visible
        return super().render_update(full, screen_stack, simplify)

    def waiting(self) -> Mapping[Widget, Set[Region]]:
        """The widgets that wait for a repaint, each with what it has changed so far."""
        return {widget: widget._repaint_regions.copy() for widget in self._painted if widget._repaint_regions}

    def render_changed(self, waiting: Mapping[Widget, Set[Region]]) -> ChopsUpdate | None:
        """What the widgets themselves have changed, or nothing.

        What a layout has moved waits for its own repaint. A scrollbar, which costs as much as a table, waits as well.

        Args:
            waiting: Widgets that wait for their frame, unless they have changed more since then.
        """
        visible = self.visible_widgets
        stayed = visible.items() if visible is self._painted else visible.items() & self._painted.items()
        later, self._dirty_regions = self._dirty_regions, set()
        self.update_widgets(
            {
                widget
                for widget, _ in stayed
                if widget._repaint_regions
                and widget._repaint_regions != waiting.get(widget)
                and not isinstance(widget, ScrollBar)
            }
        )
        update = self.render_partial_update()
        self._dirty_regions = later
        return update

    def clear(self) -> None:
        """Forget the widgets."""
        super().clear()
        self._painted = {}

    def render_partial_update(self) -> ChopsUpdate | None:
        """What changed, or nothing."""
        screen = self.size.region
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        spans = [span for span in self._regions_to_spans(regions) if 0 <= span[0] < screen.height]
        if not spans:
            return None
        return ChopsUpdate(self._rendered(spans), spans, [cuts[1:] for cuts in self.cuts])

    def _rendered(self, spans: Sequence[Span]) -> Sequence[Mapping[int, Strip | None]]:
        """The pieces of the lines with changes, by their first column; the pieces of other lines are left out."""
        changed: dict[int, tuple[int, int]] = {}
        for y, begin, end in spans:
            first, last = changed.get(y, (begin, end))
            changed[y] = min(first, begin), max(last, end)
        pieces: list[dict[int, Strip | None]] = [
            dict.fromkeys(cuts[:-1]) if y in changed else {} for y, cuts in enumerate(self.cuts)
        ]
        left, right = min(first for first, _ in changed.values()), max(last for _, last in changed.values())
        screen = self.size.region
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            if shown and shown.x < right and shown.right > left:
                lines = [y for y in shown.line_range if y in changed and self._is_missing(shown, changed[y], y, pieces)]
                for first, count in _runs(lines):
                    self._fill(widget, region, shown, range(first, first + count), pieces)
                for y in lines:
                    if not self._is_missing(screen, changed[y], y, pieces):
                        del changed[y]  # what lies behind need not look at it
        return pieces

    def _is_missing(
        self, shown: Region, changed: tuple[int, int], y: int, pieces: Sequence[Mapping[int, Strip | None]]
    ) -> bool:
        """Whether a widget shows something of a change that no widget in front of it covers."""
        begin, end = max(shown.x, changed[0]), min(shown.right, changed[1])
        if begin >= end:
            return False
        line, cuts = pieces[y], self.cuts[y]
        return any(
            line[cut] is None
            for cut, following in pairwise(cuts)
            if cut < end and following > begin and shown.x <= cut < shown.right
        )

    def _fill(
        self, widget: Widget, region: Region, shown: Region, lines: range, pieces: Sequence[dict[int, Strip | None]]
    ) -> None:
        """Put what a widget shows of some lines where nothing stands yet."""
        crop = Region(shown.x - region.x, lines.start - region.y, shown.width, len(lines))
        for y, strip in zip(lines, widget.render_lines(crop), strict=False):
            cuts = [cut for cut in self.cuts[y] if shown.x <= cut <= shown.right]
            for cut, piece in zip(cuts, strip.divide([cut - shown.x for cut in cuts[1:]]), strict=False):
                if pieces[y][cut] is None:
                    pieces[y][cut] = piece


def _runs(lines: Sequence[int]) -> list[tuple[int, int]]:
    """Successive lines as first line and count."""
    found: list[tuple[int, int]] = []
    for y in lines:
        if found and y == sum(found[-1]):
            found[-1] = found[-1][0], found[-1][1] + 1
        else:
            found.append((y, 1))
    return found
