"""Memory of a console over a simulated day of use, and whether it stays flat.

The console runs without a terminal on sample data that change; a person goes through all screens, details, moments, the
palette and the themes. The sample data stand in the same process and count as well.
"""

from __future__ import annotations

import os
import subprocess
import sys

from benchmarks.figure import Figure
from benchmarks.programs import ROOT

TARGET_MB = 120.0
TARGET_GROWTH = 1.1


def figures(quick: bool) -> list[Figure]:
    """The most memory, and the growth once the caches are full."""
    snapshots, keys = (240, 600) if quick else (5760, 6000)
    command = [sys.executable, "-m", "benchmarks.load.console_day", str(snapshots), str(keys)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    readings = [float(line) for line in done.stdout.split()]
    shown = ", ".join(f"{each:.0f}" for each in readings)
    return [
        Figure(
            f"memory of a console in a simulated day of {snapshots:,} snapshots and {keys:,} keys",
            max(readings),
            "MB",
            TARGET_MB,
            note=f"{shown} MB",
        ),
        Figure("  ratio of the end to a quarter of the day", readings[-1] / readings[2], "x", TARGET_GROWTH),
    ]
