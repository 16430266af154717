"""Building the reference history: 100 services x 30 days x 60 s with host samples and all rollups."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.history.reference import DAYS, SERVICES, build, reference_history

TARGET_SECONDS = 180.0


def figures(quick: bool) -> list[Figure]:
    """The time of the build; a quick run builds a small one, and measures against the part of the target that it is."""
    services, days = (20, 7) if quick else (SERVICES, DAYS)
    with tempfile.TemporaryDirectory() as folder:
        begin, cpu = time.monotonic(), os.times()
        built = build(
            Path(folder) / "new.db",
            Path(folder) / "new.json",
            services=services,
            days=days,
            end_minute=int(time.time() // 60),
        )
        took, after = time.monotonic() - begin, os.times()
        size = built.path.stat().st_size
    spent = sum(after[:4]) - sum(cpu[:4])
    share = built.rows / (SERVICES * DAYS * 1440)
    return [
        Figure(
            f"build {services} services x {days} days, {built.rows:,} probe rows",
            took,
            "s",
            TARGET_SECONDS * share,
            note="once",
        ),
        Figure("  processor time of both processes", spent, "s"),
        Figure("  probe rows a second, with rollups", built.rows / took, "/s"),
        Figure("  database", size / built.rows, "bytes a probe row"),
    ]


if __name__ == "__main__":
    reference_history()
