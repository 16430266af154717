"""Key to paint of the console on 1,000 services whose data change every second, beside the stock table of Textual.

Both run in the same run and get the same keys: down the list, and up again, so that rows and whole pages change. A
paint is counted from the key to the first byte that comes after it. Beside them what a held key sends over SSH.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks.console.console_idle import READY, SETTLE_SECONDS, paint_ms, watched
from benchmarks.figure import Figure
from benchmarks.programs import ROOT, OnTerminal, cpu_seconds, on_terminal

SERVICES = 1000
SIZES = ((120, 40), (200, 60))
KEYS = 200
TARGET_P95_MS = 10.0
TARGET_P99_MS = 40.0
TARGET_BYTES = 1000.0
TARGET_PROCESSOR_MS = 10.0
CONSOLE = [sys.executable, "-m", "support.console_script", "thousand", "live"]
STOCK = [sys.executable, "-m", "benchmarks.load.stock_table", str(SERVICES)]
SUPPORT = {"PYTHONPATH": str(ROOT / "tests")}
HELD_SECONDS, HELD_RATE = 3.0, 30


def figures(quick: bool) -> list[Figure]:
    """At two sizes, then the bytes at 80x24, at rest and while a key is held."""
    keys = 60 if quick else KEYS
    found: list[Figure] = []
    for size in SIZES:
        found += _paints("console", CONSOLE, [READY], size, keys, targets=True)
        found += _paints("stock table", STOCK, [b"tenant-0001"], size, keys, targets=False)
    return [*found, *_sent(10.0 if quick else 30.0)]


def _paints(
    name: str, command: Sequence[str], ready: Sequence[bytes], size: tuple[int, int], keys: int, *, targets: bool
) -> list[Figure]:
    with on_terminal(command, size, SUPPORT) as program:
        program.seen(ready)
        program.read(SETTLE_SECONDS)
        down = b"j" if targets else b"\x1b[B"
        up = b"k" if targets else b"\x1b[A"
        used = cpu_seconds(program.process.pid)
        paints = sorted(paint_ms(program, down if at < keys * 2 // 3 else up) for at in range(keys))
        used = 1000 * (cpu_seconds(program.process.pid) - used) / keys
    title = f"{SERVICES:,} services {size[0]}x{size[1]}, {name}"
    return [
        Figure(f"{title}: key to paint, p95 of {keys}", _share(paints, 0.95), "ms", TARGET_P95_MS if targets else None),
        Figure(f"{title}: key to paint, p99", _share(paints, 0.99), "ms", TARGET_P99_MS if targets else None),
        Figure(f"{title}: key to paint, median", statistics.median(paints), "ms"),
        Figure(f"{title}: processor time a key, with the data of 0.3 s", used, "ms"),
    ]


def _sent(seconds: float) -> list[Figure]:
    """What is sent at 80x24: at rest, and while a key is held, on this machine and over SSH."""
    with on_terminal(CONSOLE, (80, 24), SUPPORT) as program:
        program.seen([READY])
        program.read(SETTLE_SECONDS)
        steady, used = watched(program, seconds)
        near = _held(program)
    ssh: Mapping[str, str] = {**SUPPORT, "SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with on_terminal(CONSOLE, (80, 24), ssh) as program:
        program.seen([READY])
        program.read(SETTLE_SECONDS)
        far = _held(program)
    title = f"{SERVICES:,} services 80x24"
    return [
        Figure(f"{title}: sent", steady, "bytes/s", TARGET_BYTES),
        Figure(f"{title}: processor", used, "% of a core"),
        Figure(f"{title}: sent while a key is held", near, "bytes/s"),
        Figure(f"{title}: the same over SSH", far, "bytes/s"),
    ]


def _held(program: OnTerminal) -> float:
    """Bytes a second while ``j`` is held."""
    begin, before = time.perf_counter(), len(program.output)
    for at in range(round(HELD_SECONDS * HELD_RATE)):
        os.write(program.master, b"j")
        program.read(max(0.0, begin + (at + 1) / HELD_RATE - time.perf_counter()))
    program.read(0.5)
    return (len(program.output) - before) / (time.perf_counter() - begin)


def _share(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]
