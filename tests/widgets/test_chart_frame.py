"""What the axes of a chart load."""

from __future__ import annotations

import subprocess
import sys

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
