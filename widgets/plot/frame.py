"""The axes of a chart with their labels, set by plotext. No other module uses it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

from rich.text import Text

_loaded = threading.Event()


def is_loaded() -> bool:
    """Whether a frame can be set at once."""
    return _loaded.is_set()


def load() -> Any:
    """Load plotext, which takes a while: not on the screen's thread."""
    with _without_extras():
        import plotext

    if not _loaded.is_set():
        plotext.terminal.limit(False, False)
        _loaded.set()
    return plotext


@contextmanager
def _without_extras() -> Iterator[None]:
    """Let plotext load neither its manual nor its tests nor Pillow: more than half of its memory, for no axis.

    Pillow is optional for plotext; a manual in its place keeps it from building its own, and so with its tests, which
    load unittest and argparse.
    """
    added = {name: module for name, module in _extras().items() if name not in sys.modules}
    sys.modules.update(added)
    try:
        yield
    finally:
        for name, module in added.items():
            if sys.modules.get(name, ...) is module:
                del sys.modules[name]


def _extras() -> dict[str, Any]:
    manual = ModuleType("plotext._doc.doc")
    manual.docs = None  # type: ignore[attr-defined]
    tests = ModuleType("plotext._tests.run")
    tests.test = None  # type: ignore[attr-defined]
    # None makes an import fail as if the package were missing.
    return {manual.__name__: manual, tests.__name__: tests, "PIL": None}


@lru_cache(maxsize=64)
def frame(
    columns: int,
    rows: int,
    value_labels: tuple[tuple[int, str], ...],
    time_labels: tuple[tuple[int, str], ...],
    gutter: int,
) -> tuple[str, ...]:
    """The left edge of each row with its label, then the two lines of the time axis, as plotext sets them.

    Args:
        columns: Cells between the axis and the right edge.
        rows: Lines above the time axis.
        value_labels: Rows from below and their labels.
        time_labels: Columns and their labels; where two would overlap, plotext leaves one out.
        gutter: Cells of the labels and the axis.
    """
    figure = load().figure
    figure.clear()
    figure.plot_size(columns + gutter, rows + 2)
    figure.theme("colorless")
    figure.ruler("x").lim(0.0, float(max(1, columns - 1)))
    figure.ruler("y").lim(0.0, float(max(1, rows - 1)))
    figure.ruler("x").ticks([float(column) for column, _ in time_labels], [label for _, label in time_labels])
    figure.ruler("y").ticks([float(row) for row, _ in value_labels], [label for _, label in value_labels])
    figure.axes(False, axis="x", side=1)
    figure.axes(False, axis="y", side=1)
    built = Text.from_ansi(str(figure.build())).plain.split("\n")
    edges = [text.rstrip().rjust(gutter) for text in built[:rows]]
    axis, *times = built[rows:]
    return (*edges, axis, times[0] if times else "")
