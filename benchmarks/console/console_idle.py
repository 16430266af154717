"""What an idle console costs while its data change every second: bytes, processor time, key to paint.

The console runs on a pseudo terminal in a process of its own, on sample data that change as a monitor changes them: a
new host sample each second, and each service probed every 15 seconds. Beside it, in the same run, a minimal Textual app
on which nothing happens. The console with its own monitor is measured by ``console_live``, its first frame by
``startup``.
"""

from __future__ import annotations

import os
import select
import statistics
import sys
import time

from benchmarks.figure import Figure
from benchmarks.programs import ROOT, OnTerminal, cpu_seconds, on_terminal

MINIMAL = "from textual.app import App\nApp().run()"
READY = b"monitoring"
TARGET_BYTES = 1000.0
TARGET_CPU = 2.0
TARGET_PAINT_MS = 10.0
SETTLE_SECONDS = 5.0
SIZES = (("all_fine", (80, 24)), ("incident", (120, 40)), ("many", (200, 60)))


def figures(quick: bool) -> list[Figure]:
    """Of a minimal app, and of consoles of different sizes."""
    seconds = 5.0 if quick else 15.0
    return [minimal(seconds), *(figure for picture, size in SIZES for figure in idle(picture, size, seconds))]


def idle(picture: str, size: tuple[int, int], seconds: float) -> list[Figure]:
    """Bytes and processor time of an idle console, and its answer to a key."""
    name = f"{picture} {size[0]}x{size[1]}"
    command = [sys.executable, "-m", "support.console_script", picture, "live"]
    with on_terminal(command, size, {"PYTHONPATH": str(ROOT / "tests")}) as program:
        program.seen([READY])
        program.read(SETTLE_SECONDS)
        sent, used = watched(program, seconds)
        paints = sorted(paint_ms(program, b"jk"[at % 2 : at % 2 + 1]) for at in range(20))
    return [
        Figure(f"{name}: sent", sent, "bytes/s", TARGET_BYTES if size == (80, 24) else None),
        Figure(f"{name}: processor", used, "% of a core", TARGET_CPU),
        Figure(f"{name}: key to paint, median", statistics.median(paints), "ms"),
        Figure(f"{name}: key to paint, p95", paints[-2], "ms", TARGET_PAINT_MS),
    ]


def minimal(seconds: float) -> Figure:
    """Processor time of a Textual app on which nothing happens."""
    with on_terminal([sys.executable, "-c", MINIMAL], (80, 24)) as program:
        program.read(SETTLE_SECONDS)
        return Figure("minimal Textual app: processor", watched(program, seconds)[1], "% of a core")


def watched(program: OnTerminal, seconds: float) -> tuple[float, float]:
    """Bytes a second that a program sends, and the share of a core that it uses, in percent."""
    begin, cpu = time.perf_counter(), cpu_seconds(program.process.pid)
    sent = program.read(seconds)
    took = time.perf_counter() - begin
    return sent / took, 100 * (cpu_seconds(program.process.pid) - cpu) / took


def paint_ms(program: OnTerminal, key: bytes) -> float:
    """Milliseconds from a key to the first byte of its paint."""
    program.read(0.3)
    begin = time.perf_counter()
    os.write(program.master, key)
    select.select([program.master], [], [], 2.0)
    return (time.perf_counter() - begin) * 1000
