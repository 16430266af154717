"""Memory of a console over a simulated day of use, and whether it stays flat.

The console runs without a terminal on sample data that change; a person goes through all screens, details, moments, the
palette and the themes. The sample data stand in the same process and count as well.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from benchmarks.figure import Figure
from benchmarks.programs import ROOT

TARGET_MB = 120.0
TARGET_GROWTH = 1.1


def figures(quick: bool) -> list[Figure]:
    """The most memory, and the growth from the first half of the day to the last, without the first sixth."""
    snapshots, keys = (240, 600) if quick else (1440, 1800)
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
    half = len(readings) // 2
    first, last = statistics.fmean(readings[half // 3 : half]), statistics.fmean(readings[half:])
    shown = ", ".join(f"{each:.0f}" for each in readings)
    return [
        Figure(
            f"memory of a console in a simulated day of {snapshots:,} snapshots and {keys:,} keys",
            max(readings),
            "MB",
            TARGET_MB,
            note=f"{shown} MB",
        ),
        Figure(
            "  mean of the last half, ratio to the first half after its first third", last / first, "x", TARGET_GROWTH
        ),
        Figure("  the end, ratio to the middle", readings[-1] / readings[half - 1], "x", TARGET_GROWTH),
    ]
