"""The console as a person leaves it open: the monitor of the demo platform on a terminal of 80x24, nobody typing.

The platform answers from a process of its own. Bytes are counted at the terminal; processor time is that of the
console's process, its probes, alerts and database included. Beside it Glances at the same refresh, if it is installed.
"""

from __future__ import annotations

import shutil
import statistics

from benchmarks.console.console_idle import watched
from benchmarks.console.startup import DEMO_TEXTS, demo_database
from benchmarks.figure import Figure
from benchmarks.programs import AMT, on_terminal

SIZE = (80, 24)
TARGET_BYTES = 1000.0
TARGET_CPU = 2.0
SETTLE_SECONDS = 12.0


def glances(stretches: int, seconds: float) -> list[Figure]:
    """What Glances costs on a terminal of the same size, with a refresh each second as the console has."""
    command = shutil.which("glances")
    if command is None:
        return []
    with on_terminal([command, "--time", "1"], SIZE) as program:
        program.read(SETTLE_SECONDS)
        used = [watched(program, seconds) for _ in range(stretches)]
    return [
        Figure("  Glances, 80x24, each second: processor", statistics.median(each[1] for each in used), "% of a core"),
        Figure("  Glances, 80x24, each second: sent", statistics.median(each[0] for each in used), "bytes/s"),
    ]


def figures(quick: bool) -> list[Figure]:
    """Bytes and processor time, as the median of successive stretches."""
    stretches, seconds = (3, 5.0) if quick else (5, 15.0)
    sent: list[float] = []
    used: list[float] = []
    with demo_database(days=1) as (config, database):
        command = [*AMT, "--config", str(config), "--db", str(database)]
        with on_terminal(command, SIZE) as program:
            program.seen(DEMO_TEXTS[:1])
            program.read(SETTLE_SECONDS)
            for _ in range(stretches):
                stretch = watched(program, seconds)
                sent.append(stretch[0])
                used.append(stretch[1])
    return [
        Figure(
            "idle console on the demo, 80x24: sent to the terminal", statistics.median(sent), "bytes/s", TARGET_BYTES
        ),
        Figure(
            "idle console on the demo, 80x24: processor, probes included",
            statistics.median(used),
            "% of a core",
            TARGET_CPU,
        ),
        *glances(stretches, seconds),
    ]
