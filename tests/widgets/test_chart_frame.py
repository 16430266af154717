"""The axes of a chart: what they load, and that small charts set theirs as plotext does."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from widgets.plot.axes import axes
from widgets.plot.frame import frame

PROGRAM = """
import sys
from widgets.plot import frame
edges = frame.frame(40, 5, ((0, "0"), (4, "8")), ((0, "10:00"), (30, "11:00")), 6)
assert "10:00" in edges[-1] and "11:00" in edges[-1], edges
unused = {"PIL", "unittest", "argparse"}
heavy = [name for name in sys.modules if name.split(".")[0] in unused or "prettydoc" in name]
assert not heavy, heavy
import PIL.Image
"""


def test_axes_load_neither_pillow_nor_a_manual_nor_tests_and_pillow_can_be_loaded_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


VALUES = ("0", "10 ms", "100 ms", "1.5 s", "40 %")
TIMES = ("21:00", "21:15", "Mon 12", "12 Jan", "9", "abcd")


@pytest.mark.parametrize("seed", range(200))
def test_a_small_chart_has_the_axes_of_a_large_one(seed: int) -> None:
    chance = random.Random(seed)
    columns, rows = chance.randint(8, 120), chance.randint(3, 20)
    labelled = chance.sample(range(rows), chance.randint(1, min(5, rows)))
    values = tuple((row, chance.choice(VALUES)) for row in sorted(labelled))
    marked = chance.sample(range(columns), chance.randint(1, 8))
    times = tuple((column, chance.choice(TIMES)) for column in sorted(marked))
    gutter = max(len(label) for _, label in values) + 1
    small = axes(columns, rows, values, times, gutter)
    assert [text.rstrip() for text in small] == [text.rstrip() for text in frame(columns, rows, values, times, gutter)]


def test_a_small_chart_without_times_has_its_values_and_its_axis() -> None:
    assert axes(8, 3, ((0, "0"), (2, "9")), (), 2) == ("9┤", " │", "0┤", " └────────", "          ")


def test_a_wide_label_takes_its_cells() -> None:
    assert axes(8, 1, (), ((2, "日本"), (7, "9")), 1) == ("│", "└──┬────┬", "  日本  9")
